"""Bounds of the probability of contact of a pair that flies together, against flown Clohessy-Wiltshire formations.

The referee draws initial errors, moves them by the closed form of Clohessy and Wiltshire (1960) and counts who comes
into contact, piece by piece along chords. It shares neither elements nor flux with what it judges.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import ncx2

from nearpass.encounter.equinoctial import Orbit, orbits
from nearpass.encounter.pc_stretch import StretchPc, ball_probability, parts_s, stretch_probability

GM_KM3_S2 = 42828.375
RADIUS_KM = 3800.0
TURN_RAD_S = float(np.sqrt(GM_KM3_S2 / RADIUS_KM**3))
PERIOD_S = 2.0 * np.pi / TURN_RAD_S
TRIALS = 20_000
STEP_S = 20.0
SIGMAS = 4.0
"""Of the referee's count, within which it may miss a bound by chance."""
SAMPLED = 0.03
"""Of the bound, what looking at forty revolutions of hundreds may change."""


def clohessy_wiltshire(times_s: np.ndarray) -> np.ndarray:
    """Transition matrices ``(N, 6, 6)`` of the relative state in radial, along-track and normal axes that turn."""
    n, s, c = TURN_RAD_S, np.sin(TURN_RAD_S * times_s), np.cos(TURN_RAD_S * times_s)
    found = np.zeros((len(times_s), 6, 6))
    found[:, 0, 0], found[:, 0, 3], found[:, 0, 4] = 4.0 - 3.0 * c, s / n, 2.0 * (1.0 - c) / n
    found[:, 1, 0], found[:, 1, 1] = 6.0 * (s - n * times_s), 1.0
    found[:, 1, 3], found[:, 1, 4] = 2.0 * (c - 1.0) / n, (4.0 * s - 3.0 * n * times_s) / n
    found[:, 3, 0], found[:, 3, 3], found[:, 3, 4] = 3.0 * n * s, c, 2.0 * s
    found[:, 4, 0], found[:, 4, 3], found[:, 4, 4] = 6.0 * n * (c - 1.0), -2.0 * s, 4.0 * c - 3.0
    found[:, 2, 2], found[:, 2, 5], found[:, 5, 2], found[:, 5, 5] = c, s / n, -n * s, c
    return found


@dataclass(frozen=True)
class Formation:
    """A relative state at the beginning, its sigmas in position (velocities to match), and the radius of contact."""

    state_km: tuple[float, ...]
    sigma_km: tuple[float, float, float]
    hbr_km: float
    revolutions: float = 2.0
    velocity_share: float = 0.3

    @property
    def mean(self) -> np.ndarray:
        """Relative state, its velocities given in km of motion a radian of the orbit."""
        return np.array(self.state_km) * np.repeat([1.0, TURN_RAD_S], 3)

    @property
    def covariance(self) -> np.ndarray:
        """Of the relative state at the beginning."""
        sigma = np.array(self.sigma_km)
        return np.diag(np.concatenate([sigma, self.velocity_share * TURN_RAD_S * sigma]) ** 2)

    @property
    def span_s(self) -> float:
        """The time flown together."""
        return self.revolutions * PERIOD_S


def delivered(formation: Formation, at_s: np.ndarray) -> tuple[Orbit, Orbit]:
    """Both orbits at instants, each with half of the relative covariance: what two ephemerides would say."""
    moved = clohessy_wiltshire(at_s)
    relative, covariance = moved @ formation.mean, moved @ formation.covariance @ moved.transpose(0, 2, 1)
    turn = np.zeros((len(at_s), 3, 3))
    angle = TURN_RAD_S * at_s
    turn[:, 0, 0], turn[:, 1, 0], turn[:, 0, 1], turn[:, 1, 1] = (
        np.cos(angle),
        np.sin(angle),
        -np.sin(angle),
        np.cos(angle),
    )
    turn[:, 2, 2] = 1.0
    spin = TURN_RAD_S * np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    outward = np.zeros((len(at_s), 6, 6))
    outward[:, :3, :3], outward[:, 3:, 3:], outward[:, 3:, :3] = turn, turn, turn @ spin
    chief_km, chief_km_s = RADIUS_KM * turn[:, :, 0], RADIUS_KM * TURN_RAD_S * turn[:, :, 1]
    apart = np.einsum("nij,nj->ni", outward, relative)
    half = outward @ covariance @ outward.transpose(0, 2, 1) / 2.0
    first = orbits(chief_km, chief_km_s, half, GM_KM3_S2)
    return first, orbits(chief_km + apart[:, :3], chief_km_s + apart[:, 3:], half, GM_KM3_S2)


def bounds(formation: Formation) -> StretchPc:
    at_s, edges_s = parts_s(0.0, formation.span_s, PERIOD_S)
    return stretch_probability(*delivered(formation, at_s), at_s, edges_s, formation.hbr_km)


