"""Partners' messages in ``messages/``: each with from whom it came and under which marking.

That is said by the file ``NAME.about.toml`` beside it, which ``nearpass receive`` writes, by the first ``[[message]]``
of the configuration whose ``path`` matches, or else by the message itself; without a marking it is for nobody but the
publisher.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.config import Config
from nearpass.config.editions import AboutTable, marking_record
from nearpass.config.places import leads_outside
from nearpass.config.reading import parse_table
from nearpass.errors import InputError, understood
from nearpass.messages.cdm import Cdm
from nearpass.messages.cdm_public import parse_cdms
from nearpass.messages.compression import decompressed
from nearpass.messages.encoding import NAME_RULE, name_in_words
from nearpass.messages.oem import OemMessage, parse_oem
from nearpass.messages.opm import OpmMessage, parse_opm
from nearpass.record.marking import MarkingRecord, Tlp
from nearpass.record.message_record import Kind

FOLDER: Final = "messages"
ABOUT: Final = ".about.toml"
LARGEST_BYTES: Final = 200_000_000
Content = tuple[Cdm, ...] | OemMessage | OpmMessage
"""Conjunction data messages of one file, an ephemeris, or an orbit."""
_START_BYTES: Final = 4096
_ROOT: Final = re.compile(rb"<(?:\w+:)?(cdm|oem|ocm|opm)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file of ``messages/``: its bytes, from whom, its marking, the event that it was said to be of, its content.

    ``content`` is None where it could not be read, for ``refusal``.
    """

    path: Path
    file: str
    data: bytes
    originator: str
    marking: MarkingRecord | None
    event: str | None
    kind: Kind
    content: Content | None
    refusal: str | None

    @property
    def sha256(self) -> str:
        """Of its bytes as they came."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def created(self) -> Epoch | None:
        """When it was made, by itself."""
        return header_of(self.content)[1] if self.content is not None else None


def message_paths(directory: Path) -> list[Path]:
    """The messages of a workspace, by name; notes and what stands beside a message are none."""
    found = sorted((directory / FOLDER).rglob("*"))
    return [path for path in found if path.is_file() and not path.name.startswith(".") and not _aside(path)]


def _aside(path: Path) -> bool:
    return path.name.endswith((ABOUT, ".md", ".md.sig"))


def read_received(config: Config, directory: Path) -> Iterator[Received]:
    """Every message, also those that cannot be read."""
    for path in message_paths(directory):
        yield received(path, config, directory)


def received(path: Path, config: Config, directory: Path) -> Received:
    """One message, whatever is wrong with it."""
    plain = path.relative_to(directory).as_posix()
    file = name_in_words(plain)
    about, data = AboutTable(), b""
    kind: Kind = "unknown"
    content: Content | None = None
    refusal: str | None = None
    try:
        if file != plain:
            raise InputError(NAME_RULE, file=file)
        if leads_outside(path, directory, config.inputs.allow_outside):
            raise InputError("a message must not be a link that leads out of the workspace", file=file)
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"a message must be smaller than {LARGEST_BYTES} bytes", file=file)
        data = path.read_bytes()
        about = about_of(path, config, file)
        kind, content = parsed(data, file)
    except Exception as error:  # noqa: BLE001  # whatever a message does to us, the others are read
        refusal = str(understood(error).at(file=file))
    told = header_of(content)[0] if content is not None else None
    originator = about.originator or told or ""
    return Received(
        path=path,
        file=file,
        data=data,
        originator=originator,
        marking=marking_record(about.marking or Tlp.RED.value, about.release, originator, config.mapped_words),
        event=about.event,
        kind=kind,
        content=content,
        refusal=refusal,
    )


def about_of(path: Path, config: Config, file: str) -> AboutTable:
    """What is said of a message beside it, else by the configuration.

    Raises:
        ConfigError: if what stands beside it breaks a rule.
    """
    beside = path.with_name(path.name + ABOUT)
    if beside.is_file():
        return parse_table(AboutTable, beside.read_text(encoding="utf-8"), f"{file}{ABOUT}", {"": AboutTable})
    table = next((table for table in config.messages if PurePath(file).match(table.path)), None)
    if table is None:
        return AboutTable()
    return AboutTable(originator=table.originator, marking=table.marking, release=table.release)


def parsed(data: bytes, file: str) -> tuple[Kind, Content]:
    """What a message is and what it says, by its content.

    Raises:
        InputError: if it is none that is known, or breaks a rule.
    """
    plain = decompressed(data, file)
    name = _kind_of(plain)
    if name == "CDM":
        whole = tuple(one for one in parse_cdms(plain, file) if isinstance(one, Cdm))
        if not whole:
            raise InputError("a message needs states; nearpass compare lays a public summary beside ours", file=file)
        return "CDM", whole
    if name == "OPM":
        return "OPM", parse_opm(plain, file)
    if name in {"OEM", "OCM"}:
        return ("OEM" if name == "OEM" else "OCM"), parse_oem(plain, file)
    raise InputError("a message must be a CDM, OPM, OCM or OEM; a note is taken by nearpass log receive", file=file)


def _kind_of(plain: bytes) -> str | None:
    """What kind of message a text begins as; None if it is none that is known."""
    start = plain[:_START_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    root = _ROOT.search(start)
    if root and start.startswith(b"<"):
        return root[1].decode().upper()
    if start.startswith((b"{", b"[")):
        return "CDM"
    return next(
        (kind for kind in ("CDM", "OEM", "OCM", "OPM") if start.startswith(f"CCSDS_{kind}_VERS".encode())), None
    )


def is_motion(data: bytes, file: str) -> bool:
    """Whether a message is of one object's motion: an ephemeris, or a state."""
    return _kind_of(decompressed(data, file)) in {"OEM", "OCM", "OPM"}


def header_of(content: Content) -> tuple[str, Epoch | None]:
    """Who made a message, and when."""
    if isinstance(content, OpmMessage):
        return content.originator, content.creation
    header = content[0].header if isinstance(content, tuple) else content.header
    return header.originator, header.creation
