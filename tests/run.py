#!/usr/bin/python3
"""Runs the suites that are named and counts what passed: the last line is 'N passed, N failed'.

    tests/run.py [--build DIR] [--label TEXT] SUITE...

Suites: unit, fuzz, the folders of tests/ that pytest runs (contract, net, boot), or one file of them (net/test_dhcp.py).
What a suite skips is listed with its reason.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import namespace

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNIT_TIMEOUT = 120
FUZZ_TIMEOUT = 120
FILE_TIMEOUT = 600
# Test files at once: of those that wait for daemons; machines of the boot suite need the processors for themselves.
JOBS = {'contract': 4, 'net': 4, 'boot': 1}


class Tally:
    def __init__(self):
        self.passed = self.failed = 0
        self.failures, self.skips = [], []

    def fail(self, name, output=''):
        self.failed += 1
        self.failures.append(name)
        print(f'FAILED {name}', flush=True)
        if output:
            print(output, flush=True)


def run_program(command, timeout):
    """Exit status and output; status None when it took too long."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, cwd=ROOT)
        return done.returncode, done.stdout.decode(errors='replace')
    except subprocess.TimeoutExpired as expired:
        return None, (expired.stdout or b'').decode(errors='replace') + f'\n(ended after {timeout} s)'


def run_unit(build, tally):
    """Each cmocka program counts its own tests."""
    programs = sorted(path for path in (build / 'tests/unit').glob('test_*') if os.access(path, os.X_OK) and path.is_file() and not path.suffix)
    for program in programs:
        status, output = run_program([program], UNIT_TIMEOUT)
        passed = re.search(r'\[  PASSED  \] (\d+) test', output)
        tally.passed += int(passed.group(1)) if passed else 0
        failed = re.findall(r'^\[  FAILED  \] (\w+)$', output, re.M)
        for name in sorted(set(failed)):
            tally.fail(f'{program.name}: {name}')
        if (status != 0 or not passed) and not failed:
            tally.fail(program.name)
        if status != 0:
            print(output, flush=True)
    if not programs:
        tally.fail(f'no unit test in {build}')


def run_fuzz(build, tally):
    """Each target goes through its corpus once."""
    programs = sorted(path for path in (build / 'tests/fuzz').glob('fuzz_*') if os.access(path, os.X_OK) and path.is_file() and not path.suffix)
    for program in programs:
        corpus = ROOT / 'tests/fuzz/corpus' / program.name
        if not corpus.is_dir() or not any(corpus.iterdir()):
            tally.fail(f'{program.name}: has no corpus')
            continue
        status, output = run_program([program, corpus], FUZZ_TIMEOUT)
        if status == 0:
            tally.passed += 1
        else:
            tally.fail(program.name, output[-4000:])
    if not programs:
        tally.fail(f'no fuzz target in {build}')


def run_file(path, build):
    """One test file in namespaces of its own: what it printed, and its report."""
    suite = path.parent.name
    report = build / f'reports/{suite}-{path.stem}.xml'
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    environment = dict(os.environ, PXED_BUILD=str(build), PYTHONDONTWRITEBYTECODE='1')
    command = namespace.command('/usr/bin/python3', '-m', 'pytest', '-q', '-p', 'no:cacheprovider', f'--junitxml={report}', path)
    started = time.monotonic()
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              timeout=FILE_TIMEOUT)
        output = done.stdout.decode(errors='replace')
    except subprocess.TimeoutExpired as expired:
        output = (expired.stdout or b'').decode(errors='replace') + f'\n(ended after {FILE_TIMEOUT} s)'
    return path, report, output, time.monotonic() - started


def count_report(path, report, output, tally):
    if not report.exists():
        tally.fail(f'{path.relative_to(ROOT)}: pytest gave no report', output)
        return
    failed_before = tally.failed
    for case in ElementTree.parse(report).iter('testcase'):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find('skipped')
        if case.find('failure') is not None or case.find('error') is not None:
            tally.fail(name)
        elif skipped is not None:
            tally.skips.append(f"{name}: {skipped.get('message')}")
        else:
            tally.passed += 1
    if tally.failed > failed_before:
        print(output, flush=True)


def files_of(suite):
    path = ROOT / 'tests' / suite
    return [path] if path.is_file() else sorted(path.glob('test_*.py'))


def run_pytest(suites, build, jobs, tally):
    """The files of the suites, several at once: most of their time is waiting."""
    files = [path for suite in suites for path in files_of(suite)]
    if not files:
        tally.fail(f"no test in {' '.join(suites)}")
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run_file, path, build) for path in files]):
            path, report, output, seconds = done.result()
            count_report(path, report, output, tally)
            summary = output.rstrip().rsplit('\n', 1)[-1].strip('= ')
            print(f'{path.relative_to(ROOT)}: {summary or "no output"}' + ('' if ' in ' in summary else f' after {seconds:.0f} s'), flush=True)


PROGRAMS = {'unit': run_unit, 'fuzz': run_fuzz}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--build', default='build', type=pathlib.Path)
    parser.add_argument('--totals', type=pathlib.Path, help='add to the totals in this file, so that several runs end in one line')
    parser.add_argument('suites', nargs='+', metavar='SUITE', help=', '.join([*PROGRAMS, *JOBS]) + ', or one file of them')
    options = parser.parse_args()
    for suite in options.suites:
        if suite not in PROGRAMS and suite not in JOBS and not files_of(suite):
            parser.error(f'there is no suite and no test file {suite}')
    build = (ROOT / options.build).resolve()
    tally = Tally()

    folders = [suite for suite in options.suites if suite not in PROGRAMS]
    steps = [(suite, PROGRAMS[suite]) for suite in options.suites if suite in PROGRAMS]
    for jobs in sorted({JOBS.get(suite, 1) for suite in folders}, reverse=True):
        together = [suite for suite in folders if JOBS.get(suite, 1) == jobs]
        steps.append((' '.join(together), lambda build, tally, together=together, jobs=jobs: run_pytest(together, build, jobs, tally)))
    for name, step in steps:
        started = time.monotonic()
        before = tally.passed, tally.failed
        print(f'--- {name} ({options.build})', flush=True)
        step(build, tally)
        print(f'--- {name}: {tally.passed - before[0]} passed, {tally.failed - before[1]} failed in {time.monotonic() - started:.0f} s', flush=True)

    for skip in tally.skips:
        print(f'skipped {skip}')
    for failure in tally.failures:
        print(f'FAILED {failure}')
    passed, failed, skipped = tally.passed, tally.failed, len(tally.skips)
    if options.totals:
        if options.totals.exists():
            earlier = [int(number) for number in options.totals.read_text().split()]
            passed, failed, skipped = passed + earlier[0], failed + earlier[1], skipped + earlier[2]
        options.totals.write_text(f'{passed} {failed} {skipped}')
    print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
