"""Several encounters of one pair: the probability that any of them is a collision.

Expected numbers add up whatever the encounters share; probabilities do not, because the errors of one orbit act on all
of its encounters alike. For a slow pair each entry into the hard-body sphere is therefore followed back to the
beginning of the first encounter, and counts if it is the pair's first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.encounter.equinoctial import Orbit
from nearpass.encounter.pc3d import Expected, find_peak, nc_3d, whole_span
from nearpass.encounter.pc_monte_carlo import first_entries

FloatArray = NDArray[np.float64]

TRIALS: Final = 4000
NEGLIGIBLE_SHARE: Final = 1e-6  # of all entries expected: those of such an encounter are not followed back


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passage:
    """One encounter of the pair: its orbits with uncertain elements at its TCA, and that TCA on a common clock."""

    first: Orbit
    second: Orbit
    tca_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Probability that any of the encounters is a collision, with the expected number and the simulation's sigma."""

    pc: float
    expected: float
    standard_error: float


def repeated_probability(
    passages: Sequence[Passage], hbr_km: float, *, seed: int = 1, edges_s: Sequence[float] | None = None
) -> Repeated:
    """Probability that a pair collides in any of several encounters that two-body motion connects.

    Args:
        passages: The encounters in order of time, within a few revolutions.
        hbr_km: Combined hard-body radius.
        seed: Of the draws of entries.
        edges_s: Where the time of each begins, and that of the last ends; by default from a quarter of a revolution
            before the first to as long after the last, parted in the middle between two.
    """
    before_s, after_s = whole_span(passages[0].first, passages[0].second)
    middles = [(one.tca_s + other.tca_s) / 2.0 for one, other in pairwise(passages)]
    edges = edges_s or [passages[0].tca_s + before_s, *middles, passages[-1].tca_s + after_s]
    found = expected_numbers(passages, hbr_km, edges)
    numbers = np.array([one.number for one in found])
    shares, errors = np.ones(len(passages)), np.zeros(len(passages))
    for index in np.flatnonzero(numbers > NEGLIGIBLE_SHARE * numbers.sum()).tolist():
        one, own = passages[index], found[index]
        # Entries are drawn where they are: a fast passage is a few seconds of its part of the time.
        entries = first_entries(
            one.first, one.second, hbr_km, (own.start_s, own.stop_s),
            trials=TRIALS, seed=seed + index, since_s=edges[0] - one.tca_s,
        )  # fmt: skip
        shares[index], errors[index] = entries.apart, entries.apart_error
    return Repeated(
        pc=min(1.0, float(numbers @ shares)),
        expected=float(numbers.sum()),
        standard_error=float(np.linalg.norm(numbers * errors)),
    )


def expected_numbers(
    passages: Sequence[Passage], hbr_km: float, edges_s: Sequence[float], *, coarse: bool = False
) -> list[Expected]:
    """Expected number of entries in each encounter's own part of the time.

    Args:
        passages: The encounters in order of time.
        hbr_km: Combined hard-body radius.
        edges_s: Where the time of each begins, and that of the last ends.
        coarse: Whether a percent is good enough.
    """
    found = []
    for one, (start_s, stop_s) in zip(passages, pairwise(edges_s), strict=True):
        pair, span_s = (one.first, one.second), (start_s - one.tca_s, stop_s - one.tca_s)
        found.append(nc_3d(*pair, hbr_km, find_peak(*pair, hbr_km), span_s, coarse=coarse))
    return found
