"""Screens an archived cycle again from its stored inputs and configuration, and compares every number."""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from nearpass import reasons
from nearpass.archive.archive import Archive
from nearpass.archive.sightings import ARCHIVE, note_sightings, read_sightings
from nearpass.astro.epochs import Epoch
from nearpass.config import Config, EphemerisSource, parse_config, resolve
from nearpass.cycle.pipeline import Progress, run_cycle, setting_of
from nearpass.errors import ArchiveError
from nearpass.ingest import Ingested, Setting, ingest
from nearpass.ingest.passes import written
from nearpass.reasons.general import Prose
from nearpass.record import record as records
from nearpass.record.history import OF_A_MINUTE
from nearpass.record.record import CycleRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A value that came out otherwise; ``place`` is its path in the record."""

    place: str
    archived: object
    now: object

    @property
    def is_rounding(self) -> bool:
        """Whether both are the same number but for their last digits."""
        if not (isinstance(self.archived, float) and isinstance(self.now, float)):
            return False
        return math.isclose(self.archived, self.now, rel_tol=ROUNDING, abs_tol=NEGLIGIBLE)

    def __str__(self) -> str:
        return f"{self.place}: archived {self.archived!r}, now {self.now!r}"


ROUNDING: Final = 1e-9
"""Of a value: what another processor, another release of numpy or another order of the same sums may change."""
NEGLIGIBLE: Final = 1e-100
"""Below it a probability is told apart by its exponent alone, and loses digits long before it becomes 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescreened:
    """What was compared, what differs, and which versions do.

    ``rounded`` values have other last digits: they differ by less than :data:`ROUNDING` of themselves.
    """

    values: int
    rounded: int
    differences: tuple[Difference, ...]
    versions: tuple[str, ...]


def rescreen(
    archive: Archive, cycle_id: str, workspace: Path, progress: Progress, said: Callable[[object], str]
) -> Rescreened:
    """Make a cycle's record again and compare it with the archived one, value by value.

    Args:
        archive: The archive.
        cycle_id: The cycle.
        workspace: Folder that kernels of the configuration are relative to; they are not inputs of a cycle.
        progress: Shows what is going on.
        said: How reasons are put into words: by these a record from before schema 4, which stored sentences, is
            compared with one that holds codes.

    Raises:
        ArchiveError: if the cycle or one of its inputs is not there.
    """
    archived = archive.load(cycle_id)
    previous = archive.load(archived.previous_cycle_id) if archived.previous_cycle_id else None
    text = archived.provenance.configuration or ""
    config = _here(parse_config(text, f"configuration of {cycle_id}"), workspace)
    with tempfile.TemporaryDirectory(prefix="nearpass-") as folder:
        directory = Path(folder)
        _lay_out(archive, archived, directory)
        _lay_out_passes(config, archived, directory)
        now = run_cycle(config, text, directory, archived.window.start, previous, progress, notes=archived.notes).record
    now = _called_as(now, archived)
    before, after = _plain(archived), _plain(now)
    if _holds_prose(before):
        before, after = _plain(_spoken(archived, said)), _plain(_spoken(now, said))
    found = list(_differences(before, after, ""))
    differences = tuple(one for one in found if not one.is_rounding)
    return Rescreened(
        values=sum(1 for _ in _leaves(before)),
        rounded=len(found) - len(differences),
        differences=differences,
        versions=tuple(_versions(archived, now)),
    )


def reread(archive: Archive, record: CycleRecord, workspace: Path) -> tuple[Config, Setting, list[Ingested]]:
    """A cycle's configuration, setting and trajectories again, from what the archive holds of it.

    Args:
        archive: The archive.
        record: The cycle.
        workspace: Folder that kernels of the configuration are relative to; they are not inputs of a cycle.

    Raises:
        ArchiveError: if one of its inputs is not there.
    """
    config = _here(
        parse_config(record.provenance.configuration or "", f"configuration of {record.cycle_id}"), workspace
    )
    with tempfile.TemporaryDirectory(prefix="nearpass-") as folder:
        _lay_out(archive, record, Path(folder))
        setting = replace(setting_of(config, Path(folder), record.window.start), accepted=True)
        return config, setting, ingest(config, setting, lambda _: None)


def _called_as(now: CycleRecord, archived: CycleRecord) -> CycleRecord:
    """The record as version 0.1 wrote it, if the archived one is of that: ids of a minute, changes without history."""
    if not any(change.history for change in archived.changes):
        now = replace(now, changes=tuple(replace(change, history=()) for change in now.changes))
    if [event.tca for event in now.events] != [event.tca for event in archived.events]:
        return now
    ids = [(old.event_id, new.event_id) for old, new in zip(archived.events, now.events, strict=True)]
    given = {new: old for old, new in ids if old != new and OF_A_MINUTE.search(old)}
    if not given:
        return now
    text = re.sub(rb'"(E[0-9A-Z]{4}-[0-9A-Z]{5})"', lambda found: _old(found, given), records.dump(now))
    return records.load(text, archived.cycle_id)


