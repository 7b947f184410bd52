"""What can go wrong, as one tree.

::

    NearpassError                 every error that a user can act on
    ├── ConfigError               nearpass.toml breaks a rule; nothing was written
    ├── RetrievalError            a source did not give what it should; the last good delivery stays
    ├── InputError                a delivered file breaks a rule; the others are still screened
    ├── TimeError                 an epoch or time system that cannot be read
    ├── FrameError                axes or centres that are unknown, or two that do not match
    ├── CoverageError             a state was asked for where no ephemeris gives one
    ├── ArchiveError              the archive cannot be read, or must not be changed
    ├── PublicationError          the site could not be built; the last good one stays
    │   └── LeakError             an edition would hold what it must not; its last good site stays
    │       └── OutsideError      it would go to a party with which no exchange is open
    └── OwnFault                  nearpass itself is wrong; the reference finds it in faults.log

Messages read "rule, value, where". Only ``nearpass.__main__`` turns one into an exit code.
"""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Iterable
from typing import ClassVar, Final

MOST_SHOWN: Final = 80
"""Characters of a value in a message."""
FAULTS: Final = "nearpass.faults"
"""Name of the logger that is told of every fault of our own, with its traceback."""
PAGES: Final = "nearpass.pages"
"""Name of the logger that is told of every page that is not published whole, with the reason."""


class NearpassError(Exception):
    """Base of every error with a message for the user.

    Args:
        rule: What must hold, as a sentence without a full stop.
        value: What was found instead, if a value says more than the rule.
        file: Path or name of the file at fault.
        line: Its first faulty line, counted from 1.
        object_id: The object that the file or value belongs to.

    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        rule: str,
        *,
        value: object = None,
        file: str | None = None,
        line: int | None = None,
        object_id: str | None = None,
    ) -> None:
        self.rule = rule
        self.value = value
        self.file = file
        self.line = line
        self.object_id = object_id
        super().__init__(str(self))

    def at(self, *, file: str | None = None, line: int | None = None, object_id: str | None = None) -> NearpassError:
        """This error with the context that its raiser did not know."""
        return type(self)(
            self.rule,
            value=self.value,
            file=self.file or file,
            line=self.line or line,
            object_id=self.object_id or object_id,
        )

    def __str__(self) -> str:
        """One line: rule, value, file:line, object."""
        text = self.rule
        if self.value is not None:
            text += f", got {_shortened(self.value)}"
        if self.file is not None:
            text += f", {self.file}" + (f":{self.line}" if self.line is not None else "")
        elif self.line is not None:
            text += f", line {self.line}"
        if self.object_id is not None:
            text += f" (object {_printable(self.object_id)})"
        return text


def _printable(name: str) -> str:
    """A name as it stands, or quoted and cut where it would flood or break the line."""
    return name if name.isprintable() and len(name) <= MOST_SHOWN else _shortened(name)


def _shortened(value: object, most: int = MOST_SHOWN) -> str:
    """A value on one line: a hostile file must not flood the page or the terminal."""
    text = repr(str(value)) if isinstance(value, str) else str(value)  # of an enumeration its word alone
    return text if len(text) <= most else text[: most - 1] + "…"


class ConfigError(NearpassError):
    """The configuration breaks a rule; ``others`` are the further faults that were found with it."""

    exit_code = 3
    others: tuple[ConfigError, ...] = ()

    @classmethod
    def all_of(cls, faults: Iterable[ConfigError]) -> ConfigError | None:
        """The first of several faults, which knows the others; None where there is none."""
        found = tuple(faults)
        if not found:
            return None
        found[0].others = found[1:]
        return found[0]


class InputError(NearpassError):
    """A delivered file breaks a rule."""

    exit_code = 8


class RetrievalError(NearpassError):
    """A source did not give what it should; the last good delivery stays.

    ``after_s`` is how long the source wants to be left alone, where it says so.
    """

    exit_code = 8
    after_s: float | None = None

    def at(self, *, file: str | None = None, line: int | None = None, object_id: str | None = None) -> NearpassError:
        """This error with the context that its raiser did not know."""
        error = super().at(file=file, line=line, object_id=object_id)
        if isinstance(error, RetrievalError):
            error.after_s = self.after_s
        return error


class TimeError(NearpassError):
    """An epoch or a time system cannot be read."""

    exit_code = 8


class FrameError(NearpassError):
    """Axes or centres are unknown or do not match."""

    exit_code = 8


class CoverageError(NearpassError):
    """No ephemeris gives a state at this epoch."""

    exit_code = 8


class ArchiveError(NearpassError):
    """The archive cannot be read, or must not be changed."""

    exit_code = 5


class PublicationError(NearpassError):
    """The site could not be built or put in place."""

    exit_code = 6


class LeakError(PublicationError):
    """An edition would hold what it must not; that edition stays as it was."""

    exit_code = 7

    @property
    def edition(self) -> str | None:
        """Id of the edition: what the error calls its value."""
        return str(self.value) if self.value is not None else None


class OutsideError(LeakError):
    """An edition would go to a party that gets nothing outside an open exchange; it stays as it was."""


class OwnFault(NearpassError):  # noqa: N818  # the word of the pages and of the log
    """Nearpass itself is wrong: what it was reading or making is lost, the rest is not.

    The reference in its rule stands in the log of faults beside the traceback, and is the same wherever the same lines
    of the program fail alike.
    """

    exit_code = 1

    @classmethod
    def of(cls, error: Exception) -> OwnFault:
        """The fault that an exception shows; it is not logged."""
        rule = "this is a fault of nearpass, not of what it was given: please report it as"
        return cls(f"{rule} {_reference(error)}", value=type(error).__name__)

    @property
    def reference(self) -> str:
        """What finds it in the log of faults."""
        return self.rule.rpartition(" ")[2]


def understood(error: Exception) -> NearpassError:
    """Any exception as one that can be told: what a user can act on, else a fault of our own, which is then logged."""
    if isinstance(error, NearpassError):
        return error
    if isinstance(error, UnicodeDecodeError):
        rule = f"the text must be {error.encoding.upper()}"
        return InputError(rule, value=f"byte 0x{error.object[error.start]:02x} at {error.start}")
    if isinstance(error, OSError):
        return InputError(f"the file must be readable: {error.strerror or type(error).__name__}")
    fault = OwnFault.of(error)
    logging.getLogger(FAULTS).error("%s", fault.reference, exc_info=error)
    return fault


def _reference(error: Exception) -> str:
    """A short reference, equal where the same lines fail: from the error's type and the functions on the way to it."""
    frames = traceback.extract_tb(error.__traceback__)
    names = [
        f"{frame.filename.rpartition('nearpass')[2]}:{frame.name}" for frame in frames if "nearpass" in frame.filename
    ]
    return "F-" + hashlib.sha256("\n".join([type(error).__name__, *names[-6:]]).encode()).hexdigest()[:8].upper()
