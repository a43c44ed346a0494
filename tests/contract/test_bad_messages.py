"""Messages that are none, and calls that are wrong: a declared error or a closed connection for who sent them."""
import json

import pytest

from varlink import Closed, VarlinkError

SERVICE = 'org.varlink.service'
GET_INFO = json.dumps({'method': f'{SERVICE}.GetInfo'}).encode()

NO_MESSAGES = {
    'empty': b'',
    'no JSON': b'hello',
    'array': b'[]',
    'string': b'"org.varlink.service.GetInfo"',
    'number': b'5',
    'null': b'null',
    'two values': GET_INFO + b' {}',
    'cut': GET_INFO[:-1],
    'duplicate member': b'{"method":"org.varlink.service.GetInfo","method":"org.pxed.Node.List"}',
    'duplicate parameter': b'{"method":"org.pxed.Node.Get","parameters":{"node":"a","node":"b"}}',
    'NUL in a string': b'{"method":"org.pxed.Node.Get","parameters":{"node":"a\\u0000b"}}',
    'NUL in a key': b'{"method":"org.pxed.Node.Get","parameters":{"no\\u0000de":"a"}}',
    'NUL in the method': b'{"method":"org.varlink.service.GetInfo\\u0000"}',
    'invalid UTF-8': b'{"method":"org.pxed.Node.Get","parameters":{"node":"\xff\xfe"}}',
    'overlong UTF-8': b'{"method":"org.pxed.Node.Get","parameters":{"node":"\xc0\xaf"}}',
    'surrogate': b'{"method":"org.pxed.Node.Get","parameters":{"node":"\\ud800"}}',
    'integer out of range': b'{"method":"org.pxed.Node.List","parameters":{"limit":99999999999999999999}}',
    '10,000 arrays': b'{"method":"org.pxed.Node.Get","parameters":{"node":' + b'[' * 10000 + b']' * 10000 + b'}}',
    '10,000 objects': b'{"method":"org.pxed.Node.Get","parameters":' + b'{"a":' * 10000 + b'1' + b'}' * 10000 + b'}',
    '10,000 arrays, not closed': b'[' * 10000,
    'a million arrays, not closed': b'[' * 1000000,
    'control characters': b'{"method":"\x01\x02"}',
}

# what is sent, and the error
WRONG_CALLS = {
    'no method': ({}, 'InvalidParameter', {'parameter': 'method'}),
    'method of a wrong type': ({'method': 5}, 'InvalidParameter', {'parameter': 'method'}),
    'parameters of a wrong type': ({'method': 'org.pxed.Node.List', 'parameters': []}, 'InvalidParameter', {'parameter': 'parameters'}),
    'more of a wrong type': ({'method': 'org.pxed.Node.List', 'more': 'yes'}, 'InvalidParameter', {'parameter': 'more'}),
    'upgrade': ({'method': f'{SERVICE}.GetInfo', 'upgrade': True}, 'InvalidParameter', {'parameter': 'upgrade'}),
    'unknown member': ({'method': f'{SERVICE}.GetInfo', 'colour': 1}, 'InvalidParameter', {'parameter': 'colour'}),
    'no interface': ({'method': 'Get'}, 'MethodNotFound', {'method': 'Get'}),
    'empty method': ({'method': ''}, 'MethodNotFound', {'method': ''}),
    'unknown interface': ({'method': 'org.example.Get'}, 'InterfaceNotFound', {'interface': 'org.example'}),
    'unknown method': ({'method': 'org.pxed.Node.Fly'}, 'MethodNotFound', {'method': 'org.pxed.Node.Fly'}),
    'an error called': ({'method': 'org.pxed.Node.NotFound'}, 'MethodNotFound', {'method': 'org.pxed.Node.NotFound'}),
    'a type called': ({'method': 'org.pxed.Node.Port'}, 'MethodNotFound', {'method': 'org.pxed.Node.Port'}),
    'unknown interface described': ({'method': f'{SERVICE}.GetInterfaceDescription', 'parameters': {'interface': 'org.example'}},
                                    'InterfaceNotFound', {'interface': 'org.example'}),
    'missing parameter': ({'method': 'org.pxed.Node.Get'}, 'InvalidParameter', {'parameter': 'node'}),
    'null parameter': ({'method': 'org.pxed.Node.Get', 'parameters': {'node': None}}, 'InvalidParameter', {'parameter': 'node'}),
    'extra parameter': ({'method': 'org.pxed.Node.Get', 'parameters': {'node': 'n', 'x': 1}}, 'InvalidParameter', {'parameter': 'x'}),
    'string for an integer': ({'method': 'org.pxed.Node.List', 'parameters': {'limit': '5'}}, 'InvalidParameter', {'parameter': 'limit'}),
    'fraction for an integer': ({'method': 'org.pxed.Node.List', 'parameters': {'limit': 5.0}}, 'InvalidParameter', {'parameter': 'limit'}),
    'element of a wrong type': ({'method': 'org.pxed.Node.Create', 'parameters': {'macs': ['52:54:00:00:00:01', 5]}}, 'InvalidParameter',
                                {'parameter': 'macs[1]'}),
    'value of a map of a wrong type': ({'method': 'org.pxed.Node.Create', 'parameters': {'labels': {'a': {}}}}, 'InvalidParameter',
                                       {'parameter': 'labels[a]'}),
    'unknown value of an enum': ({'method': 'org.pxed.Profile.Set', 'parameters': {'name': 'n', 'kind': 'tape'}}, 'InvalidParameter',
                                 {'parameter': 'kind'}),
    'a stream without more': ({'method': 'org.pxed.Boot.Watch'}, 'ExpectedMore', {}),
    'deep inside': ({'method': 'org.pxed.Worker.Report', 'parameters': {'role': 'dhcp', 'instance': 'i', 'batch': 1, 'observations': [
        {'time': 1}, {'time': 2, 'step': {'mac': 'm', 'kind': 'jump'}}]}}, 'InvalidParameter', {'parameter': 'observations[1].step.kind'}),
}


