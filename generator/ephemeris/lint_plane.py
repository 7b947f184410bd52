"""Whether an orbit lies in the plane that the configuration declares: the check that finds axes given a wrong name.

States in the axes of a body's equator, called EME2000 or ICRF, are a perfectly good orbit: altitudes, periods and
gravity agree, and only the plane is wrong. What tells is a plane known beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body, equator_from_icrf
from nearpass.astro.drift import secular_rates
from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import EQUATOR_OF_J2000, icrf_from_axes
from nearpass.ephemeris.lint_finding import Finding, Grade
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.reasons.findings import OrbitPlane, Plane

FloatArray = NDArray[np.float64]

_DRIFT_SHARE: Final = 0.01
"""Error of a secular node drift of first order in J2: what the other harmonics and J2 squared add."""
RULE: Final = "orbit plane"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredPlane:
    """A plane known beforehand, against the body's IAU equator of date; the node may be left open.

    ``node_deg`` counts from the ascending node of that equator on the one of the ICRF, and holds at ``node_at``.
    """

    inclination_deg: float
    tolerance_deg: float
    node_deg: float | None = None
    node_at: Epoch | None = None
    node_tolerance_deg: float = 5.0


def orbit_plane(trajectory: Trajectory, declared: DeclaredPlane, *, body: Body, read_as: str = "ICRF") -> Finding:
    """The plane of the first state against the declared one, and in which axes the same numbers would lie in it.

    A declared node is moved to the date of the state by the secular drift of first order in J2 of the orbit itself,
    with a hundredth of that drift added to the tolerance.

    Args:
        trajectory: What is screened, about ``body``, with at least one arc.
        declared: What the configuration says.
        body: The body that the cycle screens around.
        read_as: The fixed axes as which the delivered numbers were read.

    """
    start_s = trajectory.arcs[0].start_s
    moment = trajectory.epoch + start_s
    state = np.concatenate(trajectory.state(np.array([start_s])))
    found = _plane(state, body, moment)
    node_deg, margin_deg = _expected_node(state, declared, body, moment)
    agrees = _agree(found, declared, node_deg, margin_deg)
    fits = tuple(
        (name, plane)
        for name, plane in _in_other_axes(state, body, moment, read_as)
        if not agrees and _agree(plane, declared, node_deg, margin_deg)
    )
    fact = OrbitPlane(
        rule="plane_agrees" if agrees else "plane_disagrees", read_as=read_as, found=found,
        inclination_deg=declared.inclination_deg, tolerance_deg=declared.tolerance_deg, node_deg=node_deg,
        node_tolerance_deg=margin_deg, fits=fits,
    )  # fmt: skip
    return Finding(rule=RULE, grade=Grade.PASS if agrees else Grade.FAIL, fact=fact)


def _plane(state: FloatArray, body: Body, moment: Epoch) -> Plane:
    """Plane of a state ``(2, 3)`` in ICRF axes against the body's equator of date."""
    normal = equator_from_icrf(body, moment) @ np.cross(state[0], state[1])
    tilt_rad = np.arctan2(np.hypot(normal[0], normal[1]), normal[2])
    return Plane(
        inclination_deg=float(np.degrees(tilt_rad)),
        node_deg=float(np.degrees(np.arctan2(normal[0], -normal[1])) % 360.0),
    )


def _expected_node(state: FloatArray, declared: DeclaredPlane, body: Body, moment: Epoch) -> tuple[float | None, float]:
    """Where the declared node should be now, and how far off it may be; None where none is declared."""
    if declared.node_deg is None or declared.node_at is None:
        return None, 0.0
    radius_km, speed_km_s = np.linalg.norm(state, axis=1)
    semi_major_km = 1.0 / (2.0 / radius_km - speed_km_s**2 / body.gm_km3_s2)
    if semi_major_km <= 0.0:
        return None, 0.0
    momentum_km2_s = float(np.linalg.norm(np.cross(state[0], state[1])))
    rates = secular_rates(
        semi_major_km=semi_major_km,
        eccentricity=float(np.sqrt(max(0.0, 1.0 - momentum_km2_s**2 / (body.gm_km3_s2 * semi_major_km)))),
        inclination_rad=float(np.radians(declared.inclination_deg)),
        gm_km3_s2=body.gm_km3_s2,
        radius_km=body.equatorial_radius_km,
        j2=body.j2,
    )
    drift_deg = float(np.degrees(rates.node_rad_s * (moment - declared.node_at)))
    return (declared.node_deg + drift_deg) % 360.0, declared.node_tolerance_deg + _DRIFT_SHARE * abs(drift_deg)


def _agree(plane: Plane, declared: DeclaredPlane, node_deg: float | None, margin_deg: float) -> bool:
    if abs(plane.inclination_deg - declared.inclination_deg) > declared.tolerance_deg:
        return False
    return node_deg is None or abs((plane.node_deg - node_deg + 180.0) % 360.0 - 180.0) <= margin_deg


def _in_other_axes(state: FloatArray, body: Body, moment: Epoch, read_as: str) -> Iterator[tuple[str, Plane]]:
    """The planes that the delivered numbers would have, had they been read in other axes that agencies use."""
    numbers = state @ icrf_from_axes(read_as)
    for name in ("ICRF", f"{body.name}{EQUATOR_OF_J2000}", "ECLIPJ2000"):
        if name != read_as:
            yield name, _plane(numbers @ icrf_from_axes(name).T, body, moment)
