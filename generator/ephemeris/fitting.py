"""Chebyshev series through states that can be had at any instant: from CSPICE, or from SGP4.

Degree 15 on intervals that are halved until the fit is within a millimetre of the source, on a grid four times finer
than the one that it was made from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.ephemeris.trajectory import Arc
from nearpass.errors import InputError

FloatArray = NDArray[np.float64]

DEGREE: Final = 15
TOLERANCE_KM: Final = 1e-6
_LONGEST_S: Final = 3_600.0
_SHORTEST_S: Final = 4.0
_BATCH: Final = 2_048  # intervals sampled at a time, so that memory stays small
_ROUGHEST_KM: Final = 1e-3
_LARGEST_KM: Final = 1.0
_GAIN: Final = 4.0  # a smooth motion gains a factor 2**16 by a halving, once the fit follows it at all


def fitted_arc(state: Callable[[FloatArray], FloatArray], start_s: float, stop_s: float) -> Arc:
    """Chebyshev series that follow a function of time, with the greatest error found on a finer grid.

    Each interval is sampled at its Chebyshev points and then compared at four times as many points, ends included. It
    is halved until it meets the tolerance. Halving also ends where the ephemeris itself is not smooth: at the shortest
    length, or where two halvings in a row gained little and what is left is under a metre (the two-body arcs of SPK
    type 5 meet with steps of decimetres). What is left is the arc's error.

    Args:
        state: States ``(N, 6)`` in km and km/s at offsets ``(N,)``.
        start_s: First offset.
        stop_s: Last offset.

    Raises:
        InputError: for a state that is not finite, or steps of kilometres that no fit can follow.

    """
    count = max(1, int(np.ceil((stop_s - start_s) / _LONGEST_S)))
    edges_s = np.linspace(start_s, stop_s, count + 1)
    pending = np.stack([edges_s[:-1], edges_s[1:]], axis=1)
    done: list[tuple[FloatArray, FloatArray]] = []
    worst_km = 0.0
    history_km = np.full((len(pending), 2), np.inf)
    while len(pending):
        fits = [_fit(state, pending[at : at + _BATCH]) for at in range(0, len(pending), _BATCH)]
        series, errors_km = (np.concatenate(part) for part in zip(*fits, strict=True))
        lengths_s = pending[:, 1] - pending[:, 0]
        good = (errors_km <= TOLERANCE_KM) | (lengths_s < 2.0 * _SHORTEST_S)
        stuck = (errors_km > history_km[:, 0] / _GAIN) & (history_km[:, 0] > history_km[:, 1] / _GAIN)
        good |= stuck & (errors_km <= _ROUGHEST_KM)
        done.append((pending[good], series[good]))
        worst_km = max(worst_km, float(errors_km[good].max(initial=0.0)))
        history_km = np.tile(np.stack([errors_km, history_km[:, 0]], axis=1)[~good], (2, 1))
        rest = pending[~good]
        middles_s = rest.mean(axis=1)
        pending = np.concatenate([np.stack([rest[:, 0], middles_s], 1), np.stack([middles_s, rest[:, 1]], 1)])
    if worst_km > _LARGEST_KM:
        raise InputError(f"states must be smooth to {_LARGEST_KM:g} km", value=f"{worst_km:.3g} km")
    spans_s = np.concatenate([spans for spans, _ in done])
    order = np.argsort(spans_s[:, 0])
    knots_s = np.append(spans_s[order, 0], stop_s)
    return Arc(knots_s, np.concatenate([series for _, series in done])[order], worst_km)


def _fit(state: Callable[[FloatArray], FloatArray], spans_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Series ``(K, D + 1, 3)`` on spans ``(K, 2)`` and the greatest distance found on each, ``(K,)``."""
    count = DEGREE + 1
    angle = (np.arange(count) + 0.5) * (np.pi / count)
    checks = np.linspace(-1.0, 1.0, 4 * count + 1)
    places = np.concatenate([np.cos(angle), checks])
    middle_s, radius_s = spans_s.mean(axis=1), (spans_s[:, 1] - spans_s[:, 0]) / 2.0
    offsets_s = np.clip(middle_s[:, None] + radius_s[:, None] * places, spans_s[:, :1], spans_s[:, 1:])
    positions_km = state(offsets_s.ravel())[:, :3].reshape(len(spans_s), len(places), 3)
    if not np.isfinite(positions_km).all():
        raise InputError("states must be finite")
    to_series = np.cos(np.multiply.outer(np.arange(count), angle)) * (2.0 / count)
    to_series[0] /= 2.0
    series = np.einsum("dn,knx->kdx", to_series, positions_km[:, :count])
    again_km = np.einsum("nd,kdx->knx", np.polynomial.chebyshev.chebvander(checks, DEGREE), series)
    errors_km = np.linalg.norm(again_km - positions_km[:, count:], axis=2).max(axis=1)
    return series, errors_km
