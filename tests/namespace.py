"""A network, PID and mount namespace for a program of the tests: whatever happens to it, nothing of it stays behind."""
import os
import sys

MARK = 'PXED_TEST_NAMESPACE'
# Temporary files go to a file system that ends with the mount namespace.
SCRATCH = '/media'


def command(*program):
    """The command line that runs a program in namespaces of its own, which end with it."""
    mount = f'mount -t tmpfs pxed-tests {SCRATCH} && exec "$@"'
    return ['unshare', '--net', '--pid', '--mount', '--fork', '--kill-child', '--mount-proc', 'env', f'{MARK}=1', f'TMPDIR={SCRATCH}',
            'sh', '-c', mount, 'sh', *map(str, program)]


def entered():
    return MARK in os.environ


def enter():
    """Starts the running script again in namespaces of its own, unless it is in them."""
    if entered():
        return
    if os.geteuid() != 0:
        sys.exit('This needs root: it makes a network namespace.')
    line = command(sys.executable, *sys.argv)
    os.execvp(line[0], line)
