"""An old ephemeris carried on by its last orbit: for objects whose place along the orbit is unknown anyway.

The last revolution is repeated, each time turned rigidly by the secular drift of first order in J2: the node about the
pole, the periapsis within the plane. What follows is an orbit and no ephemeris: where on it the object is at any time
means nothing. The stated error is of the orbit alone, and leaves out drag and manoeuvres:

- across the plane, ``a sin i`` times a hundredth of the drift of the node: J2 squared, and the other even harmonics;
- in height, ``a e`` times the uncertainty of the drift of the periapsis (at most the whole of ``2 a e``): the odd
  harmonics change it by about ``(J3 / J2) / e`` (Kaula 1966, section 3.5; ``J3 / J2`` is 0.04 for the Moon and less for
  Mars and the Earth), so that the periapsis of a nearly circular orbit cannot be told after years;
- both ways, ``a`` times what a distant third body (the Sun; at the Moon the Earth) turns and stretches an orbit by,
  about ``15/8 (m**2 / n) t / sqrt(1 - e**2)`` with its mean motion ``m`` (after Kozai 1973), which rules large orbits;
- the step from the end of the revolution to its beginning, turned by one revolution's drift.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from nearpass.astro.bodies import Body, equator_from_icrf
from nearpass.astro.drift import SecularRates, secular_rates
from nearpass.astro.epochs import DAY_S
from nearpass.ephemeris.interpolation import cut
from nearpass.ephemeris.trajectory import Approximation, Arc, Proof, Trajectory
from nearpass.errors import InputError
from nearpass.reasons.motions import ByLastOrbit

FloatArray = NDArray[np.float64]

LAST_DAYS: Final = 10.0
"""How much of the end of an ephemeris is read to find its last revolution."""

_THIRD_BODY_RAD_S: Final[Mapping[str, float]] = MappingProxyType({"MARS": 1.06e-7, "EARTH": 3.5e-7, "MOON": 2.7e-6})
"""Mean motion of what pulls from afar: the Sun at Mars; Sun and Moon together at the Earth; the Earth at the Moon."""
_EVEN_SHARE: Final = 0.01
_ODD_SHARE: Final = 0.04
_MOST_REVOLUTIONS: Final = 20_000
_SAMPLES: Final = 721  # of the revolution: half a degree apart


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Revolution:
    """The last whole revolution: its arc of ``period_s``, mean plane and drift."""

    arc: Arc
    period_s: float
    normal: FloatArray
    pole: FloatArray
    rates: SecularRates
    third_body_rad_s: float
    step_km: float


def extended(trajectory: Trajectory, *, body: Body, window_s: tuple[float, float]) -> Trajectory:
    """A trajectory that covers the window to its end, by its last revolution from where it stops.

    Args:
        trajectory: The ephemeris about ``body`` with at least its last revolution, which may lie before the window.
        body: The body at the centre.
        window_s: The window to cover.

    Raises:
        InputError: where the last arc is no closed orbit or shorter than one revolution.

    """
    kept = tuple(
        cut(arc, max(arc.start_s, window_s[0]), min(arc.stop_s, window_s[1]))
        for arc in trajectory.arcs
        if arc.start_s < window_s[1] and arc.stop_s > window_s[0]
    )
    end_s = trajectory.arcs[-1].stop_s if trajectory.arcs else -np.inf
    if end_s >= window_s[1]:
        return replace(trajectory, arcs=kept)
    last = _last_revolution(trajectory, body)
    first = int(max(0.0, np.floor((window_s[0] - end_s) / last.period_s)))
    count = int(np.ceil((window_s[1] - end_s) / last.period_s)) - first
    if count > _MOST_REVOLUTIONS:
        raise InputError(f"an extension must not take more than {_MOST_REVOLUTIONS} revolutions", value=count)
    repeated = (_repeated(last, number + 1) for number in range(first, first + count))
    arcs = (
        cut(arc, max(arc.start_s, window_s[0]), min(arc.stop_s, window_s[1]))
        for arc in repeated
        if arc.stop_s > window_s[0] and arc.start_s < window_s[1]
    )
    return replace(
        trajectory,
        arcs=(*kept, *arcs),
        proof=Proof.SAMPLED,
        approximation=_stated(trajectory, last, end_s, window_s[1]),
    )


def _last_revolution(trajectory: Trajectory, body: Body) -> _Revolution:
    if body.name not in _THIRD_BODY_RAD_S:
        raise InputError(f"an orbit can be extended about {', '.join(_THIRD_BODY_RAD_S)}", value=body.name)
    if not trajectory.arcs:
        raise InputError("an ephemeris can be extended only from its own last revolution")
    arc = trajectory.arcs[-1]
    pole = equator_from_icrf(body, trajectory.epoch + arc.stop_s)[2]
    rates, period_s = _drift(arc, body, pole, arc.stop_s)
    if arc.stop_s - arc.start_s < period_s:
        rule = f"an ephemeris to be extended must end with a whole revolution, {period_s / 3600.0:.2f} h, in one piece"
        raise InputError(rule, value=f"{(arc.stop_s - arc.start_s) / 3600.0:.2f} h")
    arc = cut(arc, arc.stop_s - period_s, arc.stop_s)
    states = arc.state(np.linspace(arc.start_s, arc.stop_s, _SAMPLES))
    momentum = np.cross(*states).mean(axis=0)
    normal = np.asarray(momentum / np.linalg.norm(momentum))
    turned = _turn(rates, normal, pole, period_s)
    step_km = float(np.linalg.norm(turned @ states[0][0] - states[0][-1]))
    return _Revolution(
        arc=arc, period_s=period_s, normal=normal, pole=pole, rates=rates,
        third_body_rad_s=_THIRD_BODY_RAD_S[body.name], step_km=step_km,
    )  # fmt: skip


def _drift(arc: Arc, body: Body, pole: FloatArray, at_s: float) -> tuple[SecularRates, float]:
    """Secular rates and period from the mean shape of the last revolution; the osculating state says how long it is."""
    position_km, velocity_km_s = (part[0] for part in arc.state(np.array([at_s])))
    energy_km2_s2 = float(velocity_km_s @ velocity_km_s) / 2.0 - body.gm_km3_s2 / float(np.linalg.norm(position_km))
    if energy_km2_s2 >= 0.0:
        raise InputError("an ephemeris can be extended only on an orbit that comes round", value="an escape")
    period_s = float(2.0 * np.pi * body.gm_km3_s2 / (-2.0 * energy_km2_s2) ** 1.5)
    grid_s = np.linspace(max(arc.start_s, at_s - period_s), at_s, _SAMPLES)
    positions_km, velocities_km_s = arc.state(grid_s)
    radii_km = np.linalg.norm(positions_km, axis=1)
    energies = np.einsum("ni,ni->n", velocities_km_s, velocities_km_s) / 2.0 - body.gm_km3_s2 / radii_km
    semi_major_km = float(-body.gm_km3_s2 / (2.0 * energies.mean()))
    momentum = np.cross(positions_km, velocities_km_s).mean(axis=0)
    rates = secular_rates(
        semi_major_km=semi_major_km,
        eccentricity=float((radii_km.max() - radii_km.min()) / (radii_km.max() + radii_km.min())),
        inclination_rad=float(np.arctan2(np.linalg.norm(np.cross(pole, momentum)), pole @ momentum)),
        gm_km3_s2=body.gm_km3_s2,
        radius_km=body.equatorial_radius_km,
        j2=body.j2,
    )
    return rates, float(2.0 * np.pi * np.sqrt(semi_major_km**3 / body.gm_km3_s2))


def _turn(rates: SecularRates, normal: FloatArray, pole: FloatArray, elapsed_s: float) -> FloatArray:
    """The rotation ``(3, 3)`` of an orbit by its drift over some time."""
    node = Rotation.from_rotvec(rates.node_rad_s * elapsed_s * pole)
    argument = Rotation.from_rotvec(rates.argument_rad_s * elapsed_s * normal)
    return np.asarray((node * argument).as_matrix())


def _repeated(last: _Revolution, number: int) -> Arc:
    """The revolution ``number`` periods later, turned by the drift over that time."""
    elapsed_s = number * last.period_s
    turn = _turn(last.rates, last.normal, last.pole, elapsed_s)
    knots_s = last.arc.knots_s + elapsed_s
    knots_s[0] = last.arc.stop_s + (number - 1) * last.period_s  # to the last bit where the one before ends
    knots_s[-1] = last.arc.stop_s + number * last.period_s
    return Arc(knots_s, last.arc.coefficients_km @ turn.T, last.arc.error_km)


def _stated(trajectory: Trajectory, last: _Revolution, end_s: float, until_s: float) -> Approximation:
    """How far the orbit may be off by the end of the window."""
    rates, elapsed_s = last.rates, until_s - end_s
    motion_rad_s = 2.0 * np.pi / last.period_s
    third_rad = 1.875 * last.third_body_rad_s**2 / motion_rad_s * elapsed_s / np.sqrt(1.0 - rates.eccentricity**2)
    node_rad = _EVEN_SHARE * abs(rates.node_rad_s) * elapsed_s * np.sin(rates.inclination_rad)
    plane_rad = min(np.pi, node_rad + third_rad)
    share = _EVEN_SHARE + _ODD_SHARE / max(rates.eccentricity, 1e-6)
    turn_rad = share * abs(rates.argument_rad_s) * elapsed_s
    height_km = rates.semi_major_km * (rates.eccentricity * min(2.0, turn_rad) + third_rad) + last.step_km
    across_km = 2.0 * rates.semi_major_km * np.sin(plane_rad / 2.0)
    how = ByLastOrbit(
        end=trajectory.epoch + end_s,
        days=elapsed_s / DAY_S,
        plane_deg=float(np.degrees(plane_rad)),
        across_km=float(across_km),
        height_km=float(height_km),
    )
    return Approximation(kind="secular J2", how=how, since_s=end_s, error_km=float(np.hypot(across_km, height_km)))
