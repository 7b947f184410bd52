"""``retrieved.json``: where and when each retrieved delivery came from, and how the last attempt at a source went."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nearpass.archive.durable import canonical_json
from nearpass.astro.fields import EpochText

SCHEMA: Final = 1
FILE_NAME: Final = "retrieved.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """A file that was retrieved: its path as pages show it, the address with its query, when, and what it holds."""

    file: str
    origin: str
    at: EpochText
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How the last attempt at a source went, and what the next one needs to know.

    ``failure`` is the error in one line, None if it went well. ``confirmed`` is when the newest file was last known to
    be current. ``etag`` and ``last_modified`` came with that file; ``not_before`` is when to ask again at the earliest.
    ``tried`` tells which file of a folder the attempt was about.
    """

    at: EpochText
    failure: str | None
    confirmed: EpochText | None = None
    file: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    not_before: EpochText | None = None
    tried: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Everything that is known of retrievals: files by path, attempts by source and path, in the words of the file."""

    __pydantic_config__ = ConfigDict(extra="ignore")

    schema_number: int = SCHEMA
    files: tuple[Retrieved, ...] = ()
    attempts: dict[str, Attempt] = field(default_factory=dict)

    def of(self, shown: str, sha256: str | None) -> Retrieved | None:
        """Where a file came from; None if it was not retrieved, or holds something else by now."""
        return next((entry for entry in self.files if entry.file == shown and entry.sha256 == sha256), None)

    def with_file(self, entry: Retrieved) -> Ledger:
        """The ledger with one more file."""
        others = tuple(known for known in self.files if known.file != entry.file)
        return replace(self, files=(*others, entry))

    def without_files(self, shown: frozenset[str]) -> Ledger:
        """The ledger without files that were removed."""
        return replace(self, files=tuple(entry for entry in self.files if entry.file not in shown))

    def with_attempt(self, key: str, attempt: Attempt) -> Ledger:
        """With the newest attempt at a source."""
        return replace(self, attempts={**self.attempts, key: attempt})


_ADAPTER: Final = TypeAdapter(Ledger)


def attempt_key(source: str, path: str) -> str:
    """What names a source in the ledger."""
    return f"{source} -> {path}"


def read_ledger(directory: Path) -> Ledger:
    """The ledger of a workspace; an empty one if there is none, or none that can be read."""
    try:
        plain: Any = json.loads((directory / FILE_NAME).read_bytes())
        return _ADAPTER.validate_python(plain) if plain["schema_number"] == SCHEMA else Ledger()
    except (OSError, ValueError, TypeError, KeyError, ValidationError):
        return Ledger()


def ledger_json(ledger: Ledger) -> bytes:
    """The ledger as it is stored."""
    return canonical_json(_ADAPTER.dump_python(ledger, mode="json"))
