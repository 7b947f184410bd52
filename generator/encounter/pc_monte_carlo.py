"""Monte Carlo: the referee of the probability of collision, and the share of entries that are a pair's first.

Pairs of orbits are drawn in elements, moved by two-body motion, and each is followed until its distance is proven to
stay above the hard-body radius or to fall below it. What is counted is entering the hard-body sphere within the span,
once a pair. A pair that is in contact when the span begins has collided before it: it does not count, also if it leaves
and comes back. (Alfano 2009 counts such pairs as collisions in his case 9, CARA's rerun of it does not.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy  # its statistics are loaded when they are first used: they take as long as all the rest of it
from numpy.typing import NDArray

from nearpass.encounter.equinoctial import Orbit
from nearpass.encounter.pc3d import overlap
from nearpass.encounter.pc_flux import flux, mean_inward_km_s, surface

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

BATCH: Final = 20_000
FIRST_ANGLE_RAD: Final = 0.3  # of the orbit, half of the first pieces of the span
BEND_HBR: Final = 1e-4  # a chord that deviates from the path by less than this decides
MARGIN: Final = 2.0  # on the estimated deviation of a chord from the path
ENTRY_TIMES: Final = 256
RELEASE_STEPS: Final = 200  # instants at which a pair in contact is looked at until it has come apart
ENTRY_NODES: Final = 24, 16  # heights, and points on each arc, of the sphere at each instant
MEETING_STEPS: Final = 4
STEP_BACK_HBR: Final = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class MonteCarlo:
    """Outcome of a simulation: ``pc`` with its exact (Clopper-Pearson) interval at ``confidence``."""

    pc: float
    low: float
    high: float
    confidence: float
    hits: int
    in_contact_at_start: int
    trials: int
    seed: int
    start_s: float
    stop_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstEntries:
    """Share of the expected entries that are the first of their pair in the span, with its standard error.

    ``apart`` is the share that are, besides, by a pair not in contact when the span begins, with ``apart_error``.
    """

    share: float
    standard_error: float
    apart: float
    apart_error: float


def monte_carlo(
    first: Orbit,
    second: Orbit,
    hbr_km: float,
    span_s: tuple[float, float],
    *,
    trials: int,
    seed: int,
    confidence: float = 0.95,
) -> MonteCarlo:
    """Share of pairs that come into contact within a span, counted from the nominal TCA in seconds.

    Args:
        first: The primary.
        second: The secondary.
        hbr_km: Combined hard-body radius.
        span_s: Start and stop; `Expected` of `pc3d.nc_3d` holds a span chosen from the encounter.
        trials: Number of pairs.
        seed: Of numpy's generator: the same seed gives the same result.
        confidence: Level of the interval.
    """
    generator = np.random.default_rng(seed)
    hits = inside = 0
    for begin in range(0, trials, BATCH):
        count = min(BATCH, trials - begin)
        drawn = _draw(first, count, generator), _draw(second, count, generator)
        starts, stops = np.full(count, float(span_s[0])), np.full(count, float(span_s[1]))
        within, free_s = _release(first, second, drawn, hbr_km, starts, stops)
        inside += int(within.sum())
        hits += int((in_contact(first, second, drawn, hbr_km, free_s, stops) & ~within).sum())
    interval = scipy.stats.binomtest(hits, trials).proportion_ci(confidence_level=confidence, method="exact")
    return MonteCarlo(
        pc=hits / trials,
        low=float(interval.low),
        high=float(interval.high),
        confidence=confidence,
        hits=hits,
        in_contact_at_start=inside,
        trials=trials,
        seed=seed,
        start_s=span_s[0],
        stop_s=span_s[1],
    )


def first_entries(
    first: Orbit,
    second: Orbit,
    hbr_km: float,
    span_s: tuple[float, float],
    *,
    trials: int,
    seed: int,
    since_s: float | None = None,
) -> FirstEntries:
    """Which share of the expected entries in a span is the first of its pair.

    The expected number counts a pair again each time it comes back. Entries are drawn from the rate itself, weighted by
    the inward speed, and each pair is followed back to the start of the span: the probability of collision is the
    expected number times the share without an earlier entry. That a pair which is in contact at the start comes back
    is an entry like any other, but no new collision: objects that fly together need the share ``apart``.

    Args:
        first: The primary.
        second: The secondary.
        hbr_km: Combined hard-body radius.
        span_s: Within which the entries lie, seconds from the nominal TCA.
        trials: Number of entries drawn.
        seed: Of numpy's generator.
        since_s: Back to when an earlier entry counts; None for the start of the span.
    """
    begin_s = span_s[0] if since_s is None else since_s
    generator = np.random.default_rng(seed)
    times, pairs, weights = _draw_entries(first, second, hbr_km, span_s, trials, generator)
    if not len(times):
        return FirstEntries(share=1.0, standard_error=0.0, apart=1.0, apart_error=0.0)
    ahead_s = _step_back(first, second, pairs, times, hbr_km)
    stops = np.maximum(times - ahead_s, begin_s)
    within, free_s = _release(first, second, pairs, hbr_km, np.full(len(times), float(begin_s)), stops)
    earlier = in_contact(first, second, pairs, hbr_km, free_s, stops)
    share, error = _weighted_share(~earlier, weights)
    apart, apart_error = _weighted_share(~earlier & ~within, weights)
    return FirstEntries(share=share, standard_error=error, apart=apart, apart_error=apart_error)


def _weighted_share(chosen: BoolArray, weights: FloatArray) -> tuple[float, float]:
    total = float(weights.sum())
    share = float(weights[chosen].sum()) / total
    return share, float(np.sqrt(((weights * (chosen - share)) ** 2).sum())) / total


def in_contact(
    first: Orbit,
    second: Orbit,
    pairs: tuple[FloatArray, FloatArray],
    hbr_km: float,
    start_s: FloatArray,
    stop_s: FloatArray,
) -> BoolArray:
    """Which pairs of orbits come closer than the hard-body radius between their start and stop, ``(N,)``.

    Each piece of time is judged by the chord through its middle. The path deviates from it by at most half the relative
    acceleration times the time squared, plus what that acceleration may change; a piece that this leaves undecided is
    halved.

    Args:
        first: Orbit whose motion the first elements follow.
        second: The same for the second.
        pairs: Elements of both objects, each ``(N, 6)``.
        hbr_km: Contact distance.
        start_s: Seconds from the nominal TCA, ``(N,)``; NaN where there is nothing to ask.
        stop_s: Not before the start.
    """
    contact = np.zeros(len(start_s), dtype=bool)
    longest_s = float(np.nan_to_num(stop_s - start_s).max(initial=0.0))
    pieces = max(1, int(np.ceil(longest_s * max(first.mean[0], second.mean[0]) / (2.0 * FIRST_ANGLE_RAD))))
    asked = np.flatnonzero(~np.isnan(start_s))
    rows = np.repeat(asked, pieces)
    half = ((stop_s - start_s) / (2.0 * pieces))[rows]
    middle = start_s[rows] + half * (2.0 * np.tile(np.arange(pieces), asked.size) + 1.0)
    while rows.size:
        hit, open_ = np.empty(rows.size, dtype=bool), np.empty(rows.size, dtype=bool)
        for begin in range(0, rows.size, BATCH * 4):
            part = slice(begin, begin + BATCH * 4)
            elements = pairs[0][rows[part]], pairs[1][rows[part]]
            hit[part], open_[part] = _judge(first, second, elements, middle[part], half[part], hbr_km)
        contact[rows[hit]] = True
        keep = open_ & ~contact[rows]
        rows = np.repeat(rows[keep], 2)
        half = np.repeat(half[keep] / 2.0, 2)
        middle = np.repeat(middle[keep], 2) + half * np.tile([-1.0, 1.0], int(keep.sum()))
    return contact


def _judge(
    first: Orbit,
    second: Orbit,
    elements: tuple[FloatArray, FloatArray],
    middle: FloatArray,
    half: FloatArray,
    hbr_km: float,
) -> tuple[BoolArray, BoolArray]:
    """For pieces of time: contact proven, and undecided."""
    (one_km, one_km_s), (two_km, two_km_s) = first.states(elements[0], middle), second.states(elements[1], middle)
    apart, velocity = two_km - one_km, two_km_s - one_km_s
    radii = np.linalg.norm(one_km, axis=1), np.linalg.norm(two_km, axis=1)
    pull = first.gm_km3_s2 * (one_km / radii[0][:, None] ** 3 - two_km / radii[1][:, None] ** 3)
    rate2 = first.gm_km3_s2 / np.minimum(*radii) ** 3
    speed, distance = np.linalg.norm(velocity, axis=1), np.linalg.norm(apart, axis=1)
    fastest = np.maximum(np.linalg.norm(one_km_s, axis=1), np.linalg.norm(two_km_s, axis=1)) / np.minimum(*radii)
    jerk = rate2 * (4.0 * speed + 12.0 * distance * fastest)
    bend = MARGIN * (np.linalg.norm(pull, axis=1) * half**2 / 2.0 + jerk * half**3 / 6.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        nearest = np.nan_to_num(-np.einsum("ni,ni->n", apart, velocity) / speed**2)
    chord = np.linalg.norm(apart + velocity * np.clip(nearest, -half, half)[:, None], axis=1)
    straight = bend < BEND_HBR * hbr_km
    slow_turn = half * np.sqrt(rate2) < 2.0 * FIRST_ANGLE_RAD  # the estimate of the deviation holds
    hit = (chord + bend < hbr_km) | (straight & (chord < hbr_km))
    clear = slow_turn & ((chord - bend > hbr_km) | (straight & (chord >= hbr_km)))
    return hit & slow_turn, ~clear & ~(hit & slow_turn)


def _draw(orbit: Orbit, count: int, generator: np.random.Generator) -> FloatArray:
    return np.asarray(orbit.mean + generator.standard_normal((count, 6)) @ _root(orbit.covariance).T)


def _root(covariance: FloatArray) -> FloatArray:
    """Matrix whose product with its transpose is the covariance; negative eigenvalues, being rounding, are dropped."""
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale[scale == 0.0] = 1.0
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    return np.asarray(scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0)))


def _release(
    first: Orbit,
    second: Orbit,
    pairs: tuple[FloatArray, FloatArray],
    hbr_km: float,
    start_s: FloatArray,
    stop_s: FloatArray,
) -> tuple[BoolArray, FloatArray]:
    """Which pairs are in contact at the start, and from when on each is free: the start, or the first instant apart."""

    def distance_km(rows: NDArray[np.intp], at_s: FloatArray) -> FloatArray:
        apart = second.states(pairs[1][rows], at_s)[0] - first.states(pairs[0][rows], at_s)[0]
        return np.asarray(np.linalg.norm(apart, axis=1))

    within = distance_km(np.arange(len(start_s)), start_s) < hbr_km
    free_s = start_s.copy()
    rows = np.flatnonzero(within)
    if rows.size:
        grid_s = start_s[rows, None] + (stop_s - start_s)[rows, None] * np.linspace(0.0, 1.0, RELEASE_STEPS)
        apart = distance_km(np.repeat(rows, RELEASE_STEPS), grid_s.ravel()).reshape(grid_s.shape) >= hbr_km
        free_s[rows] = np.where(apart.any(axis=1), grid_s[np.arange(rows.size), apart.argmax(axis=1)], stop_s[rows])
        # Never apart: there is no time left in which to enter; an empty piece would still see the contact.
        held = rows[~apart.any(axis=1)]
        free_s[held] = np.nan
    return within, free_s


def _draw_entries(
    first: Orbit, second: Orbit, hbr_km: float, span_s: tuple[float, float], trials: int, generator: np.random.Generator
) -> tuple[FloatArray, tuple[FloatArray, FloatArray], FloatArray]:
    """Instants ``(M,)``, pairs of elements and weights of entries into the sphere, drawn from their rate."""
    edges = np.linspace(*span_s, ENTRY_TIMES + 1)
    grid = edges[:-1] + generator.random(ENTRY_TIMES) * np.diff(edges)
    state = overlap(first, second, grid, hbr_km)
    given = flux(state.mean, state.covariance, hbr_km)
    points = surface(given, hbr_km, *ENTRY_NODES)
    share = np.where(state.found[points.instant], points.flux_per_s, 0.0)
    if not share.sum() > 0.0:
        return np.empty(0), (np.empty((0, 6)), np.empty((0, 6))), np.empty(0)
    chosen = generator.choice(len(share), size=trials, p=share / share.sum())
    at, unit = points.instant[chosen], points.unit[chosen]
    outward = np.einsum("nij,nj->ni", given.axes[at].transpose(0, 2, 1), unit)
    drawn = _draw(first, trials, generator), _draw(second, trials, generator)
    near = state.first[at], state.second[at]
    pairs = _meeting(first, second, drawn, near, grid[at], hbr_km * outward)
    velocity = second.states(pairs[1], grid[at])[1] - first.states(pairs[0], grid[at])[1]
    inward_km_s = np.maximum(-np.einsum("ni,ni->n", velocity, outward), 0.0)
    # The choice of the point already holds the mean inward speed there; the weight is what the drawn speed adds to it.
    expected = mean_inward_km_s(given.at(at), hbr_km, unit)
    kept = (inward_km_s > 0.0) & (expected > 0.0)
    return grid[at][kept], (pairs[0][kept], pairs[1][kept]), inward_km_s[kept] / expected[kept]


def _meeting(
    first: Orbit,
    second: Orbit,
    drawn: tuple[FloatArray, FloatArray],
    near: tuple[FloatArray, FloatArray],
    at_s: FloatArray,
    apart_km: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """The pairs nearest to the drawn ones that are ``apart_km`` ``(N, 3)`` from each other: draws given that.

    Conditioning by correction (Hoffman and Ribak 1991), repeated because the position is not quite linear in the
    elements.
    """
    for _ in range(MEETING_STEPS):
        parts = [
            (one.covariance, draw, state, by[:, :3], (by[:, :3] @ (draw - own)[..., None])[..., 0])
            for one, draw, own, (state, by) in (
                (first, drawn[0], near[0], first.linearised(near[0], at_s)),
                (second, drawn[1], near[1], second.linearised(near[1], at_s)),
            )
        ]
        variance = sum(by @ covariance @ by.transpose(0, 2, 1) for covariance, _, _, by, _ in parts)
        found = parts[1][2][:, :3] + parts[1][4] - parts[0][2][:, :3] - parts[0][4]
        pull = np.linalg.solve(variance, (apart_km - found)[..., None])
        near = tuple(  # type: ignore[assignment]  # two parts, two results
            draw + sign * (covariance @ by.transpose(0, 2, 1) @ pull)[..., 0]
            for sign, (covariance, draw, _, by, _) in zip((-1.0, 1.0), parts, strict=True)
        )
    return near


def _step_back(
    first: Orbit, second: Orbit, pairs: tuple[FloatArray, FloatArray], at_s: FloatArray, hbr_km: float
) -> FloatArray:
    """Seconds before an entry at which the pair is surely outside again, so that the entry itself is not found."""
    (one_km, one_km_s), (two_km, two_km_s) = first.states(pairs[0], at_s), second.states(pairs[1], at_s)
    closing = -np.einsum("ni,ni->n", two_km - one_km, two_km_s - one_km_s) / hbr_km
    return np.asarray(STEP_BACK_HBR * hbr_km / np.maximum(closing, np.finfo(float).tiny))
