"""How old the deliveries are that a cycle rests on, and where nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from nearpass.record.record import CycleRecord, InputRecord
from nearpass.report import wording
from nearpass.report.silence import phase_unknown
from nearpass.report.views import Cell, time_cell

SHORT: Final = MappingProxyType({
    "epoch": "epoch", "configuration": "declared", "comments": "comments", "first seen": "first seen here",
})  # fmt: skip
"""Who says when a delivery was made, in a table."""


def flown(record: CycleRecord) -> frozenset[str]:
    """Objects whose ephemeris somebody must keep current: no moons, and none whose place on its orbit is lost."""
    return frozenset(item.id for item in record.objects if item.kind == "spacecraft" and not phase_unknown(item))


def in_use(record: CycleRecord) -> tuple[InputRecord, ...]:
    """The delivery in use of each object that is flown, without what it needs besides."""
    wanted = flown(record)
    found: dict[str, InputRecord] = {}
    for entry in record.inputs:
        if entry.refusal is None and entry.object_id in wanted:
            found.setdefault(entry.object_id, entry)
    return tuple(found.values())


def created_cell(entry: InputRecord) -> Cell:
    """When a delivery was made, with who says so where that is not the file itself."""
    cell = time_cell(entry.creation)
    who = SHORT.get(entry.creation_basis or "")
    return replace(cell, text=f"{cell.text} ({who})") if who and entry.creation is not None else cell


def oldest(record: CycleRecord) -> InputRecord | None:
    """The oldest of these deliveries; None where no age is known."""
    return max(
        (entry for entry in in_use(record) if entry.age_s is not None), key=lambda e: e.age_s or 0.0, default=None
    )


def growth_unknown(object_id: str, record: CycleRecord) -> bool:
    """Whether an object's declared errors grow with an age that nobody knows, so that none are given."""
    item = next((item for item in record.objects if item.id == object_id), None)
    entry = next((e for e in record.inputs if e.object_id == object_id and e.refusal is None), None)
    if item is None or entry is None or item.declared is None or entry.age_s is not None:
        return False
    return item.declared.timing_growth_s_per_day > 0.0


def lines(record: CycleRecord) -> tuple[str, ...]:
    """Sentences about deliveries without an age."""
    ageless: Sequence[str] = [entry.object_id for entry in in_use(record) if entry.age_s is None]
    growing = [key for key in ageless if growth_unknown(key, record)]
    told = [f"No age is known of the ephemeris of {wording.listing(ageless)}."] if ageless else []
    if growing:
        told.append(f"Growth unknown: no age, so no uncertainty is given for {wording.listing(growing)}.")
    return tuple(told)
