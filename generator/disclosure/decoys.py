"""Decoys: orbits beside an object's own that would have given the same editions, and how far apart they keep it.

A decoy is proposed so that it passes where a told approach was told: through another instant of its cell of time, at
another distance of its cell, with the velocity turned; of several told approaches the others are met by Gauss-Newton
steps. It counts only if its approaches, found by a search that is held against the proven screening and is no proof
itself, give by the product's own assessment and reduction what the editions tell, in every cycle.
The decoys' states tell together with the editions more than these alone: they stay private.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch
from nearpass.astro.local_axes import tnw_axes
from nearpass.cycle.approach import encounter_at
from nearpass.disclosure.displacement import Displacement, displaced, displacement, frame_of
from nearpass.disclosure.editions import Cycle, Near, Told, nears, told_of_each
from nearpass.disclosure.meetings import Meeting, States
from nearpass.encounter.uncertainty import rotated, state_at
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.trajectory import Arc, CovarianceTable, Trajectory
from nearpass.errors import InputError
from nearpass.record.marking import Edition, Show
from nearpass.record.record import ToldEvent
from nearpass.release.reduction import show_of

FloatArray = NDArray[np.float64]
BATCH: Final = 12
MOST_BATCHES: Final = 8
SPARE: Final = 7
"""More decoys than must be possible: at each instant others of them are farthest apart."""
NODES_A_REVOLUTION: Final = 150
"""At the pace of a circular orbit through each point: of an eccentric orbit there are more."""
DENSE_S: Final = 60.0
LONGEST_STEP_S: Final = 600.0
BOUND_STEP_S: Final = 60.0
COVARIANCE_STEP_S: Final = 120.0
TURN_RAD: Final = 0.06
_REFINED: Final = 2
_TRIES: Final = 6  # Gauss-Newton steps
_ATTEMPTS: Final = 30  # at one proposal: most velocities leave no place at which the probability would be told so
NO_OTHERS: Final[Mapping[str, Sequence[Edition]]] = MappingProxyType({})
_FREE: Final = 3  # approaches, two conditions each, that leave an orbit free to differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """How well an object's orbit is protected by what has been published and what is about to be.

    At every instant of the newest window at least ``among`` orbits that would have given the same editions are more
    than ``bound_km`` from what any one guess comes nearest to, so that the guess is within that of one at most.
    ``least_at`` is the instant of the least; ``decoys`` is how many there are beside the true orbit, ``cycles`` in how
    many they were tested, ``figures`` how many approaches are told, ``sha256`` that of the decoys.
    """

    object_id: str
    bound_km: float
    among: int
    least_at: Epoch | None
    decoys: int
    cycles: int
    figures: int
    sha256: str


def certify(
    cycles: Sequence[Cycle],
    object_id: str,
    editions: Sequence[Edition],
    *,
    among: int,
    enough_km: float = np.inf,
    earlier: Mapping[str, Sequence[Edition]] = NO_OTHERS,
) -> Certificate:
    """Find decoys of an object, and how far apart they are.

    Args:
        cycles: Every cycle published so far and the one to be published, the oldest first.
        object_id: The object, in none of the editions in full.
        editions: Those that tell of it; one reader may hold all of them.
        among: How many orbits must be possible at every instant.
        enough_km: The search ends at a bound of this.
        earlier: By cycle, further editions that told of it: the same ones as they were then.

    Raises:
        InputError: if the newest cycle has no orbit of the object, or one that is not closed; or if one of the editions
            had it in full.
    """
    search = _Search(cycles, object_id, editions, earlier)
    kept: list[Displacement] = []
    bound_km, least_s = 0.0, 0.0
    for more in search.batches():
        kept += more
        bound_km, least_s = _apart_km(search.paths(kept), among, search.grid_s, search.body_pull(kept))
        if bound_km >= enough_km or (np.isinf(enough_km) and len(kept) >= among + SPARE):
            break
    text = repr([(one.at_s, one.elements.tolist()) for one in kept]).encode()
    start = cycles[-1].record.window.start
    return Certificate(
        object_id=object_id, bound_km=float(np.floor(bound_km)), among=among,
        least_at=start + least_s if kept else None, decoys=len(kept), cycles=len(cycles), figures=search.figures,
        sha256=hashlib.sha256(text).hexdigest(),
    )  # fmt: skip


class _Search:
    """One search for decoys; offsets of displacements count from the newest cut-off."""

    def __init__(
        self,
        cycles: Sequence[Cycle],
        object_id: str,
        editions: Sequence[Edition],
        earlier: Mapping[str, Sequence[Edition]] = NO_OTHERS,
    ) -> None:
        self._cycles, self._object_id = cycles, object_id
        self._editions = [(*editions, *earlier.get(cycle.record.cycle_id, ())) for cycle in cycles]
        newest = cycles[-1].record.window.start
        self._ahead_s = [newest - cycle.record.window.start for cycle in cycles]
        told = [_told_in(cycle, object_id, its) for cycle, its in zip(cycles, self._editions, strict=True)]
        own = [
            cycle.trajectories.get(object_id) if cycle is cycles[-1] or is_told else None
            for cycle, is_told in zip(cycles, told, strict=True)
        ]
        if own[-1] is None:
            raise InputError("an object that is to be protected must have an orbit", object_id=object_id)
        self._own = own
        self._covariances: dict[tuple[int, str, int], tuple[FloatArray, FloatArray] | None] = {}
        # Where nothing is told of the object, as in a cycle that hides it, a decoy may pass whom it likes.
        self._telling = [index for index, is_told in enumerate(told) if is_told and own[index] is not None]
        start_s = own[-1].spans_s[0][0]
        position_km, velocity_km_s = own[-1].state(np.array([start_s]))
        self._frame = frame_of(cycles[-1].body, newest, position_km[0], velocity_km_s[0])
        self._random = np.random.default_rng(int.from_bytes(hashlib.sha256(object_id.encode()).digest()[:8]))
        spans = own[-1].spans_s
        self.grid_s = np.concatenate([np.arange(a, b, BOUND_STEP_S) for a, b in spans])
        self._newest_elements = self._frame.elements(*own[-1].state(self.grid_s))
        self._near: list[Near] | None = None
        self._truth = self._told({"own": None})["own"]
        held = [(cycles[index], one) for index in self._telling if (one := own[index]) is not None]
        self._near = nears([cycle for cycle, _ in held], object_id, [one for _, one in held])
        self._meetings = tuple(self._told_meetings())

    @property
    def figures(self) -> int:
        """How many approaches the editions tell of the object."""
        return len(self._meetings)

    def batches(self) -> Iterator[list[Displacement]]:
        """Decoys that give the same editions, some at a time; no more where nothing suggests that there are any."""
        found = False
        for _ in range(MOST_BATCHES):
            tried = {str(number): one for number, one in enumerate(self._proposed(BATCH))}
            told = self._told(dict(tried)) if tried else {}
            kept = [one for name, one in tried.items() if told.get(name) == self._truth]
            found |= bool(kept)
            yield kept
            if not found and len(self._meetings) > _FREE:
                return

    def paths(self, kept: Sequence[Displacement]) -> tuple[FloatArray, FloatArray]:
        """Positions and velocities ``(T, 1 + N, 3)`` of the own orbit and the decoys on the grid of the bound."""
        own = self._own[-1]
        assert own is not None  # noqa: S101 - checked at the start
        position_km, velocity_km_s = own.state(self.grid_s)
        others = [self._path(one) for one in kept]
        return (
            np.stack([position_km, *(p for p, _ in others)], axis=1),
            np.stack([velocity_km_s, *(v for _, v in others)], axis=1),
        )

    def _path(self, by: Displacement) -> tuple[FloatArray, FloatArray]:
        """Positions and velocities ``(T, 3)`` of a decoy on the grid of the bound."""
        return displaced(self._frame, self._newest_elements, self.grid_s, by)

    def body_pull(self, kept: Sequence[Displacement]) -> float:
        """Largest relative acceleration of two of these orbits, km/s2: twice the gravity at the lowest point."""
        lowest = float(np.linalg.norm(self.paths(kept)[0], axis=2).min())
        return 2.0 * self._frame.body.gm_km3_s2 / lowest**2

    def _told(self, tried: Mapping[str, Displacement | None]) -> dict[str, Told]:
        """What the editions tell of each; one that is not an orbit in every cycle is left out."""
        motions: list[dict[str, Trajectory]] = [{} for _ in self._telling]
        orbits = []
        for name, by in tried.items():
            try:
                each = [self._moved(index, by) for index in self._telling]
                if by is not None:
                    self._path(by)
            except InputError:
                if by is None:
                    raise
                continue
            orbits.append(name)
            for motion, trajectory in zip(motions, each, strict=True):
                motion[name] = trajectory
        if not motions or not orbits:
            return dict.fromkeys(orbits, ())
        cycles = [self._cycles[index] for index in self._telling]
        editions = [self._editions[index] for index in self._telling]
        # A decoy has the own orbit's errors, which may reach beyond closed orbits: what follows is then no number.
        with np.errstate(invalid="ignore"):
            return told_of_each(cycles, self._object_id, motions, editions, near=self._near)

    def _moved(self, index: int, by: Displacement | None) -> Trajectory:
        """The delivery of a cycle, moved by a displacement."""
        own = self._own[index]
        assert own is not None  # noqa: S101 - the caller leaves such cycles out
        if by is None:
            return own
        arcs = tuple(self._moved_arc(arc, index, by) for arc in own.arcs)
        return replace(own, arcs=arcs, approximation=None)

    def _moved_arc(self, arc: Arc, index: int, by: Displacement) -> Arc:
        nodes_s = self._nodes_s(arc, index, by)
        held = self._states(arc.state(nodes_s), nodes_s, index, by)
        moved = arc_from_nodes(nodes_s, *held, "HERMITE", 7)
        table = arc.covariances
        if table is None:
            return moved
        inside = (table.offsets_s >= arc.start_s) & (table.offsets_s <= arc.stop_s)
        if not inside.any():
            return moved
        # Between two epochs a covariance is carried by the motion, which is another one here: where the decoy passes it
        # has the object's own.
        passes_s = [at_s for at_s in self._passes_s(index, by) if arc.start_s < at_s < arc.stop_s]
        added = [(at_s, matrix) for at_s in passes_s if (matrix := self._own_covariance(index, at_s)) is not None]
        offsets_s = np.concatenate([table.offsets_s[inside], [at_s for at_s, _ in added]])
        matrices = np.concatenate([table.matrices[inside], np.array([m for _, m in added]).reshape(-1, 6, 6)])
        offsets_s, order = np.unique(offsets_s, return_index=True)
        matrices = matrices[order]
        own, other = arc.state(offsets_s), self._states(arc.state(offsets_s), offsets_s, index, by)
        # Errors of timing dominate and lie along the velocity; which matrix a decoy would have had, no edition tells.
        turn = np.swapaxes(tnw_axes(*other), 1, 2) @ tnw_axes(*own)
        both = np.zeros((len(turn), 6, 6))
        both[:, :3, :3] = both[:, 3:, 3:] = turn
        matrices = both @ matrices @ np.swapaxes(both, 1, 2)
        return Arc(
            moved.knots_s,
            moved.coefficients_km,
            moved.error_km,
            CovarianceTable(offsets_s=offsets_s, matrices=matrices),
        )

    def _passes_s(self, index: int, by: Displacement) -> list[float]:
        """Offsets from a cycle's cut-off at which a decoy passes where it is told to."""
        return [
            at_s - self._ahead_s[meeting.cycle] + self._ahead_s[index]
            for meeting, (at_s, _) in zip(self._meetings, self._nearest(by), strict=True)
        ]

    def _own_covariance(self, index: int, offset_s: float) -> FloatArray | None:
        """The object's own covariance ``(6, 6)`` at an instant, in the axes of its states."""
        own = self._own[index]
        assert own is not None  # noqa: S101 - the caller leaves such cycles out
        source = self._cycles[index].sources[self._object_id]
        found = state_at(own, offset_s, declared=source.declared, created_s=source.created_s).covariance
        return None if found is None else found.matrix

    def _nodes_s(self, arc: Arc, index: int, by: Displacement) -> FloatArray:
        """Where a decoy's arc has its nodes: denser where the decoy is lower, as its motion is faster there."""
        count = max(1000, int((arc.stop_s - arc.start_s) / DENSE_S))
        dense_s = np.linspace(arc.start_s, arc.stop_s, count)
        position_km, _ = self._states(arc.state(dense_s), dense_s, index, by)
        pace_rad_s = np.sqrt(self._frame.body.gm_km3_s2) / np.linalg.norm(position_km, axis=1) ** 1.5
        pace_rad_s = np.maximum(pace_rad_s, 2.0 * np.pi / NODES_A_REVOLUTION / LONGEST_STEP_S)
        phase = np.concatenate([[0.0], np.cumsum((pace_rad_s[1:] + pace_rad_s[:-1]) / 2.0 * np.diff(dense_s))])
        count = max(9, int(np.ceil(phase[-1] / (2.0 * np.pi) * NODES_A_REVOLUTION)))
        return np.interp(np.linspace(0.0, phase[-1], count), phase, dense_s)

    def _states(
        self, own: tuple[FloatArray, FloatArray], offsets_s: FloatArray, index: int, by: Displacement
    ) -> tuple[FloatArray, FloatArray]:
        """States of a decoy from the own ones at offsets from a cycle's cut-off."""
        return displaced(self._frame, self._frame.elements(*own), offsets_s - self._ahead_s[index], by)

    def _told_meetings(self) -> Iterator[Meeting]:
        """Every approach that is told, once, with its finest cells, in the cycle whose figures it has."""
        seen = set()
        ids = {cycle.record.cycle_id: index for index, cycle in enumerate(self._cycles)}
        for told in (one for edition in self._truth for one in edition if isinstance(one, ToldEvent)):
            key = told.since, told.primary, told.secondary, told.tca
            other = next((name for name in (told.primary, told.secondary) if name not in {None, self._object_id}), None)
            if key in seen or other is None or told.since not in ids:
                continue
            seen.add(key)
            yield self._meeting(told, other, ids[told.since])

    def _meeting(self, told: ToldEvent, other: str, index: int) -> Meeting:
        cycle = self._cycles[index]
        span_s = told.tca.start - cycle.record.window.start, told.tca.stop - cycle.record.window.start
        sizes_km = {item.id: item.radius_km or (item.hbr_m or 0.0) / 1000.0 for item in cycle.record.objects}
        return Meeting(
            cycle=index, other=other, span_s=span_s,
            miss_km=(told.miss_km.low or 0.0, told.miss_km.high or 0.0),
            pc=None if told.pc.high is None else (told.pc.low or 0.0, told.pc.high),
            hbr_km=sizes_km[self._object_id] + sizes_km[other],
            tnw_km2=None,
        )  # fmt: skip

    def _then(self, meeting: Meeting, offset_s: float) -> Meeting:
        """The approach with the covariances of an instant: along an eccentric orbit they change in minutes."""
        if meeting.pc is None:
            return meeting
        place = round(offset_s / COVARIANCE_STEP_S)
        key = meeting.cycle, meeting.other, place
        if key not in self._covariances:
            at_s = min(max(place * COVARIANCE_STEP_S, meeting.span_s[0]), meeting.span_s[1])
            self._covariances[key] = self._tnw_km2(meeting, at_s)
        return replace(meeting, tnw_km2=self._covariances[key])

    def _tnw_km2(self, meeting: Meeting, offset_s: float) -> tuple[FloatArray, FloatArray] | None:
        """The covariances of both positions along and across their velocities, the object's first; None without one."""
        own, cycle = self._own[meeting.cycle], self._cycles[meeting.cycle]
        if own is None:
            return None
        sources = cycle.sources[self._object_id], cycle.sources[meeting.other]
        states = encounter_at((own, cycle.trajectories[meeting.other]), offset_s, sources).states
        known = [
            rotated(one.covariance.matrix, tnw_axes(one.position_km[None], one.velocity_km_s[None])[0])[:3, :3]
            for one in states
            if one.covariance is not None
        ]
        return (known[0], known[1]) if len(known) == 2 else None

    @cached_property
    def _surroundings(self) -> list[tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray]]]:
        """For each told approach instants of its span, the own elements at them, and the other object's states."""
        found = []
        for meeting in self._meetings:
            length_s = meeting.span_s[1] - meeting.span_s[0]
            times_s = np.linspace(*meeting.span_s, max(61, int(length_s / LONGEST_STEP_S * 10.0)))[2:-2]
            own, other = self._own[meeting.cycle], self._cycles[meeting.cycle].trajectories[meeting.other]
            if own is not None:
                found.append((times_s, self._frame.elements(*own.state(times_s)), other.state(times_s)))
        return found

    def _proposed(self, count: int) -> Iterator[Displacement]:
        for number in range(count):
            for _ in range(_ATTEMPTS):
                try:
                    first = self._first((number + self._random.uniform()) / count)
                    found = self._meeting_all(first) if len(self._meetings) > 1 else first
                except (InputError, np.linalg.LinAlgError):
                    continue
                yield found
                break

    def _first(self, share: float) -> Displacement:
        """Where to begin: past one of the told approaches, at a share of its cell of time, or anywhere."""
        if not self._meetings:
            return self._anywhere()
        return self._through(self._meetings[self._random.integers(len(self._meetings))], share)

    def _anywhere(self) -> Displacement:
        """Another place on an orbit that is turned a little."""
        at_s = float(self._random.choice(self.grid_s))
        position_km, velocity_km_s = self._at(len(self._cycles) - 1, at_s)
        own = self._frame.elements(position_km, velocity_km_s)[0]
        other = own + np.array([own[0] * 1e-4, 2e-3, 2e-3, 0.02, 0.02, 0.0]) * self._random.normal(size=6)
        other[5] += self._random.uniform(-np.pi, np.pi)
        return displacement(self._frame, own, other, at_s)

    def _through(self, meeting: Meeting, share: float) -> Displacement:
        """Past the other object at a share of the cell of time, at another distance, with the velocity turned."""
        random = self._random
        low_s, high_s = meeting.span_s
        at_s = low_s + (0.03 + 0.94 * share) * (high_s - low_s)
        other = self._cycles[meeting.cycle].trajectories[meeting.other]
        where_km, moving_km_s = (values[0] for values in other.state(np.array([at_s])))
        own_km, own_km_s = self._at(meeting.cycle, at_s)
        speed = np.sqrt(
            max(np.dot(own_km_s[0], own_km_s[0]) / 2.0 + self._pull(where_km) - self._pull(own_km[0]), 1e-6) * 2.0
        )
        heading = _turned_by(own_km_s[0], random.normal(size=3), random.normal() * TURN_RAD)
        velocity_km_s = heading * speed * (1.0 + 1e-3 * random.normal())
        targets_km = self._then(meeting, at_s).targets_km((own_km[0], velocity_km_s), (where_km, moving_km_s))
        if not len(targets_km):
            raise InputError("a decoy must be able to pass where it would be told as the object is")
        position_km = where_km + targets_km[random.integers(len(targets_km))]
        elements = self._frame.elements(position_km[None], velocity_km_s[None])[0]
        own = self._frame.elements(own_km, own_km_s)[0]
        return displacement(self._frame, own, elements, at_s - self._ahead_s[meeting.cycle])

    def _pull(self, position_km: FloatArray) -> float:
        return float(self._frame.body.gm_km3_s2 / np.linalg.norm(position_km))

    def _at(self, index: int, offset_s: float) -> tuple[FloatArray, FloatArray]:
        own = self._own[index]
        if own is None:
            raise InputError("an object that is to be protected must have an orbit", object_id=self._object_id)
        return own.state(np.array([offset_s]))

    def _meeting_all(self, start: Displacement) -> Displacement:
        """The nearest orbit to a proposal that meets every told approach within its cells."""
        current = start
        for _ in range(_TRIES):
            wanted = self._miss(current)
            if np.abs(wanted).max(initial=0.0) < 1e-9:
                return current
            steps = np.array([1e-9 * abs(current.elements[0]) + 1e-12, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6])
            slope = np.stack(
                [(self._miss(_added(current, np.eye(6)[k] * step)) - wanted) / step for k, step in enumerate(steps)],
                axis=1,
            )
            scale = np.array([1e-7, 1e-2, 1e-2, 1e-2, 1e-2, 1.0])
            change = scale * np.linalg.lstsq(slope * scale, -wanted, rcond=1e-10)[0]
            current = _added(current, change)
        return current

    def _miss(self, by: Displacement) -> FloatArray:
        """By how much each told approach is out of its cells, ``(3 K,)`` km, at the nearest of its span."""
        return np.concatenate(
            [
                self._then(meeting, at_s).off_km(*passing)
                for meeting, (at_s, passing) in zip(self._meetings, self._nearest(by), strict=True)
            ]
        )

    def _nearest(self, by: Displacement) -> list[tuple[float, tuple[States, States]]]:
        """When a decoy is nearest within each told cell of time, from that cycle's cut-off, and both states then."""
        found = []
        for meeting, (times_s, elements, other) in zip(self._meetings, self._surroundings, strict=True):
            mine = displaced(self._frame, elements, times_s - self._ahead_s[meeting.cycle], by)
            apart_km, apart_km_s = (a - b for a, b in zip(mine, other, strict=True))
            step_s = (times_s[1] - times_s[0]) / 2.0
            along = np.clip(
                -np.einsum("ni,ni->n", apart_km, apart_km_s) / np.einsum("ni,ni->n", apart_km_s, apart_km_s),
                -step_s,
                step_s,
            )
            closest = int(np.linalg.norm(apart_km + apart_km_s * along[:, None], axis=1).argmin())
            found.append(self._pass(meeting, by, float(times_s[closest] + along[closest])))
        return found

    def _pass(self, meeting: Meeting, by: Displacement, near_s: float) -> tuple[float, tuple[States, States]]:
        """When a decoy passes the other object, from an instant near that, and both states then, the decoy's first.

        Motions are straight between instants for the search alone: a probability may change within a tenth of a km.
        """
        own, other = self._own[meeting.cycle], self._cycles[meeting.cycle].trajectories[meeting.other]
        assert own is not None  # noqa: S101 - the caller leaves such cycles out
        at_s = near_s
        for _ in range(_REFINED):
            times_s = np.array([np.clip(at_s, *meeting.span_s)])
            elements = self._frame.elements(*own.state(times_s))
            mine = displaced(self._frame, elements, times_s - self._ahead_s[meeting.cycle], by)
            both = tuple((position[0], velocity[0]) for position, velocity in (mine, other.state(times_s)))
            apart_km, apart_km_s = (one - two for one, two in zip(*both, strict=True))
            at_s = float(times_s[0] - apart_km @ apart_km_s / (apart_km_s @ apart_km_s))
        return float(times_s[0]), (both[0], both[1])


