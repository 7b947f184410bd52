"""What a delivery promises: age, span, gaps and covariance, against NASA's NPR 8079.1, table 5-1.

For orbits not about the Earth that table asks for a prediction over the screening interval, typically 14 to 21 days;
a delivery at least weekly; and at every point a covariance of at least the six parameters of the state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import DAY_S, NS, Epoch
from nearpass.ephemeris.lint_finding import Finding, Grade, graded
from nearpass.messages.oem_records import FloatArray, OemSegment
from nearpass.reasons.findings import (
    CovarianceShare,
    DataMissing,
    Definite,
    DefiniteRule,
    DeliveryAge,
    Gaps,
    Known,
    NoCovariance,
    Notation,
    Reach,
    SigmaGrowth,
    SpanRule,
)

Spans = Sequence[tuple[Epoch, Epoch]]

WEEK_S: Final = 7.0 * DAY_S
LEAST_PREDICTION_S: Final = 14.0 * DAY_S
LONGEST_GAP_SHARE: Final = 0.01
"""Of the window: an hour and a half in a week, the length of a manoeuvre's gap."""

SPACINGS: Final = 1.5
"""How many spacings of its states a stated end may lie beyond them."""
_CLOCK_S: Final = 1.0  # two spans that touch to a second leave no gap: files round their limits
_ROUNDED_CORRELATION: Final = 1e-4  # what printing a covariance with five digits can do to its smallest eigenvalue
_TENTHS: Final = 10


def age(
    creation: Epoch | None, cutoff: Epoch, known_by: Known | None = None, first_seen: Epoch | None = None
) -> Finding:
    """How old the delivery is at the data cut-off, and who says so; ``first_seen`` of a file that nobody dates."""
    age_s = None if creation is None else cutoff - creation
    fact = DeliveryAge(age_s=age_s, known_by=known_by, first_seen=first_seen)
    if age_s is None:
        return Finding(rule="age", grade=Grade.NOTE, fact=fact)
    return Finding(rule="age", grade=Grade.FAIL if age_s < 0.0 else graded(age_s, WEEK_S, 2.0 * WEEK_S), fact=fact)


def span(spans: Spans, cutoff: Epoch, window_s: float) -> Finding:
    """Whether the useable spans, taken from the first to the last instant, hold the window."""
    first_s = min(start for start, _ in spans) - cutoff
    last_s = max(stop for _, stop in spans) - cutoff
    rule, grade = _reach(first_s, last_s, window_s)
    return Finding(rule="span", grade=grade, fact=Reach(rule=rule, first_s=first_s, last_s=last_s, window_s=window_s))


def _reach(first_s: float, last_s: float, window_s: float) -> tuple[SpanRule, Grade]:
    if last_s <= 0.0 or first_s >= window_s:
        return "span_none", Grade.FAIL
    if first_s > _CLOCK_S:
        return "span_late", Grade.FAIL
    if last_s >= window_s - _CLOCK_S:
        return "span_full", Grade.PASS
    return ("span_two_weeks", Grade.NOTE) if last_s >= LEAST_PREDICTION_S else ("span_short", Grade.FAIL)


def complete(segments: Sequence[OemSegment]) -> Finding | None:
    """That the states do not reach the ends that the metadata state of the data (CCSDS 502.0-B, OEM metadata), or None.

    An end up to a spacing and a half of the states beyond the last of them is a matter of rounding; farther out, states
    are missing, as where a transfer was cut.
    """
    lacking = [found for segment in segments for found in _lacking(segment)]
    if not lacking:
        return None
    longest = max(lacking, key=lambda found: found.length_s or 0.0)
    return Finding(rule="complete", grade=Grade.FAIL, fact=replace(longest, others=len(lacking) - 1))


def _lacking(segment: OemSegment) -> Iterator[DataMissing]:
    """What is missing at either end of a segment."""
    epochs_ns = segment.epochs_tai_ns
    spacing_s = float(np.max(np.diff(epochs_ns))) / NS if len(epochs_ns) > 1 else 0.0
    first, last = Epoch(int(epochs_ns[0])), Epoch(int(epochs_ns[-1]))
    for key, (limit, line) in segment.limits.items():
        at_end = "STOP" in key
        length_s = limit - last if at_end else first - limit
        if length_s > max(_CLOCK_S, SPACINGS * spacing_s):
            yield DataMissing(
                key=key, stated=limit, reached=last if at_end else first, time_system=segment.time_system.value,
                line=line, length_s=length_s, at_end=at_end, others=0,
            )  # fmt: skip


