"""TEME, the axes of SGP4: true equator and mean equinox of date (Vallado et al. 2006, AIAA 2006-6753, appendix C)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline
from skyfield.api import load
from skyfield.sgp4lib import TEME

from nearpass.astro.epochs import DAY_S, Epoch

FloatArray = NDArray[np.float64]

_NODE_S: Final = DAY_S / 4
_DEGREE: Final = 7
_J2000_JD: Final = 2_451_545.0
_TT_MINUS_TAI_S: Final = 32.184


@lru_cache(maxsize=4)  # all objects of a cycle ask for the same window
def icrf_from_teme(epoch: Epoch, start_s: float, stop_s: float) -> Callable[[FloatArray], FloatArray]:
    """A function that gives rotations ``(N, 3, 3)`` from TEME to ICRF axes at offsets ``(N,)`` from ``epoch``.

    skyfield's precession, nutation (IAU 2000A) and frame bias are taken every six hours and joined by a spline of
    degree 7. The shortest periods of nutation that matter are of days, so the spline adds less than 1e-12 to any
    element, and a stretch of a month costs a tenth of a second however many objects use it.

    Args:
        epoch: Reference of the offsets.
        start_s: The first offset that will be asked for.
        stop_s: The last one.

    """
    count = max(_DEGREE + 1, int(np.ceil((stop_s - start_s) / _NODE_S)) + 1)
    nodes_s = np.linspace(start_s, max(stop_s, start_s + _NODE_S), count)
    days, fraction = np.divmod((epoch.tai_ns / 1e9 + nodes_s + _TT_MINUS_TAI_S) / DAY_S, 1.0)
    moment = load.timescale(builtin=True).tt_jd(_J2000_JD + days, fraction)
    to_teme = np.asarray(TEME.rotation_at(moment))  # (3, 3, N)
    spline = make_interp_spline(nodes_s, to_teme.transpose(2, 1, 0), k=_DEGREE)

    def rotation(offsets_s: FloatArray) -> FloatArray:
        return np.asarray(spline(offsets_s))

    return rotation