@pytest.mark.parametrize('name', NO_MESSAGES)
@pytest.mark.parametrize('listener', ['bus', 'monitor', 'own'])
def test_no_message(pxed, listener, name):
    with pxed.connect(getattr(pxed, listener)) as connection:
        try:
            connection.send_bytes(NO_MESSAGES[name] + b'\0')
            connection.send_bytes(GET_INFO + b'\0')
        except Closed:
            pass
        with pytest.raises(Closed):
            connection.receive()


@pytest.mark.parametrize('name', WRONG_CALLS)
def test_wrong_call(connection, name):
    message, error, parameters = WRONG_CALLS[name]
    connection.send(message)
    assert connection.receive() == {'error': f'{SERVICE}.{error}', 'parameters': parameters}
    # it cost nothing else
    assert connection.call(f'{SERVICE}.GetInfo')['product'] == 'pxed'


def test_raw_nul_ends_the_message(connection):
    connection.send_bytes(b'{"method":"org.pxed.Node.Get","parameters":{"node":"a\0b"}}\0')
    with pytest.raises(Closed):
        connection.receive()


def test_message_byte_by_byte(connection):
    for byte in GET_INFO + b'\0':
        connection.send_bytes(bytes([byte]))
    assert connection.reply()[0]['product'] == 'pxed'


def test_white_space_and_escapes(connection):
    connection.send_bytes(b' \n\t{ "\\u006dethod" : "org.varlink.service.GetInf\\u006f" , "parameters" : null, "more": null }\n\0')
    assert connection.reply()[0]['product'] == 'pxed'


def test_calls_at_once_are_answered_in_order(connection):
    for number in range(500):
        connection.request('org.pxed.Node.Get', {'node': f'none-{number}'})
    for number in range(500):
        with pytest.raises(VarlinkError) as raised:
            connection.reply()
        assert raised.value.parameters['reference'] == f'none-{number}'


def test_oneway_gets_no_reply(connection):
    for _ in range(10):
        connection.request('org.pxed.Node.Get', {'node': 'none'}, oneway=True)
        connection.request('org.pxed.Node.Fly', {}, oneway=True)
        connection.request('org.pxed.Node.Get', {'name': 5}, oneway=True)
    assert connection.call(f'{SERVICE}.GetInfo')['product'] == 'pxed'


def test_more_of_a_single_reply(connection):
    connection.request(f'{SERVICE}.GetInfo', {}, more=True)
    reply, continues = connection.reply()
    assert reply['product'] == 'pxed' and not continues


def test_half_closed_peer_is_answered(connection):
    connection.send_bytes((GET_INFO + b'\0') * 3)
    connection.socket.shutdown(1)
    for _ in range(3):
        assert connection.reply()[0]['product'] == 'pxed'
    with pytest.raises(Closed):
        connection.receive()
