"""From tabulated states to the exact polynomials that their interpolation method defines.

CCSDS 502.0-B-3, 5.2.4 recommends a method and a degree with each table of states. Between two neighbouring nodes such
an interpolant is one polynomial, so it can be written down once, as Chebyshev coefficients, instead of being evaluated
point by point. On each interval the window of nodes is centred on the interval; at the ends of a table it is shifted
inwards. CSPICE does the same for an even number of nodes (SPK types 8, 9, 12 and 13). For an odd number CSPICE centres
the window on the node nearest to the moment, which makes it jump in the middle of each interval; here the window is
then the one centred on the earlier node, for the whole interval, so that the position stays continuous.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body
from nearpass.astro.epochs import NS, Epoch
from nearpass.astro.frames import Frame, PlanetaryEphemeris, center_id, icrf_from_axes
from nearpass.astro.local_axes import rtn_axes, tnw_axes
from nearpass.ephemeris.trajectory import Arc, CovarianceTable, Proof, Trajectory
from nearpass.errors import InputError
from nearpass.messages.oem import METHODS, OemCovariances, OemMessage, OemSegment
from nearpass.messages.oem_records import ROUNDED_NS

FloatArray = NDArray[np.float64]

# 502.0-B leaves the choice open where a file names none. Four nodes of position and velocity follow a low orbit given
# once a minute to under a millimetre, and degree 7 is what the standard's own example files recommend.
DEFAULT_METHOD: Final = "HERMITE"
DEFAULT_DEGREE: Final = 7

_CHUNK: Final = 2_048  # intervals at a time, so that the working arrays stay in the processor's cache


def arc_from_nodes(
    offsets_s: FloatArray,
    positions_km: FloatArray,
    velocities_km_s: FloatArray,
    method: str | None,
    degree: int | None,
    span_s: tuple[float, float] | None = None,
) -> Arc:
    """The interpolant of a table of states as an arc, exact but for rounding.

    ``HERMITE`` of odd degree d meets positions and velocities at (d + 1) / 2 nodes (an even degree is raised by one);
    ``LAGRANGE`` of degree d meets positions at d + 1 nodes; ``LINEAR`` is Lagrange of degree 1. The velocity of the arc
    is the derivative of its position. Where the table has fewer nodes, the degree falls to what they support.

    Args:
        offsets_s: Times of the nodes, strictly increasing, shape ``(N,)`` with N at least 2.
        positions_km: Positions at the nodes, shape ``(N, 3)``.
        velocities_km_s: Velocities at the nodes, shape ``(N, 3)``.
        method: One of :data:`METHODS` in any case; None means :data:`DEFAULT_METHOD` and :data:`DEFAULT_DEGREE`.
        degree: Degree of the polynomial.
        span_s: The stretch wanted, inside the table; the arc ends exactly there. None means the whole table.

    Raises:
        InputError: for an unknown method, a degree below 1, or fewer than two nodes.

    """
    window, hermite = window_size(method, degree, len(offsets_s))
    start_s, stop_s = span_s if span_s is not None else (float(offsets_s[0]), float(offsets_s[-1]))
    last_interval = len(offsets_s) - 2
    first = int(np.clip(np.searchsorted(offsets_s, start_s, side="right") - 1, 0, last_interval))
    last = int(np.clip(np.searchsorted(offsets_s, stop_s, side="left") - 1, first, last_interval))
    coefficients_km = np.empty((last - first + 1, 2 * window if hermite else window, 3))
    for begin in range(first, last + 1, _CHUNK):
        end = min(begin + _CHUNK, last + 1)
        interval = np.arange(begin, end)
        left_s, right_s = offsets_s[begin:end], offsets_s[begin + 1 : end + 1]
        members = _windows(interval, window, len(offsets_s))
        places = ((2.0 * offsets_s[members] - left_s) - right_s) / (right_s - left_s)
        slopes_km = velocities_km_s[members] * ((right_s - left_s) / 2.0)[:, None] if hermite else None
        chebyshev_km = _chebyshev_through(places, positions_km[members], slopes_km)
        coefficients_km[begin - first : end - first] = np.moveaxis(chebyshev_km, 0, 1)
    knots_s = offsets_s[first : last + 2].copy()
    return cut(Arc(knots_s, coefficients_km, 0.0), start_s, stop_s)


@np.errstate(all="ignore")  # absurd numbers overflow, and are then refused as such
def trajectory_from_oem(
    message: OemMessage,
    *,
    body: Body,
    epoch: Epoch,
    window_s: tuple[float, float],
    planets: PlanetaryEphemeris,
    with_covariance: bool = True,
) -> Trajectory:
    """The motion that a message describes, in ICRF axes about ``body``, inside a window of time.

    Each segment is rotated to ICRF axes and moved to the body at its nodes, then interpolated by its own method, and
    ends with its useable span, its states and the window, whichever comes first. Its covariances stay with it. Where
    segments overlap, the later one in the file holds. A window that no segment reaches gives a trajectory without arcs.
    Where the centre has to be moved, the planet's own motion is interpolated as well: the difference is sampled and
    stored as the arc's error.

    Args:
        message: What was read.
        body: Centre of the working frame.
        epoch: Reference of all offsets.
        window_s: The stretch wanted, in seconds from ``epoch``.
        planets: Where the message's centre and the body are.
        with_covariance: False leaves the covariances out, for a caller that got a FrameError for them.

    Raises:
        FrameError: for axes or a centre that cannot be turned into those of the working frame.
        CoverageError: if the planetary ephemeris does not reach the states.

    """
    pieces: list[tuple[float, float, OemSegment]] = []
    taken: list[tuple[float, float]] = []
    for segment in reversed(message.segments):
        offsets_s = _offsets_s(segment.epochs_tai_ns, epoch)
        start_s = max(window_s[0], segment.useable_from - epoch, float(offsets_s[0]))
        stop_s = min(window_s[1], segment.useable_to - epoch, float(offsets_s[-1]))
        if start_s < stop_s:
            low = bisect_left(taken, start_s, key=lambda held: held[1])
            high = bisect_right(taken, stop_s, key=lambda held: held[0])
            near = taken[low:high]
            pieces += [(begin, end, segment) for begin, end in _left_free(start_s, stop_s, near)]
            taken[low:high] = [(min([start_s, *(one[0] for one in near)]), max([stop_s, *(one[1] for one in near)]))]
    pieces.sort(key=lambda piece: piece[0])
    arcs = tuple(
        _with_covariances(segment, arc, body, epoch, planets) if with_covariance and segment.covariances else arc
        for begin, end, segment in pieces
        for arc in [_segment_arc(segment, begin, end, body, epoch, planets)]
    )
    return Trajectory(
        object_id=message.segments[0].object_id,
        frame=Frame.icrf(body),
        epoch=epoch,
        arcs=arcs,
        proof=Proof.SAMPLED if any(arc.error_km > 0.0 for arc in arcs) else Proof.EXACT,
    )


def window_size(method: str | None, degree: int | None, node_count: int) -> tuple[int, bool]:
    """How many nodes determine the polynomial of an interval, and whether their velocities do so too.

    Raises:
        InputError: for an unknown method, a degree below 1, or fewer than two nodes.

    """
    if method is None:
        method, degree = DEFAULT_METHOD, DEFAULT_DEGREE
    name = method.upper()
    if name not in METHODS:
        raise InputError(f"INTERPOLATION must be one of {', '.join(METHODS)}", value=method)
    if name == "LINEAR":
        degree = 1
    if degree is None or degree < 1:
        raise InputError("INTERPOLATION_DEGREE must be at least 1", value=degree)
    if node_count < 2:
        raise InputError("interpolation needs at least two states", value=node_count)
    window = degree // 2 + 1 if name == "HERMITE" else degree + 1
    return min(max(window, 2), node_count), name == "HERMITE"


def cut(arc: Arc, start_s: float, stop_s: float) -> Arc:
    """The part of an arc from ``start_s`` to ``stop_s``, which lie inside it, with the same polynomials.

    The first and last intervals are re-expressed on what is left of them, so that no bound taken from the coefficients
    covers more than the part.
    """
    knots_s = arc.knots_s
    first = int(np.clip(np.searchsorted(knots_s, start_s, side="right") - 1, 0, len(knots_s) - 2))
    last = int(np.clip(np.searchsorted(knots_s, stop_s, side="left") - 1, first, len(knots_s) - 2))
    new_knots_s = knots_s[first : last + 2].copy()
    new_knots_s[0], new_knots_s[-1] = max(start_s, knots_s[first]), min(stop_s, knots_s[last + 1])
    coefficients_km = arc.coefficients_km[first : last + 1]
    ends = [at for at in {0, last - first} if tuple(new_knots_s[at : at + 2]) != tuple(knots_s[first + at :][:2])]
    if ends:
        coefficients_km = coefficients_km.copy()
    for at in ends:
        left_s, right_s = knots_s[first + at], knots_s[first + at + 1]
        u = (2.0 * new_knots_s[at : at + 2] - left_s - right_s) / (right_s - left_s)
        coefficients_km[at : at + 1] = on_parts(coefficients_km[at : at + 1], u[:1], u[1:])
    return Arc(new_knots_s, coefficients_km, arc.error_km, arc.covariances)


def _windows(interval: NDArray[np.intp], window: int, node_count: int) -> NDArray[np.intp]:
    """Nodes of each interval's window, the ones nearest to the interval first, shape ``(window, K)``.

    Newton's form built from the middle outwards is the well-conditioned order for a polynomial used in the middle.
    """
    begin = np.clip(interval - (window - 1) // 2, 0, node_count - window)
    members = begin + np.arange(window)[:, None]
    order = np.argsort(np.abs(2 * (members - interval) - 1), axis=0, kind="stable")
    return np.take_along_axis(members, order, axis=0)


def _chebyshev_through(places: FloatArray, values: FloatArray, slopes: FloatArray | None) -> FloatArray:
    """Chebyshev coefficients ``(D + 1, K, 3)`` of the polynomials through given values, and slopes if there are any.

    Newton's divided differences with each place taken twice where a slope is given (Stoer and Bulirsch 2002, section
    2.1.5), then Horner's scheme carried out on Chebyshev series.

    Args:
        places: Arguments ``(n, K)`` on the scale on which each interval is [-1, 1].
        values: Values there, ``(n, K, 3)``.
        slopes: Derivatives by the argument there, ``(n, K, 3)``, or None.

    """
    if slopes is not None:
        places = np.repeat(places, 2, axis=0)
        table = np.repeat(values, 2, axis=0)
    else:
        table = values.copy()
    count = len(places)
    for order in range(1, count):
        rise = table[order:] - table[order - 1 : -1]
        run = (places[order:] - places[:-order])[:, :, None]
        if order == 1 and slopes is not None:
            table[1::2] = slopes
            table[2::2] = rise[1::2] / run[1::2]
        else:
            table[order:] = rise / run
    return _newton_to_chebyshev(places, table)


def _newton_to_chebyshev(places: FloatArray, table: FloatArray) -> FloatArray:
    """Chebyshev series ``(n, K, 3)`` of Newton forms with differences ``(n, K, 3)`` at places ``(n, K)``.

    Multiplying by the argument takes T0 to T1 and Tk to (T[k-1] + T[k+1]) / 2.
    """
    count = len(places)
    series = np.zeros_like(table)
    series[0] = table[-1]
    for step in range(count - 2, -1, -1):
        length = count - 1 - step  # coefficients so far
        half = 0.5 * series[1:length]
        shifted = np.zeros((length + 1, *table.shape[1:]))
        shifted[1] = series[0]
        shifted[: length - 1] += half
        shifted[2:] += half
        shifted[:length] -= places[step][:, None] * series[:length]
        shifted[0] += table[step]
        series[: length + 1] = shifted
    return series


def on_parts(series: FloatArray, u_start: FloatArray, u_stop: FloatArray) -> FloatArray:
    """Chebyshev series ``(K, D + 1, 3)`` re-expressed on the parts ``[u_start, u_stop]`` ``(K,)`` of [-1, 1].

    Each polynomial is sampled at the D + 1 Chebyshev points of its part, which determine it.
    """
    count = series.shape[1]
    angle = (np.arange(count) + 0.5) * (np.pi / count)
    u = 0.5 * (u_start + u_stop)[:, None] + 0.5 * (u_stop - u_start)[:, None] * np.cos(angle)
    values = np.einsum("knd,kdx->knx", np.polynomial.chebyshev.chebvander(u, count - 1), series)
    to_series = np.cos(np.multiply.outer(np.arange(count), angle)) * (2.0 / count)
    to_series[0] /= 2.0
    return np.asarray(np.einsum("dn,knx->kdx", to_series, values))


def _offsets_s(epochs_tai_ns: NDArray[np.int64], epoch: Epoch) -> FloatArray:
    return np.asarray((epochs_tai_ns - epoch.tai_ns) / NS)


def _left_free(start_s: float, stop_s: float, taken: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The parts of a stretch that no other one holds."""
    free = [(start_s, stop_s)] if start_s < stop_s else []
    for begin, end in taken:
        free = [
            part for low, high in free for part in ((low, min(high, begin)), (max(low, end), high)) if part[0] < part[1]
        ]
    return free


