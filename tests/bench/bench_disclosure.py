"""What the sample's public edition gives away of Tianwen-1: bound and attack, side by side.

    python tests/bench/bench_disclosure.py DIRECTORY     # a workspace made by nearpass demo

As it was: of each of its pairs with public objects the nearest distance to 5 km and rounded down, and the time to 600 s
in every cycle. Set membership: the orbits that give all of these figures form a polytope about the true one, linear in
six elements; half of its largest width at an instant is what no reader can do better than, and some do. Beside it least
squares from ten starts. As it is: the bound that decoys prove, and what is still told.
"""

from __future__ import annotations

import sys
from math import floor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, linprog
from scipy.spatial import HalfspaceIntersection

from nearpass.archive.archive import Archive
from nearpass.config import load_config
from nearpass.disclosure.archived import archived_cycle
from nearpass.disclosure.decoys import certify
from nearpass.disclosure.displacement import Displacement, Frame, displaced, frame_of
from nearpass.disclosure.editions import Cycle
from nearpass.publish import Workspace, editions_of
from nearpass.record.marking import Show
from nearpass.release.reduction import reduced, show_of
from nearpass.screening.screen import screen

FloatArray = NDArray[np.float64]
OBJECT, GRAIN_KM, GRAIN_S, MOST_KM = "TW1", 5.0, 600.0, 3000.0
STEPS = np.array([1e-11, 1e-7, 1e-7, 1e-7, 1e-7, 1e-7])


