"""Deliveries that are mean elements: of all sets of an object, the newest that was known at the cut-off."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nearpass.config import EphemerisSource, ScreenedObject
from nearpass.ephemeris.elements_motion import trajectory_from_elements
from nearpass.ephemeris.lint import Finding, lint_elements
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import InputError, NearpassError, understood
from nearpass.ingest.delivery import (
    Ingested,
    Setting,
    covariance_marking_of,
    declared_center,
    graded,
    marking_of,
    none_by_cutoff,
    period_s_of,
    plane_findings,
    refused_input,
    shown_path,
)
from nearpass.ingest.proof import check_usable
from nearpass.messages.compression import START_BYTES as PACKED_BYTES
from nearpass.messages.compression import decompressed, decompressed_start
from nearpass.messages.elements import START_BYTES, ElementFault, ElementSet, elements_notation, read_elements
from nearpass.record.record import InputRecord, Span

EARTH: Final = 399


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A set that may be used, with the file that it stands in."""

    shown: str
    data: bytes
    notation: str
    item: ElementSet


def holds_elements(path: Path) -> bool:
    """Whether a file is mean elements by its content; one that cannot be read is not."""
    try:
        with path.open("rb") as file:
            start = decompressed_start(file.read(PACKED_BYTES), path.name, START_BYTES)
    except (OSError, NearpassError):
        return False
    return elements_notation(start) is not None


def read_element_files(
    item: ScreenedObject, source: EphemerisSource, paths: Sequence[Path], setting: Setting
) -> Iterator[Ingested | InputRecord]:
    """Sets from the newest to the oldest, over all files: refused ones until one can be used."""
    candidates: list[Candidate] = []
    for path in paths:
        shown = shown_path(path, setting.directory)
        data: bytes | None = None
        try:
            data = path.read_bytes()
            found, faults = _sets_of(source, data, shown)
        except Exception as error:  # noqa: BLE001  # whatever a file does to us, the others are read
            yield refused_input(
                item, source, shown, understood(error).at(file=shown, object_id=item.id), setting, data=data
            )
        else:
            candidates += found
            for broken in faults:
                yield refused_input(item, source, shown, broken.error.at(object_id=item.id), setting, data=data)
    known = [each for each in candidates if setting.knows(each.item.made)]
    if candidates and not known and setting.before is None:
        yield none_by_cutoff(item, source, setting)
    for each in sorted(known, key=lambda each: (each.item.epoch, each.shown), reverse=True):
        try:
            yield from_elements(item, source, each, setting)
        except Exception as error:  # noqa: BLE001  # whatever a set does to us, the next older one is tried
            fault_at = understood(error).at(file=each.shown, line=each.item.line, object_id=item.id)
            yield refused_input(item, source, each.shown, fault_at, setting, each.item.made, each.data)
        else:
            return


def _sets_of(source: EphemerisSource, data: bytes, shown: str) -> tuple[list[Candidate], list[ElementFault]]:
    """The sets of the object in a file, and what is wrong with others of it.

    Raises:
        InputError: if there is none of either, or the file holds several objects and none is named.

    """
    wanted = None if source.target is None else {source.target}
    file = read_elements(decompressed(data, shown), shown, wanted=wanted)
    numbers = {each.number for each in file.sets}
    if source.target is None and len(numbers) > 1:
        rule = "the source needs target, the catalogue number, since its file holds several objects"
        raise InputError(rule, value=len(numbers))
    faults = [each for each in file.faults if wanted is None or each.number in wanted]
    if not file.sets and not faults:
        nameless = next((each.error for each in file.faults if each.number is None), None)
        raise nameless or InputError("the file must hold the object with this catalogue number", value=source.target)
    found = [Candidate(shown=shown, data=data, notation=file.notation, item=each) for each in file.sets]
    return found, faults


def from_elements(item: ScreenedObject, source: EphemerisSource, found: Candidate, setting: Setting) -> Ingested:
    """The trajectory of one set over the window.

    Raises:
        InputError: about another body than the Earth, or if SGP4 gives no state at the start of the window.

    """
    declared = declared_center(source)
    if setting.body.naif_id != EARTH or declared not in {None, EARTH}:
        around = setting.body.name if declared in {None, EARTH} else str(source.center)
        raise InputError("mean elements for SGP4 can be used about the Earth only", value=around)
    trajectory = trajectory_from_elements(found.item, epoch=setting.cutoff, window_s=(0.0, setting.span_s))
    check_usable(trajectory, setting)
    findings = lint_elements(
        found.item,
        trajectory,
        body=setting.body,
        cutoff=setting.cutoff,
        window_s=setting.span_s,
        period_s=period_s_of(trajectory, setting.body),
    )
    findings = (*findings, *plane_findings(item, trajectory, setting.body))
    sha256 = hashlib.sha256(found.data).hexdigest()
    return Ingested(
        object_id=item.id,
        trajectory=trajectory,
        inputs=(_record(item, source, found, setting, sha256, trajectory, findings),),
        files={sha256: found.data},
    )


def _record(
    item: ScreenedObject,
    source: EphemerisSource,
    found: Candidate,
    setting: Setting,
    sha256: str,
    trajectory: Trajectory,
    findings: Sequence[Finding],
) -> InputRecord:
    """The record of a set in use; its age counts from the elements' epoch, whenever they were written down."""
    spans = tuple(Span(start=setting.cutoff + start, stop=setting.cutoff + stop) for start, stop in trajectory.spans_s)
    return InputRecord(
        object_id=item.id,
        file=found.shown,
        sha256=sha256,
        size_bytes=len(found.data),
        originator=found.item.originator or source.originator,
        format=found.notation,
        creation=found.item.made,
        creation_basis="file" if found.item.creation else "epoch",
        age_s=setting.cutoff - found.item.epoch,
        center="EARTH",
        axes="TEME",
        time_system="UTC",
        interpolation=f"SGP4 from {found.item.epoch.iso(digits=3)} UTC",
        node_count=None,
        covariance_count=None,
        spans=spans,
        findings=graded(findings),
        refusal=None,
        retrieval=None,
        marking=marking_of(item, source, setting, found.item.classification),
        covariance_marking=covariance_marking_of(source, setting),
        classification=found.item.classification,
        object_in_file=str(found.item.number),
    )
