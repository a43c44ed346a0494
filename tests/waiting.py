"""How long tests wait for a state: a guard against waiting for ever, which says nothing of how soon something has to be. The host may be slow, and
busy with other tests."""
import time

PATIENCE = 60


def wait_for(condition, what="it", patience=PATIENCE):
    """Asks until condition() is true and returns its value. `what`: what is waited for, or a function that tells what is known of it."""
    end = time.monotonic() + patience
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"{what() if callable(what) else what}: not within {patience} s")
        time.sleep(0.01)
    return value


def contention():
    """How many times as long as on an idle host a piece of work takes now, because others want the processors: what an assertion of speed is to be
    multiplied by."""
    began, worked = time.monotonic(), time.thread_time()
    while time.thread_time() - worked < 0.05:
        pass
    return max(1, (time.monotonic() - began) / 0.05)
