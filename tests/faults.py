"""Makes the n-th change of the file system below a folder fail, through the interpreter's audit events.

Opening a file for writing, making and removing folders, renaming and removing files are audited by Python itself,
whichever library does it; an exception raised by the hook takes the place of the call.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT
KILL = -1
"""In place of an error number: the process is killed in that instant."""
DEAD = -2
"""As killed, in this process: neither this change nor any later one is made, whatever still tries to clean up."""
_CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.link"}


class Died(BaseException):
    """Raised in the place of a process's death: no handler of errors sees it."""


@dataclass
class Failure:
    """The fault in waiting. ``happened`` tells whether it came to it; ``seen`` counts changes."""

    number: int
    errno: int
    below: str
    seen: int = 0
    happened: bool = False


_waiting: Failure | None = None
_installed = False
_counting = threading.Lock()


def _hook(event: str, args: tuple[Any, ...]) -> None:
    failure = _waiting
    if failure is None or (event != "open" and event not in _CHANGES):
        return
    if not isinstance(args[0], str | os.PathLike) or not os.fspath(args[0]).startswith(failure.below):
        return
    if event == "open" and not (isinstance(args[2], int) and args[2] & _WRITING):
        return
    with _counting:
        number = failure.seen
        failure.seen += 1
    if failure.errno == DEAD and 0 <= failure.number <= number:
        failure.happened = True
        raise Died(os.fspath(args[0]))
    if number == failure.number:
        failure.happened = True
        if failure.errno == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(failure.errno, os.strerror(failure.errno), os.fspath(args[0]))


@contextmanager
def failing_at(number: int, errno: int, *, below: Path) -> Iterator[Failure]:
    """Fail the change with this number, counted from 0, once."""
    global _waiting, _installed  # noqa: PLW0603 - an audit hook cannot be removed, so one is installed for good
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    _waiting = Failure(number=number, errno=errno, below=str(below))
    try:
        yield _waiting
    finally:
        _waiting = None
