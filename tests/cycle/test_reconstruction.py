"""Whoever has one orbit and an edition's metrics cannot place the other object better than the stated grain.

The attacker here has more than any reader: the right model of motion, a first guess at the true orbit, and every
approach within 800 km of a week. Least squares over the six elements; the bound is that of Cramer and Rao, with the
errors of rounding taken as uniform.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import least_squares

from edition_records import edition, marked_record
from fleets import CUTOFF, Kepler
from nearpass.record.marking import Grain, Show
from nearpass.release.reduction import reduced

FloatArray = NDArray[np.float64]
DAYS = 7.0
LIMIT_KM = 800.0
MARS_KM = 3396.19
PUBLIC = Kepler(MARS_KM + 290.0, 0.0086, np.radians(92.65), 0.7, 4.7, 0.2)
LOW = Kepler(3671.8867, 0.003, 1.7771, 0.5772, 3.7686, 4.5754)
HIGH = Kepler(5995.7342, 0.4474, 2.1025, 3.656, 0.5911, 2.72)


@dataclass(frozen=True)
class Attack:
    """What the attacker gets: one sigma of the position over the week, and the error really made, both in km."""

    approaches: int
    sigma_km: FloatArray
    error_km: FloatArray


def minima_s(other: Kepler) -> FloatArray:
    """Times of the local minima of the distance below the limit, seconds after the cut-off."""
    at_s = np.arange(0.0, DAYS * 86_400.0, 60.0)
    apart = np.linalg.norm(PUBLIC.state(at_s)[0] - other.state(at_s)[0], axis=1)
    middle = apart[1:-1]
    found = at_s[1:-1][(middle <= apart[:-2]) & (middle <= apart[2:]) & (middle < LIMIT_KM)]
    return refined(other, found)[0]


def refined(other: Kepler, at_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Closest approaches near given times: their times and distances, by Newton's steps of straight motion."""
    for _ in range(8):
        (p, v), (q, w) = PUBLIC.state(at_s), other.state(at_s)
        apart, rate = q - p, w - v
        at_s = at_s - np.einsum("ni,ni->n", apart, rate) / np.einsum("ni,ni->n", rate, rate)
    return at_s, np.linalg.norm(other.state(at_s)[0] - PUBLIC.state(at_s)[0], axis=1)


def told(at_s: FloatArray, miss_km: FloatArray, grain: Grain) -> tuple[FloatArray, FloatArray]:
    """What a metrics edition tells of these approaches."""
    record = marked_record({})
    one = next(event for event in record.events if (event.primary, event.secondary) == ("MRO", "TIANWEN-1"))
    events = tuple(
        replace(one, event_id=f"MRO-TIANWEN-1-20210317T0000-{number + 2}", tca=CUTOFF + float(s), miss_km=float(km))
        for number, (s, km) in enumerate(zip(at_s, miss_km, strict=True))
    )
    small = reduced(replace(record, events=events), edition({"TIANWEN-1": Show.METRICS}, grain=grain))
    assert all(event.shown == "metrics" for event in small.events)
    return np.array([e.tca - CUTOFF for e in small.events]), np.array([e.miss_km for e in small.events])


def orbit(elements: FloatArray) -> Kepler:
    """An orbit from its six elements, lengths in 10 000 km."""
    return Kepler(elements[0] * 1e4, *map(float, elements[1:]))


def attack(other: Kepler, grain: Grain) -> Attack:
    """Fit the other object's orbit to what is told of its approaches."""
    truth = np.array([
        other.a_km / 1e4, other.e, other.inclination_rad, other.node_rad, other.argument_rad, other.mean_anomaly_rad
    ])  # fmt: skip
    near_s = minima_s(other)
    tca_s, miss_km = told(*refined(other, near_s), grain)

    def residuals(elements: FloatArray) -> FloatArray:
        at_s, apart_km = refined(orbit(elements), near_s)
        uniform = np.sqrt(12.0)
        return np.concatenate([(apart_km - miss_km) * uniform / grain.miss_km, (at_s - tca_s) * uniform / grain.tca_s])

    step = 1e-8 * np.eye(6)
    jacobian = np.stack([(residuals(truth + d) - residuals(truth - d)) / 2e-8 for d in step], axis=1)
    _, singular, axes = np.linalg.svd(jacobian, full_matrices=False)
    covariance = axes.T @ np.diag(singular**-2.0) @ axes
    at_s = np.linspace(0.0, DAYS * 86_400.0, 300)
    moved = np.stack([(orbit(truth + d).state(at_s)[0] - orbit(truth - d).state(at_s)[0]) / 2e-8 for d in step], axis=2)
    sigma_km = np.sqrt(np.einsum("nik,kl,nil->n", moved, covariance, moved))
    fitted = least_squares(residuals, truth, x_scale=1e-3, method="lm")
    error_km = np.linalg.norm(orbit(fitted.x).state(at_s)[0] - other.state(at_s)[0], axis=1)
    return Attack(approaches=len(near_s), sigma_km=sigma_km, error_km=error_km)


@pytest.mark.parametrize("other", [LOW, HIGH], ids=["low", "high"])
def test_metrics_do_not_give_the_orbit_away(other: Kepler) -> None:
    """At its best instant the position is less sure than the grain, and the error made is mostly larger."""
    grain = Grain()

    found = attack(other, grain)

    assert found.approaches >= 4
    assert found.sigma_km.min() > grain.miss_km
    assert np.median(found.error_km) > grain.miss_km


def test_the_attack_is_real() -> None:
    """Were the figures not rounded, the same attacker would place the object within a hundred metres."""
    exact = Grain(miss_km=1e-6, tca_s=1e-6)

    assert attack(LOW, exact).error_km.max() < 0.1
