"""That a delivery can be used throughout: whatever a cycle computes of it alone is tried before it is accepted.

A check that comes later than this would stop the others. What fails here refuses one delivery, by name, in ``check``
and in ``run`` alike, and the next older one is tried.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nearpass.crossing.strip import prepare
from nearpass.ephemeris.trajectory import Arc, FloatArray, Trajectory
from nearpass.errors import InputError
from nearpass.ingest.delivery import Setting, check_plausible
from nearpass.record.motion import approximation_of, coverage_of, ending_of, orbit_of, profile_positions

BETWEEN: Final = np.array([0.25, 0.5, 0.75])
"""Where between two knots the motion is looked at: a polynomial through wild states swings there."""


def check_usable(trajectory: Trajectory, setting: Setting) -> None:
    """Try everything that a cycle computes from one trajectory: states anywhere, orbit, end, profile, both searches.

    Raises:
        InputError: for a state that no object can have, at or between the given ones.
        NearpassError: whatever a later stage would have raised.
    """
    if setting.accepted:
        return
    check_plausible(trajectory, setting.body)
    for arc in trajectory.arcs:
        _check_between(arc, trajectory)
        _check_covariances(arc, trajectory)
    orbit = orbit_of(trajectory, setting.body)
    coverage_of(trajectory)
    approximation_of(trajectory)
    ending_of(trajectory, setting.span_s, setting.body)
    profile_positions(trajectory, setting.window)
    if trajectory.arcs:
        prepare(trajectory, (0.0, setting.span_s), orbit.period_s if orbit else None)


def _check_between(arc: Arc, trajectory: Trajectory) -> None:
    """Between two states the motion is a number as well.

    Raises:
        InputError: where the interpolation overflows.
    """
    knots_s = arc.knots_s
    inner_s: FloatArray = (knots_s[:-1, None] + np.diff(knots_s)[:, None] * BETWEEN).ravel()
    position_km, velocity_km_s = arc.state(inner_s)
    wrong = ~np.isfinite(np.concatenate([position_km, velocity_km_s], axis=1)).all(axis=1)
    if wrong.any():
        moment = (trajectory.epoch + float(inner_s[int(np.argmax(wrong))])).iso(digits=0)
        raise InputError("the interpolation between two states must be a number", value=f"none at {moment} UTC")


def _check_covariances(arc: Arc, trajectory: Trajectory) -> None:
    """Delivered covariances are numbers.

    Raises:
        InputError: for one that is not.
    """
    table = arc.covariances
    if table is None:
        return
    wrong = ~np.isfinite(table.matrices).all(axis=(1, 2))
    if wrong.any():
        moment = (trajectory.epoch + float(table.offsets_s[int(np.argmax(wrong))])).iso(digits=0)
        raise InputError("a covariance must be of numbers", value=f"none at {moment} UTC")
