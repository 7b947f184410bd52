"""The dossiers of a workspace: ``exchanges/NAME.toml``, the notes in ``exchanges/NAME/``, what the register tells.

One that breaks a rule is kept with its error, and told to nobody but the publisher; the others are read all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, TypeVar

from nearpass.archive.archive import Archive
from nearpass.archive.register import Entry, Register
from nearpass.archive.sightings import ARCHIVE
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.config import Config
from nearpass.config.editions import marking_record
from nearpass.config.exchanges import Dossier, parse_dossier
from nearpass.config.places import leads_outside
from nearpass.errors import ArchiveError, ConfigError, understood
from nearpass.ingest.notes import Known, read_notes
from nearpass.messages.encoding import name_in_words
from nearpass.record.coordination import STATEMENTS
from nearpass.record.cycle_id import CycleId
from nearpass.record.exchange_record import (
    CertificationRecord,
    DecisionRecord,
    ExchangeRecord,
    HandedRecord,
    ParticipantRecord,
    ReceivedRecord,
)
from nearpass.record.marking import MarkingRecord, Tlp
from nearpass.record.record import CycleRecord, NoteRecord

Counted = TypeVar("Counted", HandedRecord, ReceivedRecord)
FOLDER: Final = "exchanges"
LARGEST_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangesRead:
    """The dossiers by name, and the bytes of their files by SHA-256, which are archived with the cycle."""

    exchanges: tuple[ExchangeRecord, ...] = ()
    files: Mapping[str, bytes]


def read_exchanges(config: Config, directory: Path, cutoff: Epoch, previous: CycleRecord | None) -> ExchangesRead:
    """Every dossier of a workspace as of a data cut-off.

    Args:
        config: Who is who.
        directory: The workspace.
        cutoff: Later notes belong to a later cycle.
        previous: The cycle before, which knows how far the register was counted.
    """
    before = {entry.exchange_id: entry for entry in previous.exchanges} if previous else {}
    register = Register(Archive(directory / ARCHIVE))
    found: list[ExchangeRecord] = []
    files: dict[str, bytes] = {}
    for path in dossier_paths(directory):
        try:
            exchange, data = _whole(path, config, directory, cutoff)
            exchange = _counted(exchange, before.get(exchange.exchange_id), register, config)
        except Exception as error:  # noqa: BLE001  # a loss of the cycle would tell others that there is a dossier
            name = name_in_words(path.name)
            exchange, data = _refused(name.removesuffix(".toml"), f"{FOLDER}/{name}", str(understood(error))), []
        found.append(exchange)
        files |= {hashlib.sha256(each).hexdigest(): each for each in data}
    return ExchangesRead(exchanges=tuple(found), files=files)


def dossier_paths(directory: Path) -> list[Path]:
    """The dossiers of a workspace, by name."""
    return sorted((directory / FOLDER).glob("*.toml"))


def dossier_now(path: Path, config: Config, directory: Path) -> ExchangeRecord:
    """A dossier as it stands now, without notes and register: what decides whether an exchange is open.

    Raises:
        ConfigError: with every fault that it has.
    """
    return _read(path, config, directory)[0]


def check_dossiers(config: Config, directory: Path) -> Iterator[ConfigError]:
    """Every fault of each dossier."""
    for path in dossier_paths(directory):
        try:
            load_dossier(path, directory, config)
        except ConfigError as error:
            yield from (error, *error.others)


def load_dossier(path: Path, directory: Path, config: Config) -> tuple[Dossier, bytes, bytes | None]:
    """A dossier, its bytes, and those of the statement that it names.

    Raises:
        ConfigError: with every fault that it has.
    """
    file = name_in_words(path.relative_to(directory).as_posix())
    if leads_outside(path, directory, config.inputs.allow_outside):
        raise ConfigError("a dossier must not be a link that leads out of the workspace", file=file)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ConfigError(f"a dossier must be smaller than {LARGEST_BYTES} bytes", file=file)
        data = path.read_bytes()
        dossier = parse_dossier(data.decode("utf-8"), path.stem, file)
    except OSError as error:
        raise ConfigError(f"a dossier must be readable: {error.strerror}", file=file) from None
    except UnicodeDecodeError:
        raise ConfigError("a dossier must be UTF-8 text", file=file) from None
    certified = dossier.certification
    if certified is None or certified.statement is None:
        return dossier, data, None
    place = directory / FOLDER / certified.statement
    if leads_outside(place, directory, config.inputs.allow_outside) or not place.is_file():
        raise ConfigError(
            "certification.statement must name a file below exchanges/", value=certified.statement, file=file
        )
    statement = place.read_bytes()
    if (digest := hashlib.sha256(statement).hexdigest()) != certified.sha256:
        raise ConfigError("certification.sha256 must be that of the statement", value=digest, file=file)
    return dossier, data, statement


def _whole(path: Path, config: Config, directory: Path, cutoff: Epoch) -> tuple[ExchangeRecord, list[bytes]]:
    """One dossier with its notes, and the bytes of all its files."""
    exchange, data = _read(path, config, directory)
    notes = _notes(exchange.exchange_id, config, directory, cutoff)
    return replace(exchange, notes=notes), [
        *data,
        *((directory / note.file).read_bytes() for note in notes if note.refusal is None),
    ]


def _read(path: Path, config: Config, directory: Path) -> tuple[ExchangeRecord, list[bytes]]:
    """The record of one dossier, and the bytes of its files.

    Raises:
        ConfigError: with every fault that it has.
    """
    file = name_in_words(path.relative_to(directory).as_posix())
    dossier, data, statement = load_dossier(path, directory, config)
    called = Known.of(config).called
    certified = dossier.certification
    record = ExchangeRecord(
        exchange_id=path.stem,
        dossier=file,
        sha256=hashlib.sha256(data).hexdigest(),
        title=dossier.title,
        purpose=dossier.purpose,
        parties=tuple(map(called, dossier.parties)),
        law=dossier.ground.law if dossier.ground else None,
        agreement=dossier.ground.agreement if dossier.ground else None,
        agenda=dossier.agenda,
        participants=tuple(
            ParticipantRecord(name=person.name, party=called(person.party), role=person.role)
            for person in dossier.participants
        ),
        channel=dossier.channel,
        certification=CertificationRecord(**dict(certified)) if certified else None,
        first_release=dossier.first_release,
        opened=dossier.opened,
        closed=dossier.closed,
        decisions=tuple(DecisionRecord(on=one.on, by=one.by, decided=one.decided) for one in dossier.decisions),
        outcome=dossier.outcome,
        marking=marking_record(
            dossier.marking, dossier.release, config.site.publisher or dossier.parties[0], config.mapped_words
        ),
    )
    return record, [data] if statement is None else [data, statement]


def _refused(name: str, file: str, refusal: str) -> ExchangeRecord:
    return ExchangeRecord(
        exchange_id=name, dossier=file, sha256="", title=name, purpose=None, parties=(), law=None, agreement=None,
        agenda=(), participants=(), channel=None, certification=None, first_release=None, opened=None, closed=None,
        decisions=(), outcome=None, marking=None, refusal=refusal,
    )  # fmt: skip


def _notes(name: str, config: Config, directory: Path, cutoff: Epoch) -> tuple[NoteRecord, ...]:
    """The notes of an exchange; what one party says that it does about an event belongs into ``log/``."""
    found = []
    for note in read_notes(directory, cutoff, Known.of(config), folders=(f"{FOLDER}/{name}",)):
        if note.kind in STATEMENTS:
            refusal = f"a {note.kind} must stand in log/, where it counts, {note.file}"
            note = replace(note, kind=None, event_id=None, text="", marking=None, parties=(), refusal=refusal)  # noqa: PLW2901
        found.append(note)
    return tuple(found)


def _counted(
    exchange: ExchangeRecord, before: ExchangeRecord | None, register: Register, config: Config
) -> ExchangeRecord:
    """With what the register tells of it, counted on from the cycle before where the dossier is the same."""
    same = before is not None and before.sha256 == exchange.sha256 and before.register_number is not None
    handed = {_handed_key(one): one for one in before.handed} if before and same else {}
    came = {_received_key(one): one for one in before.received} if before and same else {}
    after = before.register_number or 0 if before and same else 0
    try:
        head = register.head()
        entries = list(register.entries(after=after))
    except ArchiveError:
        return exchange  # whoever adds to it next says what is wrong with it
    for entry in reversed(entries):
        if not _within(entry, exchange):
            continue
        if entry.kind == "released" and _goes_to(entry, exchange, config):
            one = _handed(entry)
            handed[_handed_key(one)] = _more(handed.get(_handed_key(one)), one)
        if entry.kind == "received" and _comes_from(entry.party, exchange, config):
            file = _received(entry)
            came[_received_key(file)] = _more(came.get(_received_key(file)), file)
    return replace(
        exchange,
        handed=tuple(handed.values()),
        received=tuple(came.values()),
        register_number=head["number"] if head else 0,
    )


def _within(entry: Entry, exchange: ExchangeRecord) -> bool:
    """Whether a line belongs to the time of the exchange, by the clock of its run or by its data.

    What went out between the certification and the opening belongs to it too: it came too early.
    """
    certified = exchange.certification.filed if exchange.certification else None
    starts = [at for at in (exchange.opened, certified) if at is not None]
    if not starts:
        return False
    times = [Epoch.parse(entry.at_utc), *([CycleId(entry.cycle_id).cutoff] if entry.cycle_id else [])]
    stop = exchange.closed + DAY_S if exchange.closed else None  # the day on which it was closed is its last
    return any(min(starts) <= at and (stop is None or at < stop) for at in times)


def _others(exchange: ExchangeRecord, config: Config) -> list[str]:
    """The parties of an exchange but ourselves."""
    ours = config.exchange.ours or tuple(filter(None, (config.site.publisher,)))
    return [party for party in exchange.parties if not config.known_parties.belongs(party, ours)]


def _goes_to(entry: Entry, exchange: ExchangeRecord, config: Config) -> bool:
    known, others = config.known_parties, _others(exchange, config)
    return any(known.belongs(party, others) for party in entry.parties)


def _comes_from(party: str, exchange: ExchangeRecord, config: Config) -> bool:
    return config.known_parties.belongs(party, _others(exchange, config))


def _handed(entry: Entry) -> HandedRecord:
    at = Epoch.parse(entry.at_utc)
    form: Literal["site", "package"] = "site" if entry.file is None else "package"
    return HandedRecord(
        edition=entry.edition or "", audience=entry.party, parties=entry.parties, form=form, count=1, first_run=at,
        last_run=at, sha256=entry.sha256,
    )  # fmt: skip


def _received(entry: Entry) -> ReceivedRecord:
    at, level = Epoch.parse(entry.at_utc), Tlp(entry.level) if entry.level else None
    marking = MarkingRecord(originator=entry.party, level=level, words=None, release=entry.release)
    return ReceivedRecord(
        originator=entry.party, object_id=entry.object_id, marking=marking, count=1, first_run=at, last_run=at,
        file=entry.file, sha256=entry.sha256,
    )  # fmt: skip


def _handed_key(one: HandedRecord) -> tuple[object, ...]:
    return one.edition, one.form, one.parties


def _received_key(one: ReceivedRecord) -> tuple[object, ...]:
    return one.originator, one.object_id, one.marking


def _more(before: Counted | None, one: Counted) -> Counted:
    """What was counted before, and one more, which is the newest."""
    return one if before is None else replace(one, count=before.count + 1, first_run=before.first_run)


def demanded(config: Config, parties: Iterable[str]) -> tuple[str, ...]:
    """The parties among these to whom nothing is released outside an open exchange."""
    return tuple(sorted(party for party in parties if config.needs_exchange(party)))
