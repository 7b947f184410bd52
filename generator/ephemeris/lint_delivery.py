"""What a delivery promises: age, span, gaps and covariance, against NASA's NPR 8079.1, table 5-1.

For orbits not about the Earth that table asks for a prediction over the screening interval, typically 14 to 21 days;
a delivery at least weekly; and at every point a covariance of at least the six parameters of the state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import DAY_S, NS, Epoch
from nearpass.ephemeris.lint_finding import Finding, Grade, count_text, duration_text, graded, length_text
from nearpass.messages.oem_records import FloatArray, OemSegment

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


def age(creation: Epoch | None, cutoff: Epoch, remark: str = "") -> Finding:
    """How old the delivery is at the data cut-off; ``remark`` says what that is known by, or why it is not known."""
    if creation is None:
        words = " ".join(filter(None, ("The file does not say when it was made.", remark)))
        return Finding(rule="age", grade=Grade.NOTE, value="", words=words)
    age_s = cutoff - creation
    if age_s < 0.0:
        words = "The file says that it was created after the data cut-off."
        return Finding(rule="age", grade=Grade.FAIL, value=duration_text(age_s), words=words)
    grade = graded(age_s, WEEK_S, 2.0 * WEEK_S)
    words_of = {
        Grade.PASS: "Created within the week before the data cut-off, as weekly deliveries are.",
        Grade.NOTE: "Older than a week: a delivery at least every week is asked for.",
        Grade.FAIL: "More than two weeks old: at least two weekly deliveries are missing.",
    }
    words = " ".join(filter(None, (words_of[grade], remark)))
    return Finding(rule="age", grade=grade, value=duration_text(age_s), words=words)


def span(spans: Spans, cutoff: Epoch, window_s: float) -> Finding:
    """Whether the useable spans, taken from the first to the last instant, hold the window."""
    first_s = min(start for start, _ in spans) - cutoff
    last_s = max(stop for _, stop in spans) - cutoff
    value = duration_text(max(last_s, 0.0))
    window = duration_text(window_s)
    if last_s <= 0.0 or first_s >= window_s:
        words = f"No part of the {window} to be screened is covered."
        return Finding(rule="span", grade=Grade.FAIL, value=value, words=words)
    if first_s > _CLOCK_S:
        words = f"Coverage begins {duration_text(first_s)} after the data cut-off."
        return Finding(rule="span", grade=Grade.FAIL, value=value, words=words)
    if last_s >= window_s - _CLOCK_S:
        return Finding(rule="span", grade=Grade.PASS, value=value, words=f"The {window} to be screened are covered.")
    missing = duration_text(window_s - last_s)
    if last_s >= LEAST_PREDICTION_S:
        words = f"Reaches the 14 days that are asked for, but not the last {missing} of the {window} to be screened."
        return Finding(rule="span", grade=Grade.NOTE, value=value, words=words)
    words = f"Ends {missing} before the end of the {window} to be screened, and before the 14 days that are asked for."
    return Finding(rule="span", grade=Grade.FAIL, value=value, words=words)


def complete(segments: Sequence[OemSegment]) -> Finding | None:
    """That the states do not reach the ends that the metadata state of the data (CCSDS 502.0-B, OEM metadata), or None.

    An end up to a spacing and a half of the states beyond the last of them is a matter of rounding; farther out, states
    are missing, as where a transfer was cut.
    """
    lacking = [found for segment in segments for found in _lacking(segment)]
    if not lacking:
        return None
    length_s, text = max(lacking)
    more = f" So do {count_text(len(lacking) - 1, 'other limit')}." if len(lacking) > 1 else ""
    words = f"{text}: data are missing, as where a transfer was cut.{more}"
    return Finding(rule="complete", grade=Grade.FAIL, value=duration_text(length_s), words=words)


def _lacking(segment: OemSegment) -> Iterator[tuple[float, str]]:
    """What is missing at either end of a segment: how long, and in words."""
    epochs_ns = segment.epochs_tai_ns
    spacing_s = float(np.max(np.diff(epochs_ns))) / NS if len(epochs_ns) > 1 else 0.0
    first, last = Epoch(int(epochs_ns[0])), Epoch(int(epochs_ns[-1]))
    for key, (limit, line) in segment.limits.items():
        at_end = "STOP" in key
        length_s = limit - last if at_end else first - limit
        if length_s > max(_CLOCK_S, SPACINGS * spacing_s):
            stated, reached = (epoch.iso(segment.time_system, digits=3) for epoch in (limit, last if at_end else first))
            side = "after the last state" if at_end else "before the first state"
            yield length_s, f"{key} {stated} (line {line}) lies {duration_text(length_s)} {side}, {reached}"


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
    if not found_s:
        return Finding(rule="gaps", grade=Grade.PASS, value="none", words="No gap inside the window.")
    grade = graded(sum(found_s), LONGEST_GAP_SHARE * window_s, LONGEST_GAP_SHARE * window_s)
    grade = Grade.NOTE if grade is Grade.PASS else grade
    words = f"{count_text(len(found_s), 'gap')} inside the window, the longest of {duration_text(max(found_s))}."
    return Finding(rule="gaps", grade=grade, value=duration_text(sum(found_s)), words=words)


def covariance_presence(segments: Sequence[OemSegment]) -> Finding:
    """Whether there is a covariance, and one at each state.

    A missing covariance is noted rather than failed: few ephemerides of deep space carry one, and distances and times
    of closest approach do not need it.
    """
    nodes = np.unique(np.concatenate([segment.epochs_tai_ns for segment in segments]))
    held = [segment.covariances.epochs_tai_ns for segment in segments if segment.covariances is not None]
    if not held:
        words = "No covariance: one at every point is asked for, and no probability can come from this file."
        return Finding(rule="covariance", grade=Grade.NOTE, value="none", words=words)
    epochs = np.unique(np.concatenate(held))
    share = float(np.isin(nodes, epochs).mean())
    value = f"{count_text(len(epochs), 'covariance')}, {count_text(len(nodes), 'state')}"
    if share == 1.0:
        return Finding(rule="covariance", grade=Grade.PASS, value=value, words="A covariance at every state.")
    words = f"A covariance at {share:.1%} of the states; one at every point is asked for."
    return Finding(rule="covariance", grade=Grade.NOTE, value=value, words=words)


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
    if least > 0.0:
        words = "Every covariance is positive definite."
        return Finding(rule="covariance definite", grade=Grade.PASS, value=f"{least:.1e}", words=words)
    count = int((smallest <= 0.0).sum())
    if least > -_ROUNDED_CORRELATION:
        words = f"{count_text(count, 'covariance')} not positive definite, by no more than rounded digits explain."
        return Finding(rule="covariance definite", grade=Grade.NOTE, value=f"{least:.1e}", words=words)
    words = f"{count_text(count, 'covariance')} not positive definite: no uncertainty of any object looks like that."
    value = f"{least:.1e}" if np.isfinite(least) else ""
    return Finding(rule="covariance definite", grade=Grade.FAIL, value=value, words=words)


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
    value = f"{length_text(first_km)} to {length_text(last_km)}"
    if last_km > first_km:
        words = "The uncertainty of the position grows with time, as in a prediction."
        return Finding(rule="covariance growth", grade=Grade.PASS, value=value, words=words)
    how = "stays the same" if last_km == first_km else "shrinks"
    words = f"The uncertainty of the position {how} with time; that of a prediction grows."
    return Finding(rule="covariance growth", grade=Grade.NOTE, value=value, words=words)


def notation(notes: Sequence[str]) -> Iterator[Finding]:
    """What a file writes in its own way and was read all the same; nothing where there is none of that."""
    if notes:
        words = " ".join(f"{note[:1].upper()}{note[1:]}." for note in notes)
        yield Finding(rule="notation", grade=Grade.NOTE, value=count_text(len(notes), "departure"), words=words)
