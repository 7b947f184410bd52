"""Probability of collision in a span of time that may hold several passages of one pair.

The encounter plane, and the expected number near one peak, count one passage. Over a longer span the two orbits pass
each other again, as a rule twice a revolution; each passage is then counted in its own part of the span, and entries of
pairs that had met before are left out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.encounter.equinoctial import Orbit
from nearpass.encounter.pc_encounter import PcInput, uncertain_orbits
from nearpass.encounter.pc_repeated import Passage, Repeated, expected_numbers, repeated_probability
from nearpass.encounter.pc_result import ProbabilityResult
from nearpass.errors import InputError
from nearpass.reasons.probabilities import TooLong

FloatArray = NDArray[np.float64]

QUARTER: Final = 0.26  # of a revolution about TCA in which a pair passes but once; published spans are rounded
SAMPLES: Final = 96  # a revolution, to find where the distance is least
MOST_PARTS: Final = 200


def one_passage(period_s: float, span_s: tuple[float, float]) -> bool:
    """Whether a span about the nominal TCA holds no passage but that one: a quarter of a revolution on either side."""
    return -QUARTER * period_s <= span_s[0] and span_s[1] <= QUARTER * period_s


def wider_span(given: PcInput, result: ProbabilityResult) -> tuple[float, float] | None:
    """A revolution before and after TCA where one passage was counted of a pair too slow for a short encounter.

    None where a span was asked for, or where the encounter is short, or the orbits are not known well enough to follow.
    """
    orbits, _ = uncertain_orbits(given.encounter)
    slow = any(isinstance(reason, TooLong) for reason in (result.usage.violations if result.usage else ()))
    if given.span_s is not None or orbits is None or not slow:
        return None
    period_s = min(one.period_s for one in orbits)
    return -period_s, period_s


def over_span(first: Orbit, second: Orbit, hbr_km: float, span_s: tuple[float, float], *, seed: int = 1) -> Repeated:
    """Probability that a pair collides within a span.

    Args:
        first: The primary, with uncertain elements at the nominal TCA.
        second: The secondary.
        hbr_km: Combined hard-body radius.
        span_s: Start and stop, seconds from the nominal TCA.
        seed: Of the draws of entries.

    Raises:
        InputError: for a span of more passages than can be followed.
    """
    edges_s, passages = _passages(first, second, span_s)
    return repeated_probability(passages, hbr_km, seed=seed, edges_s=edges_s)


def expected_over_span(
    first: Orbit, second: Orbit, hbr_km: float, span_s: tuple[float, float], *, coarse: bool
) -> float:
    """Expected number of entries within a span, each pair counted again whenever it comes back.

    Args:
        first: The primary, with uncertain elements at the nominal TCA.
        second: The secondary.
        hbr_km: Combined hard-body radius.
        span_s: Start and stop, seconds from the nominal TCA.
        coarse: Whether a percent is good enough.
    """
    edges_s, passages = _passages(first, second, span_s)
    return sum(found.number for found in expected_numbers(passages, hbr_km, edges_s, coarse=coarse))


def _passages(first: Orbit, second: Orbit, span_s: tuple[float, float]) -> tuple[list[float], list[Passage]]:
    edges_s, at_s = _parts(first, second, span_s)
    if len(at_s) > MOST_PARTS:
        raise InputError(f"a span must hold at most {MOST_PARTS} passages", value=f"{len(at_s)}, twice a revolution")
    return edges_s, [Passage(first=first.later(at), second=second.later(at), tca_s=at) for at in at_s]


def _parts(first: Orbit, second: Orbit, span_s: tuple[float, float]) -> tuple[list[float], list[float]]:
    """Edges of the parts of a span, each half a revolution at most, and an instant of each near its least distance."""
    start_s, stop_s = span_s
    shorter_s = min(first.period_s, second.period_s)
    times_s = np.linspace(start_s, stop_s, 3 + int(SAMPLES * (stop_s - start_s) / shorter_s))
    one_km, two_km = (orbit.states(np.tile(orbit.mean, (len(times_s), 1)), times_s)[0] for orbit in (first, second))
    apart_km = np.linalg.norm(two_km - one_km, axis=1)
    least = 1 + np.flatnonzero((apart_km[1:-1] <= apart_km[:-2]) & (apart_km[1:-1] < apart_km[2:]))
    nearest_s = times_s[least].tolist() or [(start_s + stop_s) / 2.0]
    middles_s = [(one + other) / 2.0 for one, other in pairwise(nearest_s)]
    edges_s: list[float] = [start_s]
    at_s: list[float] = []
    for near_s, stop in zip(nearest_s, [*middles_s, stop_s], strict=True):
        count = max(1, int(np.ceil((stop - edges_s[-1]) / (0.52 * shorter_s))))
        for begin, end in pairwise(np.linspace(edges_s[-1], stop, count + 1).tolist()):
            at_s.append(near_s if begin <= near_s <= end else (begin + end) / 2.0)
            edges_s.append(end)
    return edges_s, at_s
