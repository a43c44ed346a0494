"""org.pxed.Explain on a daemon's own socket, asked by the Varlink client that is written from the specification; what comes is checked
against the interface that the daemon itself tells."""
import idl
from varlink import Connection, VarlinkError  # noqa: F401

INTERFACE = "org.pxed.Explain"


class Explainer:
    def __init__(self, path):
        self.path = path

    def ask(self, **parameters):
        with Connection(self.path) as connection:
            service = "org.varlink.service"
            assert INTERFACE in connection.call(f"{service}.GetInfo")["interfaces"]
            interface = idl.Interface(connection.call(f"{service}.GetInterfaceDescription", interface=INTERFACE)["description"])
            reply = connection.call(f"{INTERFACE}.Explain", **{key: value for key, value in parameters.items() if value is not None})
        assert interface.check(interface.methods["Explain"].reply, reply) is None
        return reply
