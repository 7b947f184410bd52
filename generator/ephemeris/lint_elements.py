"""What mean elements promise: how old they are, how far they are carried, how well they are followed.

A set of SGP4 elements of a low orbit is good to about a kilometre within a few days of its epoch (Kelso 2007, AAS
07-127); the error grows from there, mostly along the track.
"""

from __future__ import annotations

from typing import Final

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.ephemeris.elements_motion import failure_of
from nearpass.ephemeris.lint_finding import Finding, Grade, graded
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.messages.elements_record import ElementSet
from nearpass.reasons.findings import ElementsAge, ElementsEnd, ElementsReach, FitError

FEW_DAYS_S: Final = 3.0 * DAY_S
TWO_WEEKS_S: Final = 14.0 * DAY_S
FIT_PASS_KM: Final = 1e-3
_CLOCK_S: Final = 1.0


def age(epoch: Epoch, cutoff: Epoch) -> Finding:
    """How old the elements are at the data cut-off."""
    age_s = cutoff - epoch
    grade = graded(age_s, FEW_DAYS_S, TWO_WEEKS_S)
    return Finding(rule="age", grade=grade, fact=ElementsAge(epoch=epoch, age_s=age_s, grade=grade.value))


def reach(item: ElementSet, trajectory: Trajectory, window_s: float) -> Finding:
    """Whether the elements hold through the window, and how far from their epoch its end lies."""
    epoch = item.epoch
    reached_s = trajectory.spans_s[-1][1]
    if reached_s < window_s - _CLOCK_S:
        moment = trajectory.epoch + reached_s
        end = ElementsEnd(at=moment, reached_s=reached_s, error=failure_of(item, moment + _CLOCK_S))
        return Finding(rule="span", grade=Grade.FAIL, fact=end)
    fact = ElementsReach(reached_s=reached_s, window_s=window_s, carried_s=trajectory.epoch + reached_s - epoch)
    late = trajectory.epoch + window_s - epoch > TWO_WEEKS_S
    return Finding(rule="span", grade=Grade.NOTE if late else Grade.PASS, fact=fact)


def fit(trajectory: Trajectory) -> Finding:
    """How far the polynomials that are screened are from SGP4."""
    error_km = max(arc.error_km for arc in trajectory.arcs)
    grade = Grade.PASS if error_km <= FIT_PASS_KM else Grade.FAIL
    return Finding(rule="interpolation", grade=grade, fact=FitError(rule="elements_fit", error_km=error_km))
