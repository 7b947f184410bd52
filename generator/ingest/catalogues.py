"""Catalogues: files of many element sets, of which the newest of each object is used."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nearpass.config import Config, EphemerisSource, ScreenedObject, resolve
from nearpass.config.declarations import CatalogueTable
from nearpass.config.editions import marking_record
from nearpass.errors import InputError, NearpassError, understood
from nearpass.ingest.attribution import attributed_entry
from nearpass.ingest.delivery import Ingested, Setting, check_inside, marking_of, shown_path
from nearpass.ingest.elements import Candidate, from_elements
from nearpass.ingest.ledger import Ledger, read_ledger
from nearpass.messages.compression import decompressed
from nearpass.messages.elements import ElementFile, read_elements
from nearpass.record.record import InputRecord

MINUTE_S: Final = 60.0
CATALOGUE: Final = "catalogue"
"""Stands for an object where an input is of no single one."""
FAULTS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listed:
    """The set in use of one catalogued object, and the table that it came by."""

    table: CatalogueTable
    candidate: Candidate

    @property
    def id(self) -> str:
        """The catalogue number, of five digits at least: a short one would be found in any text that is searched."""
        return f"{self.candidate.item.number:05d}"

    @property
    def name(self) -> str:
        """The object's name; its catalogue number where the file gives none."""
        return self.candidate.item.name or self.id

    def as_object(self, operator: str | None) -> ScreenedObject:
        """The object as a table ``[[object]]`` of the configuration would declare it."""
        table, number = self.table, self.candidate.item.number
        source = source_of_table(table, number)
        return ScreenedObject(
            id=self.id,
            name=self.name,
            operator=operator,
            hbr_m=table.hbr_m,
            marking=table.marking,
            release=table.release,
            ephemeris=(source,),
        )

    def ingested(self, item: ScreenedObject, setting: Setting) -> Ingested:
        """The object's trajectory over the window.

        Raises:
            InputError: if SGP4 gives no state at the start of the window.
        """
        return from_elements(item, item.ephemeris[0], self.candidate, setting)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalogued:
    """All catalogues of a configuration: sets in use in order of number, files, and what was wrong with other sets."""

    listed: tuple[Listed, ...]
    inputs: tuple[InputRecord, ...]
    files: dict[str, bytes]
    faults: tuple[str, ...]
    fault_count: int


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What has been read so far; ``newest`` is the set in use of each object by its number."""

    newest: dict[int, Listed] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read_catalogues(config: Config, setting: Setting) -> Catalogued:
    """Every catalogue, without the objects that the configuration has by themselves."""
    reading, own = _Reading(), _own_numbers(config.objects)
    ledger = read_ledger(setting.directory)
    inputs: list[InputRecord] = []
    for table in config.catalogues:
        read = _read_table(table, _paths(table, setting, ledger), setting, own, reading)
        inputs += [attributed_entry(entry, [(table.source, table.path)], ledger) for entry in read]
    return Catalogued(
        listed=tuple(reading.newest[number] for number in sorted(reading.newest)),
        inputs=tuple(inputs),
        files=reading.files,
        faults=tuple(reading.faults[:FAULTS_SHOWN]),
        fault_count=len(reading.faults),
    )


def _read_table(
    table: CatalogueTable, paths: Sequence[Path], setting: Setting, own: Collection[int], reading: _Reading
) -> Iterator[InputRecord]:
    """Add what the files of one catalogue hold to what was read; the record of each."""
    if not paths:
        error = InputError("no readable file matches the path", value=table.path)
        yield _input(setting, table, table.path, None, None, 0, str(error))
    for path in paths:
        shown = shown_path(path, setting.directory)
        data: bytes | None = None
        try:
            check_inside(path, setting)
            data = path.read_bytes()
            file = read_elements(decompressed(data, shown), shown)
        except Exception as error:  # noqa: BLE001  # whatever a file does to us, the others are read
            yield _input(setting, table, shown, data, None, 0, str(understood(error).at(file=shown)))
            continue
        reading.faults += [str(each.error) for each in file.faults]
        found = [
            Listed(table=table, candidate=Candidate(shown=shown, data=data, notation=file.notation, item=each))
            for each in file.sets
            if each.number not in own and each.number not in table.without and setting.knows(each.made)
        ]
        admitted, conflicts = _by_marking(found, setting)
        reading.faults += [str(error) for error in conflicts]
        if conflicts and not admitted:
            yield _input(setting, table, shown, data, file, 0, str(conflicts[0]))
            continue
        reading.files[hashlib.sha256(data).hexdigest()] = data
        yield _input(setting, table, shown, data, file, _take(reading.newest, admitted), None)


def _by_marking(found: Sequence[Listed], setting: Setting) -> tuple[list[Listed], list[NearpassError]]:
    """The sets whose own classification agrees with the table's marking, and what is wrong with the others."""
    admitted: list[Listed] = []
    conflicts: list[NearpassError] = []
    refusals: dict[str | None, NearpassError | None] = {}
    for listed in found:
        item = listed.candidate.item
        if item.classification not in refusals:
            refusals[item.classification] = _conflict(listed, setting)
        error = refusals[item.classification]
        if error is None:
            admitted.append(listed)
        else:
            conflicts.append(error.at(file=listed.candidate.shown, line=item.line, object_id=listed.id))
    return admitted, conflicts


