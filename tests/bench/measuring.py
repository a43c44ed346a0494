"""What the benches share: where the tests keep what they share, figures of processes, and how figures are told."""
import argparse
import contextlib
import os
import pathlib
import shutil
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), *(str(TESTS / folder) for folder in ('net', 'contract', 'boot'))]


def pss(pid, what='Pss'):
    """KiB."""
    with open(f'/proc/{pid}/smaps_rollup') as file:
        return next(int(line.split()[1]) for line in file if line.startswith(f'{what}:'))


def cpu(pid):
    """Seconds of processor time."""
    fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def measured(act, times):
    """Seconds of each run."""
    taken = []
    for number in range(times):
        began = time.monotonic()
        act(number)
        taken.append(time.monotonic() - began)
    return taken


def share(values, hundredths):
    """So many of 100 are not above it."""
    ordered = sorted(values)
    return ordered[max(len(ordered) * hundredths // 100 - 1, 0)]


@contextlib.contextmanager
def scratch():
    """A folder that is gone afterwards."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix='pxed-bench-'))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def build_and_nodes():
    """The options that the benches of pxed have: the build's folder, and how many nodes."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', type=pathlib.Path, default=pathlib.Path(os.environ.get('PXED_BUILD', 'build')))
    parser.add_argument('--nodes', type=int, default=10000)
    options = parser.parse_args()
    return options.build.resolve(), options.nodes