def _segment_arc(
    segment: OemSegment, start_s: float, stop_s: float, body: Body, epoch: Epoch, planets: PlanetaryEphemeris
) -> Arc:
    """One segment from ``start_s`` to ``stop_s`` in the working frame.

    Only the nodes that these need are rotated: those inside, and a window's width on either side.
    """
    offsets_s = _offsets_s(segment.epochs_tai_ns, epoch)
    window, _ = window_size(segment.interpolation, segment.degree, len(offsets_s))
    first = max(0, int(np.searchsorted(offsets_s, start_s, side="right")) - 1 - window)
    last = min(len(offsets_s), int(np.searchsorted(offsets_s, stop_s, side="left")) + 1 + window)
    offsets_s = offsets_s[first:last]
    to_icrf = icrf_from_axes(segment.ref_frame)
    positions_km = segment.positions_km[first:last] @ to_icrf.T
    velocities_km_s = segment.velocities_km_s[first:last] @ to_icrf.T
    center = center_id(segment.center_name)
    shift = planets.state(center, body.naif_id, epoch, offsets_s)
    method, degree = segment.interpolation, segment.degree
    arc = arc_from_nodes(
        offsets_s, positions_km + shift[0], velocities_km_s + shift[1], method, degree, (start_s, stop_s)
    )
    if not shift[0].any():
        return arc
    moved = arc_from_nodes(offsets_s, *shift, method, degree, (start_s, stop_s))
    middles_s = (moved.knots_s[1:] + moved.knots_s[:-1]) / 2.0
    truth_km, _ = planets.state(center, body.naif_id, epoch, middles_s)
    error_km = float(np.linalg.norm(moved.position_km(middles_s) - truth_km, axis=1).max())
    return Arc(arc.knots_s, arc.coefficients_km, error_km)


