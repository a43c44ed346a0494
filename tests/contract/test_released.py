"""The interface files of the last release (released/*.varlink, copied there when it is made) against those of now: callers of then still work."""
import pathlib
import subprocess

import pytest

RELEASED = pathlib.Path(__file__).parent / 'released'

OLD = 'interface org.example.a\ntype T (a: int, e: (one, two))\nmethod M(t: ?T) -> (l: []T)\nerror E (reason: string)\n'


def compare(build, old, new):
    return subprocess.run([build / 'tests/contract/idl-compare', old, new], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_compatible_with_the_last_release(build, root):
    for released in RELEASED.glob('*.varlink'):
        done = compare(build, released, root / 'interfaces' / released.name)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize('change, old, new', [
    (None, '', ''),
    (None, 'l: []T)', 'l: []T, n: ?int)'),
    (None, 'two)', 'two, three)'),
    (None, 'error E', 'method N() -> ()\nerror E'),
    ('method M, call, t: is gone', 't: ?T', ''),
    ('method M, call, t: was nullable', 't: ?T', 't: T'),
    ('method M, call, n: is new and not nullable', 't: ?T', 't: ?T, n: int'),
    ('type T, a: was of type int, is string', 'a: int', 'a: string'),
    ("type T, e: value 'two' is gone", 'one, two', 'one, too'),
    ('error E: is gone', 'error E', 'error F'),
    ('org.example.a: is now org.example.b', 'example.a', 'example.b'),
])
def test_a_break_is_found(build, tmp_path, change, old, new):
    (tmp_path / 'old').write_text(OLD)
    (tmp_path / 'new').write_text(OLD.replace(old, new) if old else OLD)
    done = compare(build, tmp_path / 'old', tmp_path / 'new')
    assert (done.returncode, done.stdout.strip()) == ((0, '') if change is None else (1, f'{tmp_path}/new: {change}'))


def test_a_text_that_is_wrong_is_told(build, tmp_path):
    (tmp_path / 'old').write_text(OLD)
    (tmp_path / 'new').write_text(OLD + 'method M() -> (')
    done = compare(build, tmp_path / 'old', tmp_path / 'new')
    assert (done.returncode, done.stdout.strip()) == (1, f"{tmp_path}/new:5:8: 'M' is declared twice")
    assert compare(build, tmp_path / 'none', tmp_path / 'new').returncode == 1
