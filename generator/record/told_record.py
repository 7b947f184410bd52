"""What an edition tells of an approach of an object that it may not show in full: a few figures, and those in cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText, Span
from nearpass.encounter.alert import Level
from nearpass.record.figures import Figure

ToldShown = Literal["metrics", "anonymous"]
ToldKind = Literal["new", "same", "worse", "better"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEvent:
    """A red or yellow approach as it is told: who, how severe, in which span of time, within which distances.

    An object without a name in this edition is None. The figures are those of cycle ``since``, in which the event got
    its level: they stay as they are until the level changes. ``kind`` says how the event differs from what this
    edition told of it before. ``surface_km``, between spacecraft None, and ``deadline`` follow from the cells.
    """

    event_id: str
    primary: str | None
    secondary: str | None
    level: Level
    previous_level: Level | None
    kind: ToldKind
    since: str
    tca: Span
    miss_km: Figure
    surface_km: Figure | None
    pc: Figure
    deadline: EpochText | None
    deadline_object: str | None
    shown: ToldShown


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEnd:
    """An approach that this edition told of before and tells of no longer: its time came, or it is green or gone."""

    event_id: str
    primary: str | None
    secondary: str | None
    level: Level
    kind: Literal["passed", "ended"]
    tca: Span
    shown: ToldShown