class Attacker:
    """Who has the public orbits, the right model of motion, and every figure that was published."""

    def __init__(self, cycles: list[Cycle], public: set[str]) -> None:
        self.cycles, newest = cycles, cycles[-1].record.window.start
        self.ahead_s = [newest - cycle.record.window.start for cycle in cycles]
        state = cycles[-1].trajectories[OBJECT].state(np.array([0.0]))
        self.frame: Frame = frame_of(cycles[-1].body, newest, state[0][0], state[1][0])
        own = self.frame.elements(*state)[0]
        self.rates = self.frame.rates_rad_s(own)
        self.figures = []
        for index, cycle in enumerate(cycles):
            names = {OBJECT, *(public & cycle.trajectories.keys())}
            pairs = [tuple(sorted((OBJECT, name))) for name in names - {OBJECT}]
            held = {name: cycle.trajectories[name] for name in names}
            for pair in screen(held, cycle.window_s, 1.0, pairs=pairs).pairs:  # type: ignore[arg-type]
                other = pair.second if pair.first == OBJECT else pair.first
                if pair.nearest is not None and not pair.nearest.at_boundary:
                    self.figures.append((index, other, pair.nearest.miss_km, pair.nearest.offset_s))

    def moved(self, change: FloatArray, index: int, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """States of the orbit whose elements differ by so much at the newest cut-off."""
        by = Displacement(at_s=0.0, elements=change, rates_rad_s=self.rates, own_rates_rad_s=self.rates)
        elements = self.frame.elements(*self.cycles[index].trajectories[OBJECT].state(offsets_s))
        return displaced(self.frame, elements, offsets_s - self.ahead_s[index], by)

    def slopes(self, index: int, offsets_s: FloatArray) -> FloatArray:
        """Derivatives ``(T, 6, 6)`` of the state by the elements."""
        columns = []
        for place, step in enumerate(STEPS):
            change = np.eye(6)[place] * step
            up, down = (np.hstack(self.moved(sign * change, index, offsets_s)) for sign in (1.0, -1.0))
            columns.append((up - down) / (2.0 * step))
        return np.stack(columns, axis=2)

    def rows(self) -> tuple[FloatArray, FloatArray]:
        """Inequalities on the six changes that keep every figure in its cell."""
        sides, limits = [], []
        for index, other, miss_km, offset_s in self.figures:
            at = np.array([offset_s])
            slope = self.slopes(index, at)[0]
            (r, v), (q, w) = self.moved(np.zeros(6), index, at), self.cycles[index].trajectories[other].state(at)
            apart, moving = r[0] - q[0], v[0] - w[0]
            near = np.array([offset_s - 5.0, offset_s + 5.0])
            speeds = self.moved(np.zeros(6), index, near)[1] - self.cycles[index].trajectories[other].state(near)[1]
            pull = (speeds[1] - speeds[0]) / 10.0
            along = apart / np.linalg.norm(apart)
            across = np.cross(along, moving / np.linalg.norm(moving))
            low = max(floor(miss_km / GRAIN_KM) * GRAIN_KM, round(miss_km / GRAIN_KM) * GRAIN_KM - GRAIN_KM / 2.0)
            high = min(low + GRAIN_KM, floor(miss_km / GRAIN_KM) * GRAIN_KM + GRAIN_KM, low + GRAIN_KM / 2.0)
            top = (miss_km + high) / 2.0
            wide = np.sqrt(high**2 - top**2)
            told_s = round(offset_s / GRAIN_S) * GRAIN_S
            later = -(moving @ slope[:3] + apart @ slope[3:]) / (moving @ moving + apart @ pull)
            for row, up, down in (
                (along @ slope[:3], top - miss_km, miss_km - low), (across @ slope[:3], wide, wide),
                (later, told_s + GRAIN_S / 2.0 - offset_s, offset_s - told_s + GRAIN_S / 2.0),
            ):  # fmt: skip
                sides += [row, -row]
                limits += [up, down]
        return np.array(sides), np.array(limits)

    def set_membership_km(self, grid_s: FloatArray) -> FloatArray:
        """Half of the largest width of what is possible at each instant of the newest window."""
        sides, limits = self.rows()
        last = len(self.cycles) - 1
        box = self.slopes(last, grid_s[:: max(1, len(grid_s) // 12)])[:, :3].reshape(-1, 6)
        sides = np.vstack([sides, box, -box])
        limits = np.concatenate([limits, np.full(2 * len(box), MOST_KM)])
        scale = 1.0 / np.linalg.norm(sides / np.maximum(limits, 0.3)[:, None], axis=0)
        _, sizes, turned = np.linalg.svd(sides / np.maximum(limits, 0.3)[:, None] * scale, full_matrices=False)
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
        widths = []
        for slope in self.slopes(last, grid_s)[:, :3]:
            places = corners @ slope.T
            axis = np.linalg.svd(places - places.mean(axis=0), full_matrices=False)[2][0]
            for _ in range(5):
                ends = places @ axis
                axis = places[ends.argmax()] - places[ends.argmin()]
                width = np.linalg.norm(axis)
                axis = axis / width
            widths.append(width / 2.0)
        return np.array(widths)

    def least_squares_km(self, grid_s: FloatArray, starts: int = 10) -> FloatArray:
        """Distances ``(starts, T)`` of fits to the rounded figures from the true orbit."""
        random, last = np.random.default_rng(5), len(self.cycles) - 1
        truth = self.moved(np.zeros(6), last, grid_s)[0]
        scale = np.array([1e-8, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4])

        def residuals(unit: FloatArray) -> FloatArray:
            found = []
            for index, other, miss_km, offset_s in self.figures:
                at = np.array([offset_s])
                for _ in range(3):
                    mine, theirs = self.moved(unit * scale, index, at), self.cycles[index].trajectories[other].state(at)
                    apart, moving = mine[0][0] - theirs[0][0], mine[1][0] - theirs[1][0]
                    at = at - np.clip(apart @ moving / (moving @ moving), -300.0, 300.0)
                told = round(miss_km / GRAIN_KM) * GRAIN_KM, round(offset_s / GRAIN_S) * GRAIN_S
                found += [(np.linalg.norm(apart) - told[0]) / GRAIN_KM, (at[0] - told[1]) / GRAIN_S]
            return np.array(found)

        fits = [least_squares(residuals, random.normal(size=6), max_nfev=30).x for _ in range(starts)]
        return np.array([np.linalg.norm(self.moved(x * scale, last, grid_s)[0] - truth, axis=1) for x in fits])


def main(directory: Path) -> None:
    """Print bound and attack of both policies."""
    config, _ = load_config(directory / "nearpass.toml")
    workspace = Workspace(directory=directory)
    archive = Archive(workspace.archive)
    cycles = [archived_cycle(archive, name, directory) for name in sorted(archive.cycle_ids())]
    editions = [site.edition for site in editions_of(workspace, config) if site.edition]
    newest = cycles[-1].record
    public = next(edition for edition in editions if edition.id == "public")
    full = {item.id for item in newest.objects if show_of(item, newest, public) is Show.FULL and item.phase == "known"}
    grid_s = np.arange(0.0, newest.window.length_s - 1.0, 3600.0)
    for count in (1, len(cycles)):
        attacker = Attacker(cycles[-count:], full)
        widths = attacker.set_membership_km(grid_s)
        print(
            f"as it was, {count} cycles, {len(attacker.figures)} figures: possible within "
            f"{widths.min():.2f} km (median {np.median(widths):.1f})", flush=True,
        )  # fmt: skip
    errors = attacker.least_squares_km(grid_s)
    print(
        f"least squares from {len(errors)} starts: best instant {errors.min():.2f} km, "
        f"median of the best fit {np.median(errors, axis=1).min():.1f} km", flush=True,
    )  # fmt: skip
    item = next(item for item in newest.objects if item.id == OBJECT)
    coarse = [one for one in editions if show_of(item, newest, one) in {Show.METRICS, Show.ANONYMOUS}]
    print("as it is:", certify(cycles, OBJECT, coarse, among=5))
    for told in reduced(newest, public).told:
        print("told:", told.primary, told.secondary, told.level.value, told.tca.start, told.miss_km)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
