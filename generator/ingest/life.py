"""Objects whose life has ended, or has not begun: they are no refusals, and nothing is asked of their deliveries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from nearpass.config import EphemerisSource, ScreenedObject
from nearpass.ephemeris.interpolation import cut
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import InputError, NearpassError
from nearpass.ingest.delivery import Ingested, Setting, refused_input
from nearpass.record.motion import ending_of
from nearpass.record.record import EndingRecord

LAST_S: Final = 7200.0
"""How much of an ephemeris before its end tells how it ended."""


class LifeEndedError(InputError):
    """The delivery ends before the window, on the surface or on its way there: there will be no other."""

    ending: EndingRecord


def check_life(read: Callable[[tuple[float, float]], Trajectory], last_s: float, setting: Setting) -> None:
    """Of an ephemeris that ends before the window: whether the object's life does.

    Args:
        read: Gives the motion inside a stretch of seconds from the cut-off.
        last_s: The ephemeris' end, in the same.
        setting: What it was read for.

    Raises:
        LifeEndedError: if it ends on the surface or in descent.
    """
    if last_s >= 0.0:
        return
    try:
        ending = ending_of(read((last_s - LAST_S, last_s)), setting.span_s, setting.body)
    except NearpassError:
        return  # what cannot be read there is refused for not reaching the window
    if ending is not None and ending.kind != "in flight":
        error = LifeEndedError("the object's life ended before the window", value=f"{ending.at.iso(digits=0)} UTC")
        error.ending = ending
        raise error


def ended(
    item: ScreenedObject,
    source: EphemerisSource,
    shown: str,
    error: LifeEndedError,
    setting: Setting,
    data: bytes | None,
) -> Ingested:
    """The object with the delivery in which its life ended, which is in no use and no refusal."""
    entry = replace(refused_input(item, source, shown, error, setting, data=data), refusal=None)
    files = {entry.sha256: data} if data is not None and entry.sha256 is not None else {}
    return Ingested(object_id=item.id, trajectory=None, inputs=(entry,), files=files, ending=error.ending)


def outside_life(item: ScreenedObject, setting: Setting) -> Ingested | None:
    """The object without any delivery, where the configuration says that it does not live in the window."""
    window = setting.window
    if item.until is not None and item.until <= window.start:
        ending = EndingRecord(at=item.until, kind="declared", altitude_km=None)
    elif item.since is not None and item.since >= window.stop:
        ending = EndingRecord(at=item.since, kind="not begun", altitude_km=None)
    else:
        return None
    return Ingested(object_id=item.id, trajectory=None, inputs=(), files={}, ending=ending)


def within_life(found: Ingested, item: ScreenedObject, setting: Setting) -> Ingested:
    """The motion from the object's beginning to its end, as the configuration has them."""
    if found.trajectory is None or (item.since is None and item.until is None):
        return found
    first_s = item.since - setting.cutoff if item.since is not None else -float("inf")
    last_s = item.until - setting.cutoff if item.until is not None else float("inf")
    arcs = tuple(
        cut(arc, max(arc.start_s, first_s), min(arc.stop_s, last_s))
        for arc in found.trajectory.arcs
        if max(arc.start_s, first_s) < min(arc.stop_s, last_s)
    )
    return replace(found, trajectory=replace(found.trajectory, arcs=arcs) if arcs else None)
