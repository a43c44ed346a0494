"""A Varlink client, written from https://varlink.org (Service, Method-Call) and from nothing of pxed's.

    connection = Connection('/run/pxed/bus')
    reply = connection.call('org.pxed.Node.Get', node='n1')          # the parameters of the reply; raises VarlinkError
    for reply in connection.stream('org.pxed.Event.Watch', after=0): ...

Below that: send() and receive() of whole messages, and send_bytes() for what is no message.
"""
import json
import socket

TIMEOUT = 60


class VarlinkError(Exception):
    def __init__(self, name, parameters):
        super().__init__(f'{name} {json.dumps(parameters)}')
        self.name, self.parameters = name, parameters


class Closed(Exception):
    """The server has closed the connection."""


class Connection:
    def __init__(self, path, timeout=TIMEOUT):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self.socket.settimeout(timeout)
        self.buffer = bytearray()
        try:
            self.socket.connect(str(path))
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error

    def send(self, message):
        self.send_bytes(json.dumps(message).encode() + b'\0')

    def receive_bytes(self):
        """One message, without its NUL."""
        searched = 0
        while True:
            end = self.buffer.find(0, searched)
            if end >= 0:
                message = bytes(self.buffer[:end])
                del self.buffer[:end + 1]
                return message
            searched = len(self.buffer)
            try:
                data = self.socket.recv(1 << 20)
            except ConnectionResetError as error:
                raise Closed from error
            if not data:
                raise Closed
            self.buffer += data

    def receive(self):
        return json.loads(self.receive_bytes())

    def request(self, method, parameters, **flags):
        message = {'method': method, **flags}
        if parameters:
            message['parameters'] = parameters
        self.send(message)

    def reply(self):
        """The parameters of the next reply, and whether more follow."""
        message = self.receive()
        if 'error' in message:
            raise VarlinkError(message['error'], message.get('parameters', {}))
        return message.get('parameters', {}), message.get('continues', False)

    def call(self, method, **parameters):
        self.request(method, parameters)
        return self.reply()[0]

    def stream(self, method, **parameters):
        self.request(method, parameters, more=True)
        continues = True
        while continues:
            reply, continues = self.reply()
            yield reply
