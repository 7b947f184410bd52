"""Rules of alert levels: which pairs each is for, its conditions, and for which of many approaches it holds.

A rule holds where all its conditions are met, and a level is reached where one of its rules holds. A figure that is not
known (NaN) cannot make an approach less severe: its condition counts as met. Only a rule without any distance, which
rests on a probability alone, needs that figure, or a bound of it: else it would hold for every approach there is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.fields import Vector
from nearpass.reasons.levels import Level

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

PairClass = Literal["spacecraft", "moon", "silent", "joined"]
"""What a pair is, the first that fits of: joined (they fly together for a part of the window), silent (the position of
one along its orbit is unknown), moon (one is a natural body), spacecraft."""
SEVERITY: Final = {Level.RED: 2, Level.YELLOW: 1, Level.GREEN: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Two objects by their ids, and of which class the pair is."""

    primary: str
    secondary: str
    kind: PairClass

    @property
    def ids(self) -> frozenset[str]:
        """Both ids, in no order."""
        return frozenset((self.primary, self.secondary))


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """When a level holds: where all conditions do; None is a condition that is not used.

    ``name`` is that of the configuration, None for a threshold of ``[alert.red]`` or ``[alert.yellow]``. It is for
    pairs of these ``classes`` and for these ``pairs``, empty for all, but for none of ``except_pairs``.

    Of approaches: ``cad_km`` distance below it, to the surface for natural bodies; ``box_rtn_km`` the miss in R, T and
    N below each of these; ``rtn_sigmas`` along none of the three more than so many sigmas; ``b_plane_sigmas`` at most
    so many sigmas from a hit in the B-plane; ``pc`` probability of collision, or its bound, of at least this. Of
    crossings: ``oxd_km`` orbit-crossing distance below it, with the passages at most ``oxt_s``, and ``oxt_sigmas`` of
    their combined uncertainty, apart. Of both: ``tca_within_h`` at most so many hours from the data cut-off.
    """

    level: Level
    name: str | None = None
    classes: tuple[PairClass, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    except_pairs: tuple[tuple[str, str], ...] = ()
    cad_km: float | None = None
    box_rtn_km: Vector | None = None
    rtn_sigmas: float | None = None
    b_plane_sigmas: float | None = None
    pc: float | None = None
    oxd_km: float | None = None
    oxt_s: float | None = None
    oxt_sigmas: float | None = None
    tca_within_h: float | None = None

    @property
    def of_crossings(self) -> bool:
        """Whether it judges crossings of orbits, and not approaches."""
        return self.oxd_km is not None

    @property
    def reach_km(self) -> float | None:
        """Beyond this distance it never holds; None where no distance is among its conditions."""
        corner_km = None if self.box_rtn_km is None else math.hypot(*self.box_rtn_km)
        return min((km for km in (self.cad_km, corner_km) if km is not None), default=None)

    def applies(self, pair: Pairing) -> bool:
        """Whether the rule is for a pair."""
        if self.classes and pair.kind not in self.classes:
            return False
        if self.pairs and all(pair.ids != frozenset(named) for named in self.pairs):
            return False
        return all(pair.ids != frozenset(named) for named in self.except_pairs)


def thresholds(
    level: Level,
    *,
    cad_km: float | None = None,
    pc: float | None = None,
    oxd_km: float | None = None,
    oxt_sigmas: float | None = None,
) -> tuple[AlertRule, ...]:
    """Thresholds of which any one is enough for a level: a rule each, without a name and for every pair."""
    found = (
        AlertRule(level=level, cad_km=cad_km) if cad_km is not None else None,
        AlertRule(level=level, pc=pc) if pc is not None else None,
        AlertRule(level=level, oxd_km=oxd_km, oxt_sigmas=oxt_sigmas) if oxd_km is not None else None,
    )
    return tuple(rule for rule in found if rule is not None)


def reach_km(rules: Sequence[AlertRule]) -> float:
    """Beyond this distance no rule holds but one on a probability alone; 0 where there is none with a distance."""
    return max((rule.reach_km for rule in rules if rule.reach_km is not None), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figures:
    """What rules ask of N approaches; NaN is what is not known.

    ``distance_km`` ``(N,)`` is from the surface of a natural body; ``beyond_rtn_km`` ``(N, 3)`` the miss in the
    primary's R, T and N without its signs, less the radius of a natural body; ``rtn_sigmas`` ``(N, 3)`` the same in
    combined sigmas; ``b_plane_sigmas``, ``pc``, ``bound`` (of Pc) and ``to_tca_h`` ``(N,)``.
    """

    distance_km: FloatArray
    beyond_rtn_km: FloatArray
    rtn_sigmas: FloatArray
    b_plane_sigmas: FloatArray
    pc: FloatArray
    bound: FloatArray
    to_tca_h: FloatArray

    @classmethod
    def by_distance(cls, distance_km: FloatArray, to_tca_h: FloatArray) -> Figures:
        """Of approaches of which nothing else is known."""
        none, three = np.full(len(distance_km), np.nan), np.full((len(distance_km), 3), np.nan)
        return cls(
            distance_km=distance_km, beyond_rtn_km=three, rtn_sigmas=three, b_plane_sigmas=none, pc=none, bound=none,
            to_tca_h=to_tca_h,
        )  # fmt: skip

    @property
    def pc_or_bound(self) -> FloatArray:
        """The probability; where there is none its bound: what is not known cannot make an approach safe."""
        return np.where(np.isnan(self.pc), self.bound, self.pc)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Met:
    """One condition of a rule over N approaches: the field of the rule, its figure, its limit, and where it is met.

    ``value`` ``(N,)`` is NaN where the figure is not known. Of a box it is the largest share of the three sides, of
    which 1 is the limit; of sigmas in R, T and N the most of the three.
    """

    key: str
    value: FloatArray
    limit: float
    met: BoolArray

    @property
    def known(self) -> BoolArray:
        """Where the figure of the condition is known."""
        return ~np.isnan(self.value)

    @property
    def share(self) -> FloatArray:
        """How much of its limit the figure is: beyond 1 it is not met. NaN where it is not known."""
        with np.errstate(divide="ignore"):
            return self.limit / self.value if self.key == "pc" else self.value / self.limit


def conditions(rule: AlertRule, of: Figures) -> list[Met]:
    """Each condition of a rule on approaches."""
    found = []
    if rule.cad_km is not None:
        found.append(Met(key="cad_km", value=of.distance_km, limit=rule.cad_km, met=of.distance_km < rule.cad_km))
    if rule.box_rtn_km is not None:
        box_km = np.array(rule.box_rtn_km)
        blind, corner_km = np.isnan(of.beyond_rtn_km).any(axis=1), float(np.linalg.norm(box_km))
        share = np.where(blind, of.distance_km / corner_km, (of.beyond_rtn_km / box_km).max(axis=1))
        inside = np.where(blind, of.distance_km < corner_km, (of.beyond_rtn_km < box_km).all(axis=1))
        found.append(Met(key="box_rtn_km", value=share, limit=1.0, met=inside))
    most = (
        ("rtn_sigmas", of.rtn_sigmas.max(axis=1), rule.rtn_sigmas),
        ("b_plane_sigmas", of.b_plane_sigmas, rule.b_plane_sigmas),
        ("tca_within_h", of.to_tca_h, rule.tca_within_h),
    )
    found += [
        Met(key=key, value=value, limit=limit, met=value <= limit) for key, value, limit in most if limit is not None
    ]
    if rule.pc is not None:
        found.append(Met(key="pc", value=of.pc_or_bound, limit=rule.pc, met=of.pc_or_bound >= rule.pc))
    return found


def holds(rule: AlertRule, found: Sequence[Met]) -> BoolArray:
    """Where a rule on approaches holds, ``(N,)``, by its conditions."""
    counts = rule.reach_km is not None
    return np.asarray(np.all([one.met | (~one.known & counts) for one in found], axis=0))


def severities(of: Figures, rules: Sequence[AlertRule], pairs: Sequence[Pairing]) -> NDArray[np.int64]:
    """The level of each of N approaches as a number of :data:`SEVERITY`.

    Args:
        of: Their figures.
        rules: All rules; those on crossings judge none of them.
        pairs: Whose approach each is.
    """
    worst = np.zeros(len(of.distance_km), dtype=np.int64)
    for rule in rules:
        if rule.of_crossings:
            continue
        held = holds(rule, conditions(rule, of))
        if rule.classes or rule.pairs or rule.except_pairs:
            held &= np.fromiter((rule.applies(pair) for pair in pairs), dtype=bool, count=len(pairs))
        worst = np.maximum(worst, np.where(held, SEVERITY[rule.level], 0))
    return worst
