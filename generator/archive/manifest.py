"""The manifest of an archived cycle: hashes of all its files and of the manifest before it."""

from __future__ import annotations

from typing import Annotated, Any, Final, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict  # pydantic's condition before Python 3.12

from nearpass.errors import ArchiveError

SCHEMA: Final = 3
OLDEST: Final = 1
"""Schema 1 does not name the register, schema 2 not when kernels were first seen."""
_SINCE: Final = {"register": 2, "sightings": 3}
_STRICT: Final = ConfigDict(extra="forbid", strict=True)
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
CycleId = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{4}Z$")]


@with_config(_STRICT)
class Link(TypedDict):
    """An entry of the chain."""

    cycle_id: CycleId
    manifest_sha256: Sha256


@with_config(_STRICT)
class Mark(TypedDict):
    """The newest file of the register at a time."""

    number: Annotated[int, Field(ge=1)]
    sha256: Sha256


@with_config(_STRICT)
class Digest(TypedDict):
    """A file's hash and size."""

    sha256: Sha256
    size_bytes: int


@with_config(_STRICT)
class StoredInput(TypedDict):
    """Size of an input as it was delivered, and hash and size of the compressed file that keeps it."""

    size_bytes: int
    stored: Digest


@with_config(_STRICT)
class Manifest(TypedDict):
    """What a cycle consists of. ``files`` lie beside the manifest; ``inputs`` are named by their SHA-256.

    ``register`` is the register's head when the cycle was added: what was received for it stands there already.
    ``sightings`` are the bytes that the list of first sightings (:mod:`nearpass.archive.sightings`) had then and begins
    with ever after; None where there was no list.
    """

    schema_number: int
    cycle_id: CycleId
    files: dict[Annotated[str, Field(pattern=r"^[a-z]+\.json$")], Digest]
    inputs: dict[Sha256, StoredInput]
    previous: Link | None
    register: NotRequired[Mark | None]
    sightings: NotRequired[Digest | None]
    supersedes: CycleId | None
    signed_by: Sha256 | None


_MANIFEST: Final = TypeAdapter(Manifest)
_LINK: Final = TypeAdapter(Link)
_MARK: Final = TypeAdapter(Mark)
_NUMBER: Final = TypeAdapter(dict[str, Any])


def parse_manifest(text: bytes, file: str) -> Manifest:
    """Read a manifest.

    Raises:
        ArchiveError: if it is none, or this program does not know its schema.
    """
    try:
        number = _NUMBER.validate_json(text).get("schema_number")
    except ValidationError:
        raise ArchiveError("a manifest must be a JSON object", file=file) from None
    if isinstance(number, int) and not OLDEST <= number <= SCHEMA:
        age = "newer than this program: upgrade nearpass" if number > SCHEMA else "too old for this program"
        rule = f"a manifest's schema_number must be {OLDEST} to {SCHEMA}; this is {age}"
        raise ArchiveError(rule, value=number, file=file)
    try:
        manifest = _MANIFEST.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ArchiveError(f"a manifest must follow its schema: {place}: {first['msg']}", file=file) from None
    for name, since in _SINCE.items():
        if (name in manifest) != (manifest["schema_number"] >= since):
            raise ArchiveError(f"a manifest has {name} since schema {since}", value=number, file=file)
    return manifest


def parse_link(text: bytes, file: str) -> Link:
    """Read the head of the chain.

    Raises:
        ArchiveError: if it names no cycle.
    """
    try:
        return _LINK.validate_json(text)
    except ValidationError:
        raise ArchiveError("the head of the chain must name a cycle and its manifest", file=file) from None


def parse_mark(text: bytes, file: str) -> Mark:
    """Read the head of the register; what earlier versions kept beside it is left out.

    Raises:
        ArchiveError: if it names no file of the register.
    """
    try:
        plain = _NUMBER.validate_json(text)
        plain.pop("decided", None)
        return _MARK.validate_python(plain)
    except ValidationError:
        raise ArchiveError("the head of the register must give a number and a hash", file=file) from None