def _told_in(cycle: Cycle, object_id: str, editions: Sequence[Edition]) -> bool:
    """Whether one of the editions told of the object in a cycle: where none did, it gave no figure.

    Raises:
        InputError: if one had it in full: whoever read that knows its orbit.
    """
    record = cycle.record
    item = next((item for item in record.objects if item.id == object_id), None)
    if item is None:
        return False
    shows = {show_of(item, record, one) for one in editions if one.publishes(record.cycle_id)}
    if Show.FULL in shows:
        rule = "an object that is to be protected must not have been in full in an edition that tells of it in part now"
        raise InputError(rule, value=f"cycle {record.cycle_id}", object_id=object_id)
    return bool(shows & {Show.METRICS, Show.ANONYMOUS})


def _added(one: Displacement, change: FloatArray) -> Displacement:
    return Displacement(
        at_s=one.at_s, elements=one.elements + change, rates_rad_s=one.rates_rad_s, own_rates_rad_s=one.own_rates_rad_s
    )


def _turned_by(vector: FloatArray, axis: FloatArray, angle_rad: float) -> FloatArray:
    """The direction of a vector, turned about an axis (Rodrigues)."""
    unit, about = vector / np.linalg.norm(vector), axis / np.linalg.norm(axis)
    return np.asarray(
        unit * np.cos(angle_rad) + np.cross(about, unit) * np.sin(angle_rad)
        + about * (about @ unit) * (1.0 - np.cos(angle_rad))
    )  # fmt: skip


