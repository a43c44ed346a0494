"""A network, PID and mount namespace for a program of the tests: whatever happens to it, nothing of it stays behind."""
import os
import signal
import subprocess
import sys

MARK = 'PXED_TEST_NAMESPACE'
# Temporary files go to a file system that ends with the mount namespace.
SCRATCH = '/media'
# Seconds that an interrupted program has to say good-bye.
PATIENCE = 15


def command(*program):
    """The command line that runs a program in namespaces of its own, which end with it, and it with its caller."""
    # The shell stays as the first process of the PID namespace, since somebody has to bury the orphans.
    mount = f'mount -t tmpfs pxed-tests {SCRATCH} && "$@"; exit $?'
    return ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--net', '--pid', '--mount', '--fork', '--kill-child', '--mount-proc',
            'env', '--default-signal=INT', f'{MARK}=1', f'TMPDIR={SCRATCH}', 'sh', '-c', mount, 'sh', *map(str, program)]


def entered():
    return MARK in os.environ


def enter():
    """Runs the script again in namespaces of its own, unless it is in them, and exits with its status.

    What interrupts this process, Ctrl-C or SIGTERM, interrupts the program and all that it started; unshare itself ignores both.
    """
    if entered():
        return
    if os.geteuid() != 0:
        sys.exit('This needs root: it makes a network namespace.')

    def end(*_):
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, end)
    inside = subprocess.Popen(command(sys.executable, *sys.argv), process_group=0)
    try:
        status = inside.wait()
    except KeyboardInterrupt:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        os.killpg(inside.pid, signal.SIGINT)
        try:
            status = inside.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            inside.kill()
            inside.wait()
            status = 130
    sys.exit(status)