def _old(found: re.Match[bytes], given: Mapping[str, str]) -> bytes:
    name = found[1].decode()
    return f'"{given.get(name, name)}"'.encode()


def _lay_out(archive: Archive, record: CycleRecord, directory: Path) -> None:
    """Put the stored inputs where the record says they were, and beside them when each came here."""
    for entry in record.deliveries:
        if entry.refusal is not None or entry.sha256 is None:
            continue
        path = directory / entry.file
        data = archive.read_input(entry.sha256)
        if path.exists() and path.read_bytes() != data:
            raise ArchiveError("two inputs of one cycle must not have the same name", value=entry.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    note_sightings(directory / ARCHIVE, read_sightings(archive.directory))


def _lay_out_passes(config: Config, record: CycleRecord, directory: Path) -> None:
    """Put the contacts of each operator, which the record holds, where its configuration looks for them."""
    parties = config.known_parties
    for table in config.operators:
        if table.passes is None:
            continue
        served = (item for item in record.objects if item.operator and parties.belongs(item.operator, [table.party]))
        held = next((item.commanding.passes for item in served if item.commanding and item.commanding.passes), ())
        path = directory / table.passes
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(held), encoding="utf-8")


def _here(config: Config, workspace: Path) -> Config:
    """The configuration with sources from elsewhere looked for by their bare name, as the record shows them."""
    kernels = tuple(str(path.resolve()) for name in config.cycle.kernels for path in resolve(workspace, name))
    objects = tuple(
        item.model_copy(update={"ephemeris": tuple(_source_here(source) for source in item.ephemeris)})
        for item in config.objects
    )
    cycle = config.cycle.model_copy(update={"kernels": kernels})
    catalogues = tuple(table.model_copy(update={"path": _bare(table.path)}) for table in config.catalogues)
    return config.model_copy(update={"cycle": cycle, "objects": objects, "catalogues": catalogues})


def _source_here(source: EphemerisSource) -> EphemerisSource:
    update = {"path": _bare(source.path), "kernels": tuple(_bare(name) for name in source.kernels)}
    return source.model_copy(update=update)


def _bare(pattern: str) -> str:
    pure = PurePosixPath(pattern)
    return pure.name if pure.is_absolute() or ".." in pure.parts else pattern


def _plain(record: CycleRecord) -> dict[str, Any]:
    """What is compared: not what depends on the folder of the run, nor refused inputs, which are not kept."""
    plain = dict(json.loads(records.dump(record)))
    for table in (plain, *plain["solutions"]):
        del table["inputs"]
    for name in ("provenance", "supersedes", "notes", "unclaimed", "exchanges", "desk", "messages"):
        del plain[name]
    return plain


def _holds_prose(value: object) -> bool:
    if isinstance(value, dict):
        return value.get("rule") == "prose" or any(map(_holds_prose, value.values()))
    return isinstance(value, list) and any(map(_holds_prose, value))


def _spoken(value: Any, said: Callable[[object], str]) -> Any:
    """A record with every reason, and every tuple of reasons, as the sentence that it makes."""
    if _is_reason(value):
        return Prose(text=said(value))
    if isinstance(value, tuple):
        together = value and all(map(_is_reason, value))
        return (Prose(text=said(value)),) if together else tuple(_spoken(item, said) for item in value)
    if is_dataclass(value) and not isinstance(value, type | Epoch):
        return replace(value, **{entry.name: _spoken(getattr(value, entry.name), said) for entry in fields(value)})
    return value


def _is_reason(value: object) -> bool:
    return type(value).__module__.startswith(reasons.__name__) and is_dataclass(value)


def _differences(before: object, after: object, place: str) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from _differences(before.get(key), after.get(key), f"{place}.{key}".lstrip("."))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, f"{place}[{number}]")
    elif isinstance(before, list) and isinstance(after, list):
        yield Difference(place=f"length of {place}", archived=len(before), now=len(after))
    elif before != after:
        yield Difference(place=place, archived=before, now=after)


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value


def _versions(archived: CycleRecord, now: CycleRecord) -> Iterator[str]:
    """Versions that differ, which may explain a difference in the last digits."""
    here = dict(now.provenance.packages) | {"nearpass": now.provenance.version}
    for name, version in (*archived.provenance.packages, ("nearpass", archived.provenance.version)):
        if here.get(name) != version:
            yield f"{name} {version} then, {here.get(name, 'none')} now"
