"""org.pxed.Node.List: pages that every client can read, whatever controllers and rules have put into the nodes."""
import pytest

from conftest import running
from test_pxectl import ctl  # noqa: F401

NODES = 30
EXPECTED = [f'n{number:03d}' for number in range(NODES)]
# As much as a node may have of one kind.
HEAVY = {
    'values': {'extra': {'n': [1] * 8000}, 'properties': {'n': [1] * 8000}},
    'containers': {'extra': {'n': [[]] * 5400}, 'properties': {'n': [{}] * 5400}},
    'bytes': {'labels': {f'{number:0250d}': '\u001b' * 1024 for number in range(64)}},
}


@pytest.fixture(scope='module')
def pxed():
    with running() as instance, instance.connect() as connection:
        for name, number in zip(EXPECTED, range(NODES)):
            connection.call('org.pxed.Node.Create', name=name, macs=[f'52:54:00:21:00:{number:02x}'])
        yield instance


def pages(connection, limit):
    after = None
    while True:
        reply = connection.call('org.pxed.Node.List', after=after, limit=limit)
        yield reply['nodes']
        after = reply['next']
        if after is None:
            return


def names(found):
    return [node['name'] for page in found for node in page]


def test_ordinary_nodes_fill_a_page(connection):
    assert [len(page) for page in pages(connection, 500)] == [NODES]
    assert [len(page) for page in pages(connection, 20)] == [20, 10]


@pytest.mark.parametrize('kind', HEAVY)
def test_large_nodes_make_more_pages(connection, ctl, kind):
    """pxectl takes no message of more than 256 Ki values, 64 Ki objects and lists, or 24 MiB."""
    for name in EXPECTED:
        connection.call('org.pxed.Node.Update', node=name, **{'extra': {}, 'properties': {}, 'labels': {}, **HEAVY[kind]})
    found = list(pages(connection, 500))
    assert names(found) == EXPECTED and len(found) > 1
    assert names([ctl.json('node', 'list')['nodes']]) == EXPECTED