def flown(formation: Formation, trials: int = TRIALS, step_s: float = STEP_S) -> tuple[float, float]:
    """Share of drawn formations that come into contact, at the beginning or later, and one sigma of it."""
    drawn = np.random.default_rng(11).multivariate_normal(formation.mean, formation.covariance, trials)
    times_s = np.append(np.arange(0.0, formation.span_s, step_s), formation.span_s)
    hit, before = np.zeros(trials, dtype=bool), drawn[:, :3]
    for matrix in clohessy_wiltshire(times_s[1:])[:, :3]:
        after = drawn @ matrix.T
        along = after - before
        place = np.clip(-(before * along).sum(axis=1) / (along**2).sum(axis=1), 0.0, 1.0)
        hit |= np.linalg.norm(before + place[:, None] * along, axis=1) < formation.hbr_km
        before = after
    share = float(hit.mean())
    return share, float(np.sqrt(max(share, 1.0 / trials) / trials))


CLOSED = Formation((0.2, 0.0, 0.1, 0.0, -0.4, 0.0), (0.05, 0.1, 0.05), 0.02)
FORMATIONS = {
    "closed ellipse": CLOSED,
    "one behind the other": Formation((0.0, 1.0, 0.0, 0.0, 0.0, 0.0), (0.05, 0.4, 0.05), 0.02),
    "drifting past": Formation((0.02, -0.6, 0.01, 0.0, -0.03, 0.0), (0.01, 0.02, 0.01), 0.01, revolutions=3.0),
    "touching at the beginning": Formation((0.0, 0.05, 0.01, 0.0, 0.0, 0.0), (0.02, 0.03, 0.02), 0.02),
    "through the orbit at a point": Formation((0.0, -1.2, 0.0, -0.3, 0.0, -0.2), (0.01, 0.02, 0.01), 0.02, 1.0, 0.05),
    "coming back each revolution": Formation(
        (0.0, -1.2, 0.0, -0.3, 0.0, -0.2), (3e-4, 0.1, 0.05), 0.02, revolutions=3.0, velocity_share=1e-3
    ),
    "radius of some sigmas": Formation((0.1, 0.0, 0.02, 0.0, -0.2, 0.0), (0.01, 0.02, 0.01), 0.06),
    "flat against the radius": Formation((0.05, 0.4, 0.0, 0.0, -0.1, 0.0), (0.002, 0.2, 0.002), 0.02),
}


@pytest.mark.parametrize("name", FORMATIONS)
def test_the_share_that_touches_lies_between_the_bounds(name: str) -> None:
    """Whatever the formation, the share in contact is neither above the upper bound nor below the lower."""
    found, (share, sigma) = bounds(FORMATIONS[name]), flown(FORMATIONS[name])

    assert found.least - SIGMAS * sigma <= share <= found.most + SIGMAS * sigma
    assert share > 5.0 * sigma, "a referee that sees nothing judges nothing"


def test_one_passage_is_told_exactly() -> None:
    """Where the pair passes once, both bounds are the probability."""
    once = FORMATIONS["drifting past"]
    found, (share, sigma) = bounds(once), flown(once)

    assert found.most == pytest.approx(share, abs=SIGMAS * sigma + 0.05 * share)


def test_a_month_costs_as_many_looks_as_some_days_and_says_the_same() -> None:
    """Of hundreds of revolutions a sample is summed: the upper bound is that of all of them."""
    month = Formation((0.0, 100.0, 0.0, 0.0, 0.0, 0.0), (0.1, 3.0, 0.1), 0.02, revolutions=200.0, velocity_share=0.3)
    whole = bounds(month).most
    at_s, edges_s = parts_s(0.0, month.span_s, PERIOD_S)
    first, second = delivered(month, at_s)
    parts = 0.0
    for begin in range(0, len(at_s), 4 * 25):
        rows = np.arange(begin, min(begin + 4 * 25, len(at_s)))
        edges = edges_s[begin : begin + len(rows) + 1]
        parts += stretch_probability(first.at(rows), second.at(rows), at_s[rows], edges, month.hbr_km).most

    assert whole == pytest.approx(parts, rel=SAMPLED)


@pytest.mark.parametrize("sigma_km", [0.001, 0.01, 0.1, 1.0])
@pytest.mark.parametrize("apart_sigmas", [0.0, 1.0, 6.0])
def test_a_round_density_in_a_ball_is_chi_square(sigma_km: float, apart_sigmas: float) -> None:
    """Equal sigmas: the squared distance over the variance is non-central chi-square with three degrees of freedom."""
    radius_km, mean_km = 0.02, np.array([[0.6, -0.64, 0.48]]) * apart_sigmas * sigma_km
    found = ball_probability(mean_km, np.eye(3)[None] * sigma_km**2, radius_km)

    assert found[0] == pytest.approx(ncx2.cdf((radius_km / sigma_km) ** 2, 3, apart_sigmas**2 + 1e-300), rel=1e-4)


def test_a_flat_density_in_a_ball_is_what_draws_say() -> None:
    """Three unlike sigmas, off the centre: the share of a million draws."""
    covariance, mean = np.diag([0.001, 0.02, 0.3]) ** 2, np.array([0.002, 0.01, 0.05])
    drawn = np.random.default_rng(2).multivariate_normal(mean, covariance, 1_000_000)
    inside = float((np.linalg.norm(drawn, axis=1) < 0.02).mean())

    assert ball_probability(mean[None], covariance[None], 0.02)[0] == pytest.approx(
        inside, abs=SIGMAS * np.sqrt(inside / 1e6)
    )
