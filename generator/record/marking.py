"""Markings of what agencies deliver, and the editions of a cycle that different readers get.

Levels are those of the Traffic Light Protocol, TLP 2.0 (FIRST, 2022). An agency's own words, such as ``SBU``, are
mapped to a level by the configuration. Words that no rule maps have no level, and what has no level is withheld.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from nearpass.record.cycle_id import CycleId
from nearpass.record.figures import MISS_CELLS_KM, TIME_CELLS_S, ten_times
from nearpass.record.parties import NO_TABLE, Parties
from nearpass.record.releasing import Open


class Tlp(StrEnum):
    """Who may read, from everybody to the named recipients alone."""

    CLEAR = "TLP:CLEAR"
    GREEN = "TLP:GREEN"
    AMBER = "TLP:AMBER"
    AMBER_STRICT = "TLP:AMBER+STRICT"
    RED = "TLP:RED"


STRICTNESS: Final[Mapping[Tlp, int]] = MappingProxyType({level: place for place, level in enumerate(Tlp)})
TLP_WORDS: Final[Mapping[str, Tlp]] = MappingProxyType(
    {level.value: level for level in Tlp}
    | {level.value.removeprefix("TLP:"): level for level in Tlp}
    | {"WHITE": Tlp.CLEAR, "TLP:WHITE": Tlp.CLEAR}  # its name in TLP 1.0
)


class Show(StrEnum):
    """How much of an object an edition shows; the order is from all to nothing."""

    FULL = "full"
    METRICS = "metrics"
    ANONYMOUS = "anonymous"
    HIDDEN = "hidden"


REACH: Final[Mapping[Show, int]] = MappingProxyType({show: place for place, show in enumerate(Show)})


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingRecord:
    """Under which condition something was given: by whom, its level, its own words, and who was named as recipient.

    ``level`` is None where the words are mapped to none.
    """

    originator: Open[str]
    level: Open[Tlp | None]
    words: Open[str | None]
    release: Open[tuple[str, ...]]

    def __str__(self) -> str:
        label = self.level.value if self.level else "unknown marking"
        return f"{label} ({self.words})" if self.words else label


@dataclass(frozen=True, slots=True, kw_only=True)
class Grain:
    """The cells in which an edition tells distances and times of an object in metrics, each a rung of its ladder.

    Those of an object without a name are the first rungs that are at least ten times as coarse.
    """

    miss_km: float = 5.0
    tca_s: float = 600.0

    @property
    def nameless(self) -> Grain:
        """The cells for objects without a name."""
        return Grain(miss_km=ten_times(self.miss_km, MISS_CELLS_KM), tca_s=ten_times(self.tca_s, TIME_CELLS_S))


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRule:
    """How much of one object an edition shows, whatever its marking says, and who decided it when."""

    show: Show
    decided_by: str | None
    decided_on: str | None
    reason: str | None
    protects_km: float | None = None
    among: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """How well an object was shown to be protected when a cycle was published: see :mod:`nearpass.disclosure`.

    ``rung`` is how much coarser than its grain the editions tell of it: 0 as configured, 1 the day and no probability,
    2 no distance either, 3 nothing. ``bound_km`` is a proven one, rounded down; ``promised_km`` is what was asked for.
    Without ``cycles`` in which it was tested nothing could be proven, and nothing is told in this one cycle.
    """

    object_id: str
    promised_km: float
    among: int
    bound_km: float
    decoys: int
    cycles: int
    rung: int
    sha256: str


HIDDEN_RUNG: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One edition of each cycle: who reads it, what they may see, and how coarse the rest becomes.

    ``levels`` and ``originators`` (None: any) say which markings it may see. All its ``parties`` read it, so what a
    release list grants it may see if that names every one of them; ``known`` says which names mean or include which
    party. ``withheld`` is how it shows an object that it may not see, unless ``rules``
    says otherwise. ``everything`` is the publisher's own, unreduced. ``every_hours`` leaves out cycles whose data
    cut-off is not a multiple of that from midnight UTC: cycles made because a delivery arrived would tell when.
    ``key`` is the secret by which neutral names are drawn. ``protects_km`` and ``among`` are what is promised of every
    object that it shows in part (None: nothing), ``at_least`` among how many an object without a name must be possible;
    ``protected`` is what was proven, by cycle.
    """

    id: str
    audience: str | None = None
    everything: bool = False
    levels: frozenset[Tlp] = frozenset()
    originators: frozenset[str] | None = None
    parties: frozenset[str] = frozenset()
    known: Parties = NO_TABLE
    withheld: Show = Show.HIDDEN
    say_withheld: bool = True
    register: bool = False
    every_hours: float | None = None
    grain: Grain = Grain()
    rules: Mapping[str, ObjectRule] = field(default_factory=dict)
    key: bytes = field(default=b"", repr=False)
    protects_km: float | None = None
    among: int = 5
    at_least: int = 3
    protected: Mapping[str, tuple[Protected, ...]] = field(default_factory=dict)

    @property
    def marking(self) -> Tlp:
        """What every page of the edition carries at least: the strictest level that it sees without a release list."""
        named = {Tlp.AMBER_STRICT} if self.parties else set()
        top = {Tlp.RED} if self.everything else set()
        return max({Tlp.CLEAR, *self.levels, *named, *top}, key=STRICTNESS.__getitem__)

    def sees(self, marking: MarkingRecord | None) -> bool:
        """Whether what is marked so may stand in this edition as it is; what has no marking may not."""
        if self.everything:
            return True
        if marking is None:
            return False
        if self.parties and all(self.known.belongs(party, marking.release) for party in self.parties):
            return True
        if self.originators is not None and not self.known.belongs(marking.originator, self.originators):
            return False
        return marking.level is not None and marking.level in self.levels

    def promise(self, object_id: str) -> tuple[float, int] | None:
        """What is promised of an object that is shown in part: how far orbits are apart, in km, and how many."""
        rule = self.rules.get(object_id)
        protects_km = (rule.protects_km if rule else None) or self.protects_km
        return None if protects_km is None else (protects_km, (rule.among if rule else None) or self.among)

    @property
    def promises(self) -> bool:
        """Whether anything is promised of an object that is shown in part."""
        return self.protects_km is not None or any(rule.protects_km is not None for rule in self.rules.values())

    def rung(self, cycle_id: str, object_id: str) -> int:
        """How much coarser than configured an object is told in a cycle: as coarsely as in any up to it.

        What could not be proven in an earlier cycle was not told there, and makes nothing coarser.
        """
        found = (
            one.rung
            for cycle, several in self.protected.items()
            if cycle <= cycle_id
            for one in several
            if one.object_id == object_id and (one.cycles or cycle == cycle_id)
        )
        return max(found, default=0)

    def publishes(self, cycle_id: str) -> bool:
        """Whether this edition has the cycle with this data cut-off."""
        if self.every_hours is None:
            return True
        return CycleId(cycle_id).minute_of_day % round(self.every_hours * 60.0) == 0


def level_of(words: str, mapped: Mapping[str, Tlp]) -> Tlp | None:
    """The level that words of a marking mean: a TLP level itself, or as the publisher maps them; None if unknown."""
    plain = " ".join(words.split()).strip("'\"")
    return TLP_WORDS.get(plain.upper()) or mapped.get(plain.casefold())
