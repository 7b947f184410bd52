"""Names by which CSPICE can open a file, whatever its path.

CSPICE takes file names of at most 255 bytes, drops blanks at their ends, and may stop the process where one is longer.
A file with such a path is opened through a link with a short name in a folder of its own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from nearpass.errors import FrameError

MOST_BYTES: Final = 255
_ROOM: Final = 120  # bytes that a link's folder may take
_LONGEST_NAME: Final = MOST_BYTES - _ROOM - 8


@contextmanager
def openable(paths: Sequence[Path]) -> Iterator[tuple[str, ...]]:
    """The paths as names that CSPICE can open, those of links while the block runs.

    A file that does not exist yet may be written by the name that stands for it.

    Raises:
        FrameError: where no link can be made.
    """
    with ExitStack() as stack:
        names: list[str] = []
        folder: Path | None = None
        for number, path in enumerate(paths):
            if _can_open(str(path)):
                names.append(str(path))
                continue
            try:
                if folder is None:
                    folder = stack.enter_context(_short_folder())
                names.append(str(_linked(path, folder / str(number))))
            except OSError as error:
                rule = f"a file with a path of more than {MOST_BYTES} bytes must be reachable by a link"
                raise FrameError(rule, value=error.strerror, file=path.name) from None
        yield tuple(names)


def _can_open(name: str) -> bool:
    return len(os.fsencode(name)) <= MOST_BYTES and _plain(name)


def _plain(name: str) -> bool:
    """Whether a name can be handed to CSPICE: UTF-8, and no blanks at its ends."""
    return name == name.strip() and not any("\ud800" <= letter <= "\udfff" for letter in name)


@contextmanager
def _short_folder() -> Iterator[Path]:
    """A new folder with a short path, removed at the end with the links in it."""
    candidates = [tempfile.gettempdir(), "/tmp", os.curdir]  # noqa: S108  # the folder made there is private
    parent = next(one for one in candidates if len(os.fsencode(one)) < _ROOM - 20)
    with tempfile.TemporaryDirectory(prefix="nearpass-", dir=parent) as folder:
        yield Path(folder)


def _linked(path: Path, link: Path) -> Path:
    """A path through a link to its folder, which keeps the file's own name; through one to the file if that is long."""
    if len(os.fsencode(path.name)) <= _LONGEST_NAME and _plain(path.name):
        link.symlink_to(path.parent.absolute())
        return link / path.name
    to_file = link.with_suffix(path.suffix)
    to_file.symlink_to(path.absolute())
    return to_file