def gaps(spans: Spans, cutoff: Epoch, window_s: float) -> Finding:
    """Time between the useable spans inside the window."""
    inside = sorted((max(start - cutoff, 0.0), min(stop - cutoff, window_s)) for start, stop in spans)
    found_s: list[float] = []
    reached_s: float | None = None
    for begin_s, end_s in inside:
        if end_s <= begin_s:
            continue
        if reached_s is not None and begin_s - reached_s > _CLOCK_S:
            found_s.append(begin_s - reached_s)
        reached_s = end_s if reached_s is None else max(reached_s, end_s)
    fact = Gaps(count=len(found_s), longest_s=max(found_s, default=0.0), total_s=sum(found_s))
    if not found_s:
        return Finding(rule="gaps", grade=Grade.PASS, fact=fact)
    grade = Grade.NOTE if sum(found_s) <= LONGEST_GAP_SHARE * window_s else Grade.FAIL
    return Finding(rule="gaps", grade=grade, fact=fact)


def covariance_presence(segments: Sequence[OemSegment]) -> Finding:
    """Whether there is a covariance, and one at each state.

    A missing covariance is noted rather than failed: few ephemerides of deep space carry one, and distances and times
    of closest approach do not need it.
    """
    nodes = np.unique(np.concatenate([segment.epochs_tai_ns for segment in segments]))
    held = [segment.covariances.epochs_tai_ns for segment in segments if segment.covariances is not None]
    if not held:
        return Finding(rule="covariance", grade=Grade.NOTE, fact=NoCovariance(rule="message_without_covariance"))
    epochs = np.unique(np.concatenate(held))
    share = float(np.isin(nodes, epochs).mean())
    fact = CovarianceShare(covariances=len(epochs), states=len(nodes), share=share)
    return Finding(rule="covariance", grade=Grade.PASS if share == 1.0 else Grade.NOTE, fact=fact)


def covariance_definite(matrices: FloatArray) -> Finding:
    """Whether covariances ``(N, 6, 6)`` are positive definite, judged on their correlations, which have no unit."""
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    bad = ~(variances > 0.0).all(axis=1)
    scale = 1.0 / np.sqrt(np.where(variances > 0.0, variances, 1.0))
    with np.errstate(over="ignore", invalid="ignore"):
        correlations = matrices * scale[:, :, None] * scale[:, None, :]
    finite = np.isfinite(correlations).all(axis=(1, 2))
    smallest = np.full(len(matrices), -np.inf)
    if (finite & ~bad).any():
        smallest[finite & ~bad] = np.linalg.eigvalsh(correlations[finite & ~bad])[:, 0]
    least = float(smallest.min())
    rule: DefiniteRule = "covariances_definite"
    grade = Grade.PASS
    if not least > 0.0:
        rounded = least > -_ROUNDED_CORRELATION
        rule, grade = ("covariances_rounded", Grade.NOTE) if rounded else ("covariances_indefinite", Grade.FAIL)
    fact = Definite(rule=rule, least=least, count=int((smallest <= 0.0).sum()))
    return Finding(rule="covariance definite", grade=grade, fact=fact)


def covariance_growth(epochs_tai_ns: NDArray[np.int64], matrices: FloatArray, cutoff: Epoch) -> Finding | None:
    """Whether the uncertainty of the position grows after the cut-off; None with too few covariances to tell.

    The middle of the first tenth is compared with that of the last, so that the swing within a revolution counts less.
    """
    order = np.argsort(epochs_tai_ns, kind="stable")
    after = order[epochs_tai_ns[order] >= cutoff.tai_ns]
    if len(after) < 3:
        return None
    variances_km2 = np.trace(matrices[after, :3, :3], axis1=1, axis2=2)
    sigmas_km = np.sqrt(np.maximum(variances_km2, 0.0))
    tenth = max(1, len(sigmas_km) // _TENTHS)
    first_km, last_km = float(np.median(sigmas_km[:tenth])), float(np.median(sigmas_km[-tenth:]))
    grade = Grade.PASS if last_km > first_km else Grade.NOTE
    return Finding(rule="covariance growth", grade=grade, fact=SigmaGrowth(first_km=first_km, last_km=last_km))


def notation(notes: Sequence[str]) -> Iterator[Finding]:
    """What a file writes in its own way and was read all the same; nothing where there is none of that."""
    if notes:
        yield Finding(rule="notation", grade=Grade.NOTE, fact=Notation(notes=tuple(notes)))