def _apart_km(
    paths: tuple[FloatArray, FloatArray], among: int, grid_s: FloatArray, pull_km_s2: float
) -> tuple[float, float]:
    """The bound and its instant: half of the least distance in the best choice of so many orbits, at its least.

    Between two instants of the grid orbits move straight but for their relative acceleration, which is allowed for.
    """
    position_km, velocity_km_s = paths
    count = position_km.shape[1]
    if count < among:
        return 0.0, 0.0
    half_s = BOUND_STEP_S / 2.0
    least = np.empty((len(grid_s), count, count))
    for first in range(count):
        apart, moving = position_km - position_km[:, first, None], velocity_km_s - velocity_km_s[:, first, None]
        speed = np.maximum(np.einsum("tni,tni->tn", moving, moving), 1e-18)
        along_s = np.clip(-np.einsum("tni,tni->tn", apart, moving) / speed, -half_s, half_s)
        least[:, first] = np.linalg.norm(apart + moving * along_s[:, :, None], axis=2) - pull_km_s2 * half_s**2 / 2.0
    best = np.zeros(len(grid_s))
    rows = np.arange(len(grid_s))
    for start in range(count):
        nearest = least[:, start].copy()
        nearest[:, start] = -np.inf
        chosen_km = np.full(len(grid_s), np.inf)
        for _ in range(among - 1):
            added = nearest.argmax(axis=1)
            chosen_km = np.minimum(chosen_km, nearest[rows, added])
            nearest = np.minimum(nearest, least[rows, added])
            nearest[rows, added] = -np.inf
        best = np.maximum(best, chosen_km / 2.0)
    worst = int(best.argmin())
    return max(float(best[worst]), 0.0), float(grid_s[worst])
