"""Named checks of one library, run one after another against the server whose port is the first argument.

Prints "ok <name>" or "not ok <name>: <why>" for each, and ends with 1 if one of them failed.
"""

import sys
import time
import traceback
import uuid

PATIENCE_SECONDS = 20
POLL_SECONDS = 0.005

if len(sys.argv) != 2 or not sys.argv[1].isdigit():
    sys.exit(f"usage: python3 {sys.argv[0]} PORT")

PORT = int(sys.argv[1])

_checks = []


def fresh(name):
    """A name that no other run has used."""
    return f"{name}:{uuid.uuid4()}"


def check(name):
    def declare(body):
        _checks.append((name, body))
        return body

    return declare


def until(what, holds):
    """Waits for something that nobody tells of."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain until {what}")
        time.sleep(POLL_SECONDS)


def equal(got, expected):
    assert got == expected, f"{got!r} is not {expected!r}"


def refused(error, text, call):
    """The call raises this error, and its words hold the text."""
    try:
        result = call()
    except error as e:
        assert text in str(e), f"{e!r} does not say {text!r}"
    else:
        raise AssertionError(f"not refused, but {result!r}")


def run():
    status = 0
    for name, body in _checks:
        try:
            body()
            print(f"ok {name}", flush=True)
        except Exception:
            print(f"not ok {name}: " + traceback.format_exc().rstrip().replace("\n", "\n    "), flush=True)
            status = 1
    sys.exit(status)
