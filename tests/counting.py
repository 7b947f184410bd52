"""Counts the files that Python opens, whichever library does it, through the interpreter's audit events."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_names: list[str] | None = None
_installed = False


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event in {"open", "sqlite3.connect"} and _names is not None and isinstance(args[0], str | os.PathLike):
        _names.append(os.fspath(args[0]))


@contextmanager
def counted_opens() -> Iterator[list[str]]:
    """Names of the files opened inside the block, in order."""
    global _names, _installed  # noqa: PLW0603 - an audit hook cannot be removed, so one is installed for good
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    _names = []
    try:
        yield _names
    finally:
        _names = None
