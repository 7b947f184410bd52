"""An encounter with both covariances: its plane, its orbits and its peaks, and how these change with the sigmas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearpass.encounter.equinoctial import Orbit
from nearpass.encounter.pc2d import EncounterPlanes, foster_pc, project
from nearpass.encounter.pc3d import Peak, find_peak, find_peaks, overlap
from nearpass.encounter.pc_encounter import PcInput, dynamic_period_s, uncertain_orbits
from nearpass.encounter.pc_flux import flux
from nearpass.encounter.pc_sensitivity import pc_by_hbr, pc_plane
from nearpass.encounter.pc_validity import ShortEncounter, Usage, short_encounter, straight_peak, usage
from nearpass.reasons.probabilities import OrbitReason

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """An encounter with covariances: its plane, its orbits or why there are none, the peaks and the usage figures.

    ``period_s`` is that of the shorter orbit, or of a circular one where an orbit is not closed.
    """

    planes: EncounterPlanes
    orbits: tuple[Orbit, Orbit] | None
    refusal: OrbitReason | None
    peak: Peak | None
    straight: Peak | None
    usage: Usage
    period_s: float
    bounds: ShortEncounter | None


def case_of(given: PcInput, covariance_km2: FloatArray) -> Case:
    """What the methods need to know of an encounter with both covariances.

    Args:
        given: States and covariances.
        covariance_km2: Combined position covariance, shape ``(3, 3)``.
    """
    states = given.encounter.miss_vector_km, given.encounter.relative_velocity_km_s
    orbits, refusal = uncertain_orbits(given.encounter)
    peak = find_peak(*orbits, given.hbr_km) if orbits else None
    straight = straight_peak(*states, covariance_km2)
    period_s = min(one.period_s for one in orbits) if orbits else dynamic_period_s(given.encounter)
    return Case(
        planes=project(states[0][None], states[1][None], covariance_km2[None], np.array([given.hbr_km])),
        orbits=orbits,
        refusal=refusal,
        peak=peak,
        straight=straight,
        period_s=period_s,
        usage=usage(straight, peak, period_s, judged=orbits is not None),
        bounds=short_encounter(*states, covariance_km2, given.hbr_km),
    )


def covariance_plane(given: PcInput, sigma_factors: FloatArray) -> FloatArray:
    """Probability ``(K, K)`` for factors on the sigmas of the primary (rows) and the secondary (columns).

    In the encounter plane; where curved motion matters, in the plane at the peak of the collision rate, found anew for
    each pair of factors. NaN where there is none, as without covariances or for objects that fly together.
    """
    primary, secondary = (one.covariance for one in given.encounter.states)
    if primary is None or secondary is None:
        return np.full((len(sigma_factors), len(sigma_factors)), np.nan)
    case = case_of(given, primary + secondary)
    if not case.usage.violations or case.orbits is None:
        return pc_plane(
            given.encounter.miss_vector_km,
            given.encounter.relative_velocity_km_s,
            primary.matrix[:3, :3],
            secondary.matrix[:3, :3],
            given.hbr_km,
            sigma_factors,
        )
    rows, columns = (np.ravel(grid) for grid in np.meshgrid(sigma_factors, sigma_factors, indexing="ij"))
    pairs = case.orbits[0].scaled(rows), case.orbits[1].scaled(columns)
    values = _at_peaks(pairs, find_peaks(*pairs, given.hbr_km), given.hbr_km)
    return values.reshape(len(sigma_factors), len(sigma_factors))


def sigma_curve(given: PcInput, sigma_factors: FloatArray) -> FloatArray:
    """Probability ``(K,)`` for common factors on all sigmas, each in the plane that holds with it, else NaN.

    As in `covariance_plane`, but whether curved motion matters is judged for each factor: it does for large sigmas.
    """
    encounter = given.encounter
    covariance_km2 = encounter.combined_km2
    if covariance_km2 is None:
        return np.full(len(sigma_factors), np.nan)
    miss_km, velocity_km_s = encounter.miss_vector_km, encounter.relative_velocity_km_s
    squares = sigma_factors**2
    orbits, _ = uncertain_orbits(encounter)
    in_plane = foster_pc(
        project(
            np.tile(miss_km, (len(squares), 1)),
            np.tile(velocity_km_s, (len(squares), 1)),
            squares[:, None, None] * covariance_km2,
            np.full(len(squares), given.hbr_km),
        )
    )
    if orbits is None:
        return in_plane
    pairs = orbits[0].scaled(sigma_factors), orbits[1].scaled(sigma_factors)
    peaks = find_peaks(*pairs, given.hbr_km)
    period_s = min(one.period_s for one in orbits)
    straight = [straight_peak(miss_km, velocity_km_s, square * covariance_km2) for square in squares]
    bent = np.array([
        bool(usage(line, peak, period_s, judged=True).violations) for line, peak in zip(straight, peaks, strict=True)
    ])  # fmt: skip
    return np.where(bent, _at_peaks(pairs, peaks, given.hbr_km), in_plane)


def _at_peaks(pairs: tuple[Orbit, Orbit], peaks: Sequence[Peak | None], hbr_km: float) -> FloatArray:
    """Probability ``(K,)`` of each pair in the plane at its peak; NaN where it has none."""
    values = np.full(len(peaks), np.nan)
    rows = np.array([row for row, peak in enumerate(peaks) if peak is not None], dtype=np.intp)
    if rows.size:
        offsets_s = np.array([peak.offset_s for peak in peaks if peak is not None])
        values[rows] = foster_pc(_planes_at((pairs[0].at(rows), pairs[1].at(rows)), offsets_s, hbr_km))
    return values


def hbr_curve(given: PcInput, hbr_km: FloatArray) -> FloatArray:
    """Probability ``(K,)`` for other hard-body radii, in the plane of `covariance_plane`; NaN where there is none."""
    covariance_km2 = given.encounter.combined_km2
    if covariance_km2 is None:
        return np.full(len(hbr_km), np.nan)
    case = case_of(given, covariance_km2)
    if not case.usage.violations or case.orbits is None:
        return pc_by_hbr(case.planes, hbr_km)
    if case.peak is None:
        return np.full(len(hbr_km), np.nan)
    return pc_by_hbr(curved_planes(case.orbits, case.peak, given.hbr_km), hbr_km)


def curved_planes(orbits: tuple[Orbit, Orbit], peak: Peak, hbr_km: float) -> EncounterPlanes:
    """The encounter plane at the peak of the collision rate instead of at the TCA."""
    return _planes_at(orbits, np.array([peak.offset_s]), hbr_km)


def _planes_at(orbits: tuple[Orbit, Orbit], offsets_s: FloatArray, hbr_km: float) -> EncounterPlanes:
    """Encounter planes at instants ``(K,)``, of one pair or of as many."""
    state = overlap(*orbits, offsets_s, hbr_km)
    around = flux(state.mean, state.covariance, hbr_km)
    meeting = np.einsum("nij,ni->nj", around.axes, around.at_centre_km_s)
    return project(state.mean[:, :3], meeting, state.covariance[:, :3, :3], np.full(len(offsets_s), hbr_km))