def _with_covariances(segment: OemSegment, arc: Arc, body: Body, epoch: Epoch, planets: PlanetaryEphemeris) -> Arc:
    """An arc of a segment with the covariances of that segment inside its states: what they say ends with it.

    Raises:
        FrameError: for axes other than RTN, RSW, TNW and those of :func:`icrf_from_axes`.

    """
    held, nodes_ns = segment.covariances, segment.epochs_tai_ns
    if held is None:
        return arc
    at_ns = np.clip(held.epochs_tai_ns, nodes_ns[0], nodes_ns[-1])
    inside = np.flatnonzero(np.abs(held.epochs_tai_ns - at_ns) <= ROUNDED_NS)
    held = replace(
        held, epochs_tai_ns=np.where(np.abs(held.epochs_tai_ns - at_ns) <= ROUNDED_NS, at_ns, held.epochs_tai_ns)
    )
    offsets_s = _offsets_s(held.epochs_tai_ns, epoch)
    if not len(inside):
        return arc
    # Of those outside the arc, the nearest on either side bears on it.
    first = max(inside[0], int(np.searchsorted(offsets_s, arc.start_s, side="right")) - 1)
    last = min(inside[-1], int(np.searchsorted(offsets_s, arc.stop_s, side="left")))
    near = slice(min(first, inside[-1]), max(last, inside[0]) + 1)
    offsets_s = offsets_s[near].copy()
    start_s, stop_s = min(arc.start_s, float(offsets_s[0])), max(arc.stop_s, float(offsets_s[-1]))
    within = (start_s, stop_s) == (arc.start_s, arc.stop_s)
    table = CovarianceTable(
        offsets_s=offsets_s,
        matrices=covariances_in_icrf(held, near, segment),
        motion=None if within else _segment_arc(segment, start_s, stop_s, body, epoch, planets),
    )
    return replace(arc, covariances=table)


