"""What mean elements promise: how old they are, how far they are carried, how well they are followed.

A set of SGP4 elements of a low orbit is good to about a kilometre within a few days of its epoch (Kelso 2007, AAS
07-127); the error grows from there, mostly along the track.
"""

from __future__ import annotations

from typing import Final

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.ephemeris.elements_motion import failure_of
from nearpass.ephemeris.lint_finding import Finding, Grade, duration_text, graded, length_text
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.messages.elements_record import ElementSet

FEW_DAYS_S: Final = 3.0 * DAY_S
TWO_WEEKS_S: Final = 14.0 * DAY_S
FIT_PASS_KM: Final = 1e-3
_CLOCK_S: Final = 1.0


def age(epoch: Epoch, cutoff: Epoch) -> Finding:
    """How old the elements are at the data cut-off."""
    age_s = cutoff - epoch
    grade = graded(age_s, FEW_DAYS_S, TWO_WEEKS_S)
    since = f"The elements are of {epoch.iso(digits=0).replace('T', ' ')} UTC"
    words_of = {
        Grade.PASS: f"{since}, within the few days in which low orbits are good to about a kilometre.",
        Grade.NOTE: f"{since}: beyond a few days the error of a low orbit exceeds a kilometre.",
        Grade.FAIL: f"{since}: after two weeks the position along a low orbit is hardly known.",
    }
    return Finding(rule="age", grade=grade, value=duration_text(age_s), words=words_of[grade])


def reach(item: ElementSet, trajectory: Trajectory, window_s: float) -> Finding:
    """Whether the elements hold through the window, and how far from their epoch its end lies."""
    epoch = item.epoch
    reached_s = trajectory.spans_s[-1][1]
    carried = duration_text(trajectory.epoch + reached_s - epoch)
    if reached_s < window_s - _CLOCK_S:
        moment = trajectory.epoch + reached_s
        reason = failure_of(item, moment + _CLOCK_S)
        words = f"SGP4 gives no state after {moment.iso(digits=0).replace('T', ' ')} UTC, as by decay: {reason}."
        return Finding(rule="span", grade=Grade.FAIL, value=duration_text(reached_s), words=words)
    words = f"The {duration_text(window_s)} to be screened are covered; they end {carried} after the elements' epoch."
    late = trajectory.epoch + window_s - epoch > TWO_WEEKS_S
    return Finding(rule="span", grade=Grade.NOTE if late else Grade.PASS, value=duration_text(reached_s), words=words)


def fit(trajectory: Trajectory) -> Finding:
    """How far the polynomials that are screened are from SGP4."""
    error_km = max(arc.error_km for arc in trajectory.arcs)
    grade = Grade.PASS if error_km <= FIT_PASS_KM else Grade.FAIL
    words = f"The polynomials that are screened follow SGP4 to {length_text(error_km)}, by a grid four times finer."
    return Finding(rule="interpolation", grade=grade, value=length_text(error_km), words=words)
