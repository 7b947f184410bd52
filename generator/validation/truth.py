"""The screening held against a dense brute force that shares no code with it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar, newton

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import Frame
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.trajectory import Proof, Trajectory
from nearpass.screening.screen import Screening, screen
from nearpass.validation.check import Section, at_most, within

FloatArray = NDArray[np.float64]

EPOCH: Final = Epoch.parse("2021-03-17T00:00:00")
GM_KM3_S2: Final = body_named("Mars").gm_km3_s2
SPAN_S: Final = 3 * 86_400.0
STEP_S: Final = 10.0
LIMIT_KM: Final = 200.0
COUNT: Final = 10
TCA_S: Final = 1e-3
MISS_KM: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class KeplerOrbit:
    """A two-body orbit about Mars, angles in radians."""

    a_km: float
    e: float
    inclination: float
    node: float
    argument: float
    mean_anomaly: float

    def state(self, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions in km and velocities in km/s, each ``(N, 3)`` (Vallado 2013, algorithms 2 and 10)."""
        mean = self.mean_anomaly + np.sqrt(GM_KM3_S2 / self.a_km**3) * np.asarray(offsets_s)
        anomaly = newton(
            lambda x: x - self.e * np.sin(x) - mean, mean, fprime=lambda x: 1 - self.e * np.cos(x), tol=1e-12
        )
        rate = np.sqrt(GM_KM3_S2 / self.a_km**3) / (1 - self.e * np.cos(anomaly))
        root = np.sqrt(1 - self.e**2)
        along, across = self._axes()
        position = np.outer(np.cos(anomaly) - self.e, along) + np.outer(root * np.sin(anomaly), across)
        velocity = np.outer(-np.sin(anomaly) * rate, along) + np.outer(root * np.cos(anomaly) * rate, across)
        return self.a_km * position, self.a_km * velocity

    def _axes(self) -> tuple[FloatArray, FloatArray]:
        """Directions of periapsis and, in the plane, a quarter turn ahead of it."""
        to_node = np.array([np.cos(self.node), np.sin(self.node), 0.0])
        ahead = np.array(
            [
                -np.sin(self.node) * np.cos(self.inclination),
                np.cos(self.node) * np.cos(self.inclination),
                np.sin(self.inclination),
            ]
        )
        cos, sin = np.cos(self.argument), np.sin(self.argument)
        return cos * to_node + sin * ahead, cos * ahead - sin * to_node


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """A minimum of distance by brute force."""

    pair: tuple[str, str]
    offset_s: float
    miss_km: float


def truth_section() -> Section:
    """Ten orbits about Mars over three days: the same minima below 200 km, at the same times and distances."""
    fleet = _fleet()
    found = screen({name: _flown(name, orbit) for name, orbit in fleet.items()}, (0.0, SPAN_S), LIMIT_KM)
    dense = [minimum for pair in combinations(sorted(fleet), 2) for minimum in _dense(pair, fleet)]
    missed, extra, matched = _matched(found, dense)
    pairs = COUNT * (COUNT - 1) // 2
    checks = (
        within(
            "listed", f"minima below {LIMIT_KM:g} km", "", len(dense), len(found.approaches), 0.0, "none may differ"
        ),
        within("missed", "of the dense list", "", 0.0, missed, 0.0, "none may be missed"),
        within("invented", "not in the dense list", "", 0.0, extra, 0.0, "none may be invented"),
        at_most("TCA", "largest difference", "s", float(matched[:, 0].max()), TCA_S, "curvature of the distance"),
        at_most(
            "miss", "largest difference", "km", float(matched[:, 1].max()), MISS_KM, "Hermite degree 7, 60 s nodes"
        ),
    )
    return Section(
        title="Screening against dense truth",
        text=f"{COUNT} two-body orbits about Mars, {pairs} pairs, {SPAN_S / 86_400:g} days. The truth samples Kepler's "
        f"equation every {STEP_S:g} s and refines each minimum by golden section on the equation itself; the program "
        "is given states once a minute.",
        source="Kepler's equation",
        required=len(checks),
        checks=checks,
    )


def _fleet() -> dict[str, KeplerOrbit]:
    """Low and eccentric orbits, drawn with a fixed seed."""
    draw = np.random.default_rng(20210317)
    orbits = {}
    for number in range(COUNT):
        periapsis_km = 3396.19 + draw.uniform(250.0, 420.0)
        e = draw.uniform(0.0, 0.01) if number % 3 else draw.uniform(0.1, 0.5)
        angles = draw.uniform(0.0, 2.0 * np.pi, 3)
        orbits[f"K{number}"] = KeplerOrbit(
            a_km=periapsis_km / (1.0 - e),
            e=e,
            inclination=np.radians(draw.uniform(60.0, 100.0)),
            node=angles[0],
            argument=angles[1],
            mean_anomaly=angles[2],
        )
    return orbits


def _flown(name: str, orbit: KeplerOrbit) -> Trajectory:
    nodes_s = np.arange(0.0, SPAN_S + 60.0, 60.0)
    return Trajectory(
        object_id=name,
        frame=Frame.icrf(body_named("MARS")),
        epoch=EPOCH,
        arcs=(arc_from_nodes(nodes_s, *orbit.state(nodes_s), "HERMITE", 7),),
        proof=Proof.EXACT,
    )


def _dense(pair: tuple[str, str], fleet: dict[str, KeplerOrbit]) -> list[Minimum]:
    one, two = (fleet[name] for name in pair)

    def distance_km(offsets_s: FloatArray) -> FloatArray:
        return np.asarray(np.linalg.norm(two.state(offsets_s)[0] - one.state(offsets_s)[0], axis=1))

    grid_s = np.arange(0.0, SPAN_S + STEP_S, STEP_S)
    sampled_km = distance_km(grid_s)
    inside = np.flatnonzero((sampled_km[1:-1] <= sampled_km[:-2]) & (sampled_km[1:-1] <= sampled_km[2:])) + 1
    # No sample of a minimum below the limit can be farther off than half a step at 10 km/s.
    near = inside[sampled_km[inside] < LIMIT_KM + 10.0 * STEP_S]
    minima = []
    for index in near:
        refined = minimize_scalar(
            lambda offset_s: float(distance_km(np.array([offset_s]))[0] ** 2),
            bounds=(grid_s[index - 1], grid_s[index + 1]),
            method="bounded",
            options={"xatol": 1e-6},
        )
        miss_km = float(np.sqrt(refined.fun))
        if miss_km < LIMIT_KM:
            minima.append(Minimum(pair=pair, offset_s=float(refined.x), miss_km=miss_km))
    return minima


def _matched(found: Screening, dense: list[Minimum]) -> tuple[int, int, FloatArray]:
    """How many were missed and invented, and the differences in s and km ``(M, 2)`` of those in both lists."""
    left = [approach for approach in found.approaches if not approach.at_boundary]
    differences = []
    for minimum in dense:
        near = [
            approach
            for approach in left
            if (approach.first, approach.second) == minimum.pair and abs(approach.offset_s - minimum.offset_s) < STEP_S
        ]
        if near:
            left.remove(near[0])
            differences.append((abs(near[0].offset_s - minimum.offset_s), abs(near[0].miss_km - minimum.miss_km)))
    return len(dense) - len(differences), len(left), np.array(differences).reshape(-1, 2)