def covariances_in_icrf(held: OemCovariances, chosen: slice, segment: OemSegment) -> FloatArray:
    """Some covariances of a segment ``(M, 6, 6)`` in ICRF axes; RTN and TNW are those of the segment's own states.

    Such axes are taken as they stand at the instant: the velocities are inertial ones, expressed in them.

    Args:
        held: The segment's covariances.
        chosen: Which of them; their instants must lie inside its states.
        segment: With the states.

    Raises:
        FrameError: for axes other than RTN, RSW, TNW and those of :func:`icrf_from_axes`.

    """
    matrices = held.matrices[chosen]
    axes = [{"RSW": "RTN"}.get(name.upper(), name.upper()) for name in held.frames[chosen]]
    rotation = np.empty((len(axes), 3, 3))
    for name in dict.fromkeys(axes):
        rows = np.array([one == name for one in axes])
        if name not in ("RTN", "TNW"):
            rotation[rows] = icrf_from_axes(name)
            continue
        since = Epoch(int(segment.epochs_tai_ns[0]))
        nodes = _offsets_s(segment.epochs_tai_ns, since), segment.positions_km, segment.velocities_km_s
        state = arc_from_nodes(*nodes, segment.interpolation, segment.degree).state(
            _offsets_s(held.epochs_tai_ns[chosen][rows], since)
        )
        local = rtn_axes(*state) if name == "RTN" else tnw_axes(*state)
        rotation[rows] = icrf_from_axes(segment.ref_frame) @ np.swapaxes(local, 1, 2)
    both = np.zeros_like(matrices)
    both[:, :3, :3] = both[:, 3:, 3:] = rotation
    return np.asarray(both @ matrices @ np.swapaxes(both, 1, 2))
