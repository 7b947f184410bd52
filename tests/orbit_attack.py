"""How well a withheld orbit can be found from what was told of its pairs: who attacks has the others' orbits and time.

Set membership: the orbits that give all figures form a polytope about the true one, linear in six elements (Jaulin and
Walter 1993; Milanese and Vicino 1991). Half of its largest width at an instant is what no guess can be sure to do
better than. Beside it least squares from several starts, which knows nothing of the true orbit but the figures.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, linprog
from scipy.spatial import HalfspaceIntersection

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import Epoch
from nearpass.disclosure.displacement import Displacement, displaced, frame_of

FloatArray = NDArray[np.float64]
GRAIN_KM, GRAIN_S, MOST_KM = 5.0, 600.0, 3000.0
STEPS = np.array([1e-11, 1e-7, 1e-7, 1e-7, 1e-7, 1e-7])
SCALE = np.array([1e-8, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4])
MARS = body_named("MARS")


@dataclass(frozen=True)
class Known:
    """Figures of the object's pairs, and where it is.

    ``at_s`` and ``miss_km`` ``(N,)`` are when and how near each pair is nearest, from the newest cut-off on, ``cycle``
    ``(N,)`` in which cycle that was told, ``cutoffs_s`` when each cycle begins, ``own`` and ``others`` ``(N, 6)`` the
    states there; ``grid_s`` ``(T,)`` and ``grid`` ``(T, 6)`` the object's in the newest window. km, km/s, ICRF.
    """

    newest: Epoch
    cutoffs_s: FloatArray
    cycle: NDArray[np.int64]
    at_s: FloatArray
    miss_km: FloatArray
    own: FloatArray
    others: FloatArray
    grid_s: FloatArray
    grid: FloatArray

    def of(self, cycles: Sequence[int]) -> Known:
        """The figures of some cycles alone."""
        kept = np.isin(self.cycle, cycles)
        one = {name: getattr(self, name)[kept] for name in ("cycle", "at_s", "miss_km", "own", "others")}
        return Known(newest=self.newest, cutoffs_s=self.cutoffs_s, grid_s=self.grid_s, grid=self.grid, **one)


def known_from(path: Path) -> Known:
    """What a file keeps (``tests/data/disclosure/README.md``)."""
    plain = json.loads(path.read_text())
    arrays = {name: np.array(plain[name], dtype=float) for name in plain if name not in {"newest", "cycle"}}
    return Known(newest=Epoch.parse(plain["newest"]), cycle=np.array(plain["cycle"]), **arrays)


class Attack:
    """Who has the public orbits, the right model of motion, and every figure that was published."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.frame = frame_of(MARS, known.newest, known.grid[0, :3], known.grid[0, 3:])
        self.own, self.theirs, self.there = (
            self.frame.elements(states[:, :3], states[:, 3:]) for states in (known.own, known.others, known.grid)
        )
        self.rates = self.frame.rates_rad_s(self.there[0])

    def moved(self, change: FloatArray, own: FloatArray, at_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """States of the orbit whose elements differ by so much at the newest cut-off."""
        by = Displacement(at_s=0.0, elements=change, rates_rad_s=self.rates, own_rates_rad_s=self.rates)
        return displaced(self.frame, own, at_s, by)

    def slopes(self, own: FloatArray, at_s: FloatArray) -> FloatArray:
        """Derivatives ``(T, 6, 6)`` of the state by the elements."""
        columns = []
        for place, step in enumerate(STEPS):
            change = np.eye(6)[place] * step
            up, down = (np.hstack(self.moved(sign * change, own, at_s)) for sign in (1.0, -1.0))
            columns.append((up - down) / (2.0 * step))
        return np.stack(columns, axis=2)

    def told_s(self) -> FloatArray:
        """The middle of each cell of time: multiples of the grain from the cut-off of the figure's cycle."""
        cutoff_s = self.known.cutoffs_s[self.known.cycle]
        return np.asarray(np.round((self.known.at_s - cutoff_s) / GRAIN_S) * GRAIN_S + cutoff_s)

    def rows(self) -> tuple[FloatArray, FloatArray]:
        """Inequalities on the six changes that keep every figure in its cells, the nearest rounded and rounded down."""
        known, slope = self.known, self.slopes(self.own, self.known.at_s)
        apart, moving = (known.own - known.others)[:, :3], (known.own - known.others)[:, 3:]
        pull = sum(
            sign * MARS.gm_km3_s2 * states[:, :3] / np.linalg.norm(states[:, :3], axis=1)[:, None] ** 3
            for sign, states in ((-1.0, known.own), (1.0, known.others))
        )
        along = apart / np.linalg.norm(apart, axis=1)[:, None]
        across = np.cross(along, moving / np.linalg.norm(moving, axis=1)[:, None])
        floor_km = np.floor(known.miss_km / GRAIN_KM) * GRAIN_KM
        low = np.maximum(floor_km, np.round(known.miss_km / GRAIN_KM) * GRAIN_KM - GRAIN_KM / 2.0)
        high = np.minimum(floor_km + GRAIN_KM, low + GRAIN_KM / 2.0)
        top = (known.miss_km + high) / 2.0
        wide = np.sqrt(high**2 - top**2)
        radial, perpendicular = (np.einsum("ni,nij->nj", one, slope[:, :3]) for one in (along, across))
        later = np.einsum("ni,nij->nj", moving, slope[:, :3]) + np.einsum("ni,nij->nj", apart, slope[:, 3:])
        later /= -(np.einsum("ni,ni->n", moving, moving) + np.einsum("ni,ni->n", apart, pull))[:, None]
        early = known.at_s - self.told_s() + GRAIN_S / 2.0
        sides = np.concatenate([radial, -radial, perpendicular, -perpendicular, later, -later])
        limits = np.concatenate([top - known.miss_km, known.miss_km - low, wide, wide, GRAIN_S - early, early])
        return sides, limits

    def set_membership_km(self) -> FloatArray:
        """Half of the largest width of what is possible at each instant of the grid."""
        sides, limits = self.rows()
        every = self.slopes(self.there, self.known.grid_s)[:, :3]
        box = every[:: max(1, len(every) // 12)].reshape(-1, 6)
        sides = np.vstack([sides, box, -box])
        limits = np.concatenate([limits, np.full(2 * len(box), MOST_KM)])
        scaled = sides / np.maximum(limits, 0.3)[:, None]
        scale = 1.0 / np.linalg.norm(scaled, axis=0)
        _, sizes, turned = np.linalg.svd(scaled * scale, full_matrices=False)
        to_elements = scale[:, None] * (turned.T / sizes)
        plain = sides @ to_elements
        norms = np.linalg.norm(plain, axis=1)
        plain, limits = plain / norms[:, None], limits / norms
        found = linprog(
            np.r_[np.zeros(6), -1.0], A_ub=np.c_[plain, np.ones(len(limits))], b_ub=limits,
            bounds=[(None, None)] * 6 + [(0, None)], method="highs",
        )  # fmt: skip
        corners = HalfspaceIntersection(np.c_[plain, -limits], found.x[:6], qhull_options="Qt").intersections
        corners = corners[np.isfinite(corners).all(axis=1)]
        corners = corners[(corners @ plain.T <= limits + 1e-6 * (1.0 + np.abs(limits))).all(axis=1)] @ to_elements.T
        return np.array([_width_km(corners @ slope.T) / 2.0 for slope in every])

    def least_squares_km(self, starts: int = 10) -> FloatArray:
        """Distances ``(starts, T)`` of fits to the rounded figures from the true orbit."""
        random = np.random.default_rng(5)
        truth = self.moved(np.zeros(6), self.there, self.known.grid_s)[0]
        miss_km, told_s = np.round(self.known.miss_km / GRAIN_KM) * GRAIN_KM, self.told_s()

        def at(elements: FloatArray, later_s: FloatArray) -> FloatArray:
            return elements + np.outer(later_s, np.eye(6)[5]) * elements[:, :1]

        def residuals(unit: FloatArray) -> FloatArray:
            at_s = self.known.at_s
            for _ in range(3):
                later_s = at_s - self.known.at_s
                mine = self.moved(unit * SCALE, at(self.own, later_s), at_s)
                theirs = self.frame.states(at(self.theirs, later_s))
                apart, moving = mine[0] - theirs[0], mine[1] - theirs[1]
                step_s = np.einsum("ni,ni->n", apart, moving) / np.einsum("ni,ni->n", moving, moving)
                at_s = at_s - np.clip(step_s, -300.0, 300.0)
            off = (np.linalg.norm(apart, axis=1) - miss_km) / GRAIN_KM
            return np.concatenate([off, (at_s - told_s) / GRAIN_S])

        fits = [least_squares(residuals, random.normal(size=6), max_nfev=30).x for _ in range(starts)]
        places = [self.moved(fit * SCALE, self.there, self.known.grid_s)[0] for fit in fits]
        return np.array([np.linalg.norm(place - truth, axis=1) for place in places])


def _width_km(places: FloatArray) -> float:
    """The largest distance of two corners, from a few turns of the axis along which they are spread most."""
    axis = np.linalg.svd(places - places.mean(axis=0), full_matrices=False)[2][0]
    width = 0.0
    for _ in range(5):
        ends = places @ axis
        axis = places[ends.argmax()] - places[ends.argmin()]
        width = float(np.linalg.norm(axis))
        axis = axis / width
    return width
