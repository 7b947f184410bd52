"""An ephemeris from JPL Horizons as an OEM: step chosen from the orbit, long spans split, the header kept.

A first, coarse answer gives one state. The step is a hundredth of a revolution at the pace of the osculating orbit's
periapsis, which is what NPR 8079.1, table 5-1, asks of points in time or true anomaly. It is halved where states
left out do not come back well enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import BinaryIO, Final

import numpy as np

from nearpass.astro.bodies import Body
from nearpass.astro.epochs import DAY_S, Epoch, TimeSystem
from nearpass.config.origins import Horizons
from nearpass.ephemeris.lint_motion import ORBIT_SHARE, left_out_error_km
from nearpass.errors import RetrievalError
from nearpass.messages.oem_records import OemHeader, OemMessage, OemSegment
from nearpass.messages.oem_write import write_oem
from nearpass.retrieve.errand import Brought, Context, Errand
from nearpass.retrieve.horizons_table import EndOfEphemerisError, Grid, Table, civil, query, read_table

Ask = Callable[[dict[str, str]], bytes]
"""Sends a query to the service; the content of its answer."""

LINES_AT_ONCE: Final = 45_000
"""States asked for at once: half of what the service allows."""
STEPS_S: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 300, 600, 900, 1200, 1800, 3600, 7200, 14_400)
GOOD_KM: Final = 1e-3
"""Of states left out, so at twice the step; interpolation of degree 7 at the step itself is 256 times better."""
MOST_HALVINGS: Final = 3
GAIN: Final = 0.25
"""Halving the step of a smooth orbit takes its error to a 256th; this much is asked of it."""
LAST_DAYS: Final = 3.0
"""How much of an ephemeris that has ended is kept of an object whose position along its orbit is unknown."""
MARGIN_S: Final = 60
"""How far inside its limits an ephemeris is asked for: they are printed to the second or rounded."""
DEGREE: Final = 7
BEFORE_S: Final = 3600.0
"""How much earlier than now, so that interpolation at the start of a window has neighbours on both sides."""
AHEAD_S: Final = 86_400.0
"""How much later than a window that begins now: cycles until the next retrieval reach as far."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sampled:
    """States at one step, and how well states left out come back from the others; None where they are too few."""

    table: Table
    step_s: int
    segment: OemSegment
    error_km: float | None


def retrieve_oem(
    ask: Ask,
    *,
    target: int,
    body: Body,
    start: Epoch,
    stop: Epoch,
    originator: str,
    retrieved: Epoch,
    ended_too: bool = False,
) -> OemMessage:
    """The states of an object from ``start`` to ``stop``, or as far as the service has them.

    CREATION_DATE, from which the age of a prediction counts, is the day on which the service last revised a
    spacecraft's data, else the minute of retrieval.

    Args:
        ask: Sends a query.
        target: The object's number there.
        body: The centre.
        start: First instant wanted.
        stop: Last instant wanted.
        originator: ORIGINATOR of the message.
        retrieved: Now.
        ended_too: Whether an ephemeris that ended before ``start`` is wanted too: its last days.

    Raises:
        RetrievalError: if the service has no such states, or answers anything unexpected.
    """
    wanted = civil(start), civil(stop) + timedelta(seconds=1)
    first, last, coarse = _available(ask, target, body, wanted, ended_too=ended_too)
    found = _fine_enough(ask, target, body, first, last, _step_s(coarse, body))
    comments = (*_words(found, retrieved), *found.table.header)
    revised = found.table.revised
    made = revised if target < 0 and revised is not None and revised <= retrieved else None
    header = OemHeader(
        version="2.0",
        creation=made or Epoch.parse(retrieved.iso(digits=0)[:16] + ":00"),
        originator=originator,
        classification=None,
        message_id=None,
        comments=tuple(_printable(line) for line in comments),
    )
    return OemMessage(header=header, segments=(found.segment,))


def _available(
    ask: Ask, target: int, body: Body, wanted: tuple[datetime, datetime], *, ended_too: bool
) -> tuple[datetime, datetime, Table]:
    """What the service has of a span, with its end states: it refuses a table that lacks an end, and names the end."""
    first, last = wanted
    for _ in range(3):
        try:
            grid = Grid(start=first, step_s=int((last - first).total_seconds()), count=1)
            return first, last, _table(ask, target, body, grid)
        except EndOfEphemerisError as end:
            if end.is_stop:
                last = end.limit - timedelta(seconds=MARGIN_S)
                if last <= first and ended_too:
                    first = last - timedelta(days=LAST_DAYS)
            else:
                first = end.limit + timedelta(seconds=MARGIN_S)
            if last - first < timedelta(seconds=2 * MARGIN_S):
                raise
    raise RetrievalError("Horizons must settle on the ends of its ephemeris", value=f"{first} to {last}")


def _fine_enough(ask: Ask, target: int, body: Body, first: datetime, last: datetime, step_s: int) -> _Sampled:
    """States at a step that is halved as long as states left out do not come back well and halving helps.

    Where a trajectory jumps no step is fine enough, halving gains little, and the coarser states are kept.
    """
    best = _sampled(ask, target, body, first, last, step_s)
    for _ in range(MOST_HALVINGS):
        if best.error_km is None or best.error_km <= GOOD_KM or best.step_s == STEPS_S[0]:
            break
        half_s = max(step for step in STEPS_S if step <= max(best.step_s / 2.0, STEPS_S[0]))
        finer = _sampled(ask, target, body, first, last, half_s)
        if finer.error_km is not None and finer.error_km > GAIN * best.error_km:
            break
        best = finer
    return best


