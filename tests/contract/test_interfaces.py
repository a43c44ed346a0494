"""What pxed says that it offers, is what interfaces/ says, all of it implemented, and what it replies is of the types written there."""
import pytest

import idl
from varlink import VarlinkError

SERVICE = 'org.varlink.service'
BUS = {SERVICE, 'org.pxed.Appliance', 'org.pxed.Boot', 'org.pxed.Event', 'org.pxed.Inventory', 'org.pxed.Network', 'org.pxed.Node',
       'org.pxed.Profile', 'org.pxed.Rule', 'org.pxed.Worker'}
# what may be called with no parameters and changes nothing
QUESTIONS = ['org.pxed.Appliance.GetStatus', 'org.pxed.Boot.List', 'org.pxed.Event.Watch', 'org.pxed.Network.List',
             'org.pxed.Network.ListLeases', 'org.pxed.Network.ListSightings', 'org.pxed.Node.List', 'org.pxed.Profile.List',
             'org.pxed.Rule.List', 'org.pxed.Rule.Test',
             f'{SERVICE}.GetInfo']


def described(connection):
    """The interfaces that are served on that socket, by their served texts."""
    names = connection.call(f'{SERVICE}.GetInfo')['interfaces']
    texts = (connection.call(f'{SERVICE}.GetInterfaceDescription', interface=name)['description'] for name in names)
    return {interface.name: interface for interface in map(idl.Interface, texts)}


@pytest.fixture(scope='module')
def interfaces(pxed):
    with pxed.connect() as connection:
        return described(connection)


def refusal(connection, method, **parameters):
    with pytest.raises(VarlinkError) as raised:
        connection.call(method, **parameters)
    return raised.value.name, raised.value.parameters


def test_bus_offers_its_interfaces(interfaces):
    assert BUS <= set(interfaces)


def test_served_texts_are_the_files(interfaces, root):
    for name, interface in interfaces.items():
        assert interface.text == (root / 'interfaces' / f'{name}.varlink').read_text()


def test_every_daemon_socket_offers_daemon(pxed, root):
    with pxed.connect(pxed.own) as connection:
        served = described(connection)
        assert {SERVICE, 'org.pxed.Daemon'} <= set(served)
        assert served['org.pxed.Daemon'].text == (root / 'interfaces/org.pxed.Daemon.varlink').read_text()
        status = connection.call('org.pxed.Daemon.GetStatus')
        assert served['org.pxed.Daemon'].check(served['org.pxed.Daemon'].methods['GetStatus'].reply, status) is None
        assert status['status']['name'] == 'pxed' and status['status']['pid'] == pxed.process.pid


def test_every_method_is_implemented_and_checks_its_parameters(connection, interfaces):
    """Each is called with a member that it does not have: all refuse that, before they do anything."""
    for interface in interfaces.values():
        for method in interface.methods.values():
            name = f'{interface.name}.{method.name}'
            error, parameters = refusal(connection, name, noSuchParameter=1)
            if error == f'{SERVICE}.ExpectedMore':
                connection.request(name, {'noSuchParameter': 1}, more=True)
                with pytest.raises(VarlinkError) as raised:
                    connection.reply()
                error, parameters = raised.value.name, raised.value.parameters
            assert error == f'{SERVICE}.InvalidParameter', f'{name}: {error} {parameters}'


def wrong_value(type_):
    """A value that is of no type there is but null's, so of none that has a value."""
    return {'array': {}, 'map': [], 'struct': [], 'object': [], 'bool': 0, 'int': '1', 'float': '1', 'string': 1, 'enum': 'noSuchValue',
            'name': 1.5}[type_.kind]


def test_every_parameter_is_of_its_type(connection, interfaces):
    """Each parameter of each method in turn is of a wrong type, the others are left out."""
    for interface in interfaces.values():
        for method in interface.methods.values():
            for parameter, type_ in method.call.detail.items():
                connection.request(f'{interface.name}.{method.name}', {parameter: wrong_value(type_)}, more=True)
                with pytest.raises(VarlinkError) as raised:
                    connection.reply()
                required = [name for name, other in method.call.detail.items() if not other.nullable]
                # the first that is wrong or missing in the order of the declaration
                first = next(name for name in method.call.detail if name == parameter or name in required)
                assert (raised.value.name, raised.value.parameters) == (f'{SERVICE}.InvalidParameter', {'parameter': first})


def test_replies_are_of_their_types(connection, interfaces):
    for name in QUESTIONS:
        interface, _, method = name.rpartition('.')
        reply = connection.call(name)
        assert interfaces[interface].check(interfaces[interface].methods[method].reply, reply) is None, reply


def test_errors_are_declared(connection, interfaces):
    cases = [('org.pxed.Node.Get', {'node': 'none'}), ('org.pxed.Profile.Get', {'name': 'none'}),
             ('org.pxed.Inventory.Get', {'node': 'none'}), ('org.pxed.Node.List', {'limit': 100000}),
             ('org.pxed.Node.SetBoot', {'node': 'none', 'profile': 'none'}), ('org.pxed.Node.Create', {'name': '../x', 'macs': ['x']})]
    for method, parameters in cases:
        error, value = refusal(connection, method, **parameters)
        interface, _, name = error.rpartition('.')
        assert interfaces[interface].check(interfaces[interface].errors[name], value) is None


def test_monitor_only_reads(pxed):
    writing = {'org.pxed.Node.Create': {'name': 'n', 'macs': ['52:54:00:00:00:01']}, 'org.pxed.Node.Delete': {'node': 'n'},
               'org.pxed.Node.SetBoot': {'node': 'n', 'profile': 'local'}, 'org.pxed.Profile.Delete': {'name': 'n'},
               'org.pxed.Appliance.Reload': {}, 'org.pxed.Worker.Report': {'role': 'dhcp', 'instance': 'i', 'batch': 1, 'observations': []}}
    with pxed.connect(pxed.monitor) as connection:
        for question in QUESTIONS:
            connection.call(question)
        for method, parameters in writing.items():
            assert refusal(connection, method, **parameters)[0] in (f'{SERVICE}.PermissionDenied', f'{SERVICE}.InterfaceNotFound')
        connection.request('org.pxed.Worker.Watch', {'role': 'dhcp'}, more=True)
        # it would tell the key of the boot tokens
        with pytest.raises(VarlinkError) as raised:
            connection.reply()
        assert raised.value.name in (f'{SERVICE}.PermissionDenied', f'{SERVICE}.InterfaceNotFound')