def _conflict(listed: Listed, setting: Setting) -> NearpassError | None:
    item = listed.as_object(None)
    try:
        marking_of(item, item.ephemeris[0], setting, listed.candidate.item.classification)
    except NearpassError as error:
        return error
    return None


def _paths(table: CatalogueTable, setting: Setting, ledger: Ledger) -> list[Path]:
    """Files of a catalogue in order of name; of those that were retrieved, the last before the data cut-off alone."""
    paths = resolve(setting.directory, table.path)
    if table.source is None:
        return paths
    arrived = {entry.file: entry.at for entry in ledger.files}
    latest = setting.cutoff + MINUTE_S  # a cut-off has whole minutes, and a run may follow what it retrieved at once
    known = [path for path in paths if arrived.get(shown_path(path, setting.directory), setting.cutoff) < latest]
    return known[-1:]


def _own_numbers(objects: Collection[ScreenedObject]) -> set[int]:
    """Catalogue numbers of the objects that the configuration has by themselves: they must not meet their own twins."""
    own = {item.catalogue_number for item in objects if item.catalogue_number is not None}
    own |= {source.target or 0 for item in objects if item.hbr_m is not None for source in item.ephemeris}
    return {number for number in own if number > 0}


def _take(newest: dict[int, Listed], found: Collection[Listed]) -> int:
    """Keep the newest set of each object; how many of these are now in use."""
    for each in found:
        item = each.candidate.item
        held = newest.get(item.number)
        if held is None or held.candidate.item.epoch < item.epoch:
            newest[item.number] = each
    return sum(newest[each.candidate.item.number] is each for each in found)


def source_of_table(table: CatalogueTable, number: int | None) -> EphemerisSource:
    """A catalogue's table as the source of one of its objects, or of all."""
    return EphemerisSource(
        path=table.path, originator=table.originator, target=number, marking=table.marking, release=table.release
    )


def _input(
    setting: Setting,
    table: CatalogueTable,
    shown: str,
    data: bytes | None,
    file: ElementFile | None,
    count: int,
    refusal: str | None,
) -> InputRecord:
    """The record of a file; ``node_count`` is the number of its sets in use."""
    return InputRecord(
        object_id=CATALOGUE,
        file=shown,
        sha256=hashlib.sha256(data).hexdigest() if data is not None else None,
        size_bytes=len(data) if data is not None else None,
        originator=table.originator,
        format=file.notation if file else None,
        creation=None,
        age_s=None,
        center="EARTH" if file else None,
        axes="TEME" if file else None,
        time_system="UTC" if file else None,
        interpolation="SGP4" if file else None,
        node_count=count,
        covariance_count=None,
        spans=(),
        findings=(),
        refusal=refusal,
        marking=marking_record(table.marking, table.release, table.originator, setting.mapped_words),
        retrieval=None,
    )
