"""From mean elements to motion: SGP4, its axes turned to ICRF, and Chebyshev series fitted to that.

Time runs from the elements' epoch in uniform seconds, so a leap second between the epoch and a state moves nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sgp4.api import SGP4_ERRORS

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import Frame
from nearpass.astro.teme import icrf_from_teme
from nearpass.ephemeris.fitting import fitted_arc
from nearpass.ephemeris.trajectory import Proof, Trajectory
from nearpass.errors import InputError
from nearpass.messages.elements_record import ElementSet

FloatArray = NDArray[np.float64]

_STEP_S: Final = 60.0
_CLOCK_S: Final = 1e-3
_LEAST_S: Final = 1.0  # what is shorter is no motion; absurd drag makes SGP4 fail at once


def teme_states(item: ElementSet, epoch: Epoch, offsets_s: FloatArray) -> tuple[NDArray[np.uint8], FloatArray]:
    """sgp4's error numbers ``(N,)`` and states ``(N, 6)`` in TEME, km and km/s, at offsets ``(N,)`` from ``epoch``."""
    days = (np.asarray(offsets_s, dtype=np.float64) + (epoch - item.epoch)) / DAY_S
    satrec = item.satrec
    whole = np.full(len(days), satrec.jdsatepoch)
    errors, positions_km, velocities_km_s = satrec.sgp4_array(whole, satrec.jdsatepochF + days)
    return errors, np.concatenate([positions_km, velocities_km_s], axis=1)


def trajectory_from_elements(item: ElementSet, *, epoch: Epoch, window_s: tuple[float, float]) -> Trajectory:
    """The motion about the Earth's centre in ICRF axes inside a window, up to where SGP4 gives no more states.

    The series are compared with SGP4 on a grid four times finer than the one that they were made from; the largest
    distance found is the arc's error. How far SGP4 itself is from the truth is another matter: a kilometre at epoch and
    more with every day.

    Args:
        item: The mean elements.
        epoch: Reference of all offsets.
        window_s: The stretch wanted, in seconds from ``epoch``.

    Raises:
        InputError: if SGP4 gives no state at the start of the window, with its reason.

    """
    start_s, stop_s = window_s
    end_s = _end_s(item, epoch, start_s, stop_s)
    rotation = icrf_from_teme(epoch, start_s, end_s)

    def states(offsets_s: FloatArray) -> FloatArray:
        _, in_teme = teme_states(item, epoch, offsets_s)
        axes = rotation(offsets_s)
        return np.concatenate(
            [np.einsum("nij,nj->ni", axes, part) for part in (in_teme[:, :3], in_teme[:, 3:])], axis=1
        )

    return Trajectory(
        object_id=str(item.number),
        frame=Frame.icrf(body_named("EARTH")),
        epoch=epoch,
        arcs=(fitted_arc(states, start_s, end_s),),
        proof=Proof.SAMPLED,
    )


def failure_of(item: ElementSet, moment: Epoch) -> int:
    """The number of the error for which SGP4 gives no state at an instant, 0 if it gives one."""
    (error,), _ = teme_states(item, moment, np.zeros(1))
    return int(error)


def _end_s(item: ElementSet, epoch: Epoch, start_s: float, stop_s: float) -> float:
    """Up to where SGP4 gives states: the end of the window, or the last millisecond before it fails, as by decay."""
    steps = max(1, int(np.ceil((stop_s - start_s) / _STEP_S)))
    grid_s = np.linspace(start_s, stop_s, steps + 1)
    errors, _ = teme_states(item, epoch, grid_s)
    if not errors.any():
        return stop_s
    first = int(np.argmax(errors != 0))
    rule = f"SGP4 must give a state at {(epoch + start_s).iso(digits=0)} UTC"
    if first == 0:
        raise InputError(rule, value=SGP4_ERRORS[int(errors[0])], line=item.line)
    good_s, bad_s = float(grid_s[first - 1]), float(grid_s[first])
    while bad_s - good_s > _CLOCK_S:
        middle_s = (good_s + bad_s) / 2.0
        failed = teme_states(item, epoch, np.array([middle_s]))[0].any()
        good_s, bad_s = (good_s, middle_s) if failed else (middle_s, bad_s)
    if good_s - start_s < _LEAST_S:
        raise InputError(rule, value=SGP4_ERRORS[int(errors[first])], line=item.line)
    return good_s
