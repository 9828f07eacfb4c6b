"""What the scripts for redis-py share: steps that the test takes part in."""

import sys
import time


def step(name):
    print(f"step {name}", flush=True)
    if sys.stdin.readline() != "go\n":
        sys.exit(f"no go for step {name}")


def eventually(what, condition, seconds=40):
    """Until the condition holds; errors count as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
            reason = None
        except Exception as error:
            reason = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}") from reason
        time.sleep(0.02)


def fails(kind, text, call):
    try:
        call()
    except kind as error:
        assert text in str(error), error
        return
    raise AssertionError(f"did not fail: {text}")
