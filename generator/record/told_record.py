"""What an edition tells of an approach of an object that it may not show in full: a few figures, and those in cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText, Span
from nearpass.encounter.alert import Level
from nearpass.record.figures import Figure
from nearpass.record.releasing import Open

ToldShown = Literal["metrics", "anonymous"]
ToldKind = Literal["new", "same", "worse", "better"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEvent:
    """A red or yellow approach as it is told: who, how severe, in which span of time, within which distances.

    An object without a name in this edition is None. The figures are those of cycle ``since``, in which the event got
    its level: they stay as they are until the level changes. ``kind`` says how the event differs from what this
    edition told of it before. ``surface_km``, between spacecraft None, and ``deadline`` follow from the cells.
    """

    event_id: Open[str]
    primary: Open[str | None]
    secondary: Open[str | None]
    level: Open[Level]
    previous_level: Open[Level | None]
    kind: Open[ToldKind]
    since: Open[str]
    tca: Open[Span]
    miss_km: Open[Figure]
    surface_km: Open[Figure | None]
    pc: Open[Figure]
    deadline: Open[EpochText | None]
    deadline_object: Open[str | None]
    shown: Open[ToldShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEnd:
    """An approach that this edition told of before and tells of no longer: its time came, or it is green or gone."""

    event_id: Open[str]
    primary: Open[str | None]
    secondary: Open[str | None]
    level: Open[Level]
    kind: Open[Literal["passed", "ended"]]
    tca: Open[Span]
    shown: Open[ToldShown]