def _sampled(ask: Ask, target: int, body: Body, first: datetime, last: datetime, step_s: int) -> _Sampled:
    grid = Grid(start=first, step_s=step_s, count=max(1, int((last - first).total_seconds()) // step_s))
    table = _whole(ask, target, body, grid)
    segment = _segment(table, grid, target, body)
    return _Sampled(table=table, step_s=step_s, segment=segment, error_km=left_out_error_km(segment))


def _table(ask: Ask, target: int, body: Body, grid: Grid) -> Table:
    return read_table(ask(query(target, body.naif_id, grid)), target, body.naif_id, grid)


def _whole(ask: Ask, target: int, body: Body, grid: Grid) -> Table:
    """A table of any length, asked for in parts that share their end states.

    Raises:
        RetrievalError: if the parts are not of one trajectory: it was replaced between two questions.
    """
    parts = []
    for begin in range(0, grid.count, LINES_AT_ONCE):
        count = min(LINES_AT_ONCE, grid.count - begin)
        part = Grid(start=grid.start + timedelta(seconds=begin * grid.step_s), step_s=grid.step_s, count=count)
        parts.append(_table(ask, target, body, part))
    for before, after in pairwise(parts):
        same = np.array_equal(before.positions_km[-1], after.positions_km[0]) and before.source == after.source
        if not same or before.revised != after.revised:
            raise RetrievalError("all parts of an answer must be of one trajectory; it changed meanwhile, ask again")
    rest = parts[1:]
    return replace(
        parts[0],
        positions_km=np.vstack([parts[0].positions_km, *(part.positions_km[1:] for part in rest)]),
        velocities_km_s=np.vstack([parts[0].velocities_km_s, *(part.velocities_km_s[1:] for part in rest)]),
    )


def _step_s(table: Table, body: Body) -> int:
    """A hundredth of a revolution at the angular rate of the osculating conic's periapsis, rounded down."""
    position_km, velocity_km_s = table.positions_km[0], table.velocities_km_s[0]
    momentum_km2_s = float(np.linalg.norm(np.cross(position_km, velocity_km_s)))
    radius_km = float(np.linalg.norm(position_km))
    eccentricity = (
        np.cross(velocity_km_s, np.cross(position_km, velocity_km_s)) / body.gm_km3_s2 - position_km / radius_km
    )
    parameter_km = momentum_km2_s**2 / body.gm_km3_s2
    periapsis_km = max(parameter_km / (1.0 + float(np.linalg.norm(eccentricity))), body.equatorial_radius_km)
    rate_rad_s = max(momentum_km2_s / periapsis_km**2, math.sqrt(body.gm_km3_s2 / radius_km**3))
    wanted_s = ORBIT_SHARE * 2.0 * math.pi / rate_rad_s
    return max((step for step in STEPS_S if step <= wanted_s), default=STEPS_S[0])


def _segment(table: Table, grid: Grid, target: int, body: Body) -> OemSegment:
    epochs = grid.epochs_tai_ns()
    return OemSegment(
        object_name=_printable(table.name),
        object_id=str(target),
        center_name=body.name,
        ref_frame="ICRF",
        ref_frame_epoch=None,
        time_system=TimeSystem.TDB,
        start=Epoch(int(epochs[0])),
        stop=Epoch(int(epochs[-1])),
        useable_start=None,
        useable_stop=None,
        interpolation="HERMITE",
        degree=DEGREE,
        comments=(),
        first_line=1,
        epochs_tai_ns=epochs,
        positions_km=table.positions_km,
        velocities_km_s=table.velocities_km_s,
        accelerations_km_s2=None,
        covariances=None,
    )


def _words(found: _Sampled, retrieved: Epoch) -> tuple[str, ...]:
    """What was done, before the service's own header."""
    error = f"{found.error_km * 1e3:.3g} m" if found.error_km is not None else "not measured, too few states"
    return (
        f"States of JPL Horizons, retrieved {retrieved.iso(digits=0)} UTC and written as OEM by nearpass.",
        f"Trajectory {found.table.source or 'not named'}; no covariance and no accuracy is given by the service.",
        f"Step {found.step_s} s. With every other state left out, the others give it back to {error}.",
        "CREATION_DATE is the day on which the service last revised a spacecraft, else the minute of retrieval.",
        "The header of the service's answer follows.",
    )


def _printable(line: str) -> str:
    """A line of another's text in the characters that a message may hold (502.0-B-3, 7.3.3)."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in line)[:240].rstrip()


def bring_states(origin: Horizons, errand: Errand, context: Context, sink: BinaryIO) -> Brought:
    """An object's states over the window of the cycles to come, written as OEM.

    Raises:
        RetrievalError: if they cannot be had.
    """
    item = errand.item
    target = origin.target if origin.target is not None else item.naif_id if item else None
    if target is None:
        raise RetrievalError(
            "a Horizons source needs its number, or the object a naif_id", object_id=errand.object_ids[0]
        )
    config = context.config
    skews_s: list[float | None] = []

    def ask(params: dict[str, str]) -> bytes:
        data, answer = context.transport.read(config.fetch.horizons, params=params)
        context.progress(len(data))
        skews_s.append(answer.skew_s)
        return data

    message = retrieve_oem(
        ask,
        target=target,
        body=config.body,
        start=context.now + -BEFORE_S,
        stop=context.now + (config.cycle.span_days * DAY_S + AHEAD_S),
        originator=errand.source.originator,
        retrieved=context.now,
        ended_too=item is not None and item.phase == "unknown",
    )
    sink.write(write_oem(message).encode())
    (segment,) = message.segments
    span = f"{segment.start.iso(digits=0)} to {segment.stop.iso(digits=0)} UTC"
    url = f"{config.fetch.horizons}?COMMAND='{target}'&CENTER='500@{config.body.naif_id}'"
    return Brought(origin=url, note=f"{len(segment.epochs_tai_ns)} states, {span}", skew_s=skews_s[-1])
