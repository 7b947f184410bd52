"""What sets of rules would have given over an archive, side by side: as text for a terminal, and as plain values."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final

from nearpass.astro.epochs import DAY_S
from nearpass.reasons.levels import Level
from nearpass.record.replay import Followed, Replay
from nearpass.report import wording

SCHEMA: Final = 1
MOST_LISTED: Final = 20
Plain = dict[str, Any]


def replay_text(found: Mapping[str, Replay]) -> str:
    """The sets of rules as columns, then the events on which they do not agree.

    Args:
        found: What each would have given, by its title; the first is what the others are held against.
    """
    first = next(iter(found.values()))
    days = (first.stop - first.start) / DAY_S
    head = (
        f"{wording.count(first.cycles, 'cycle')}, {wording.moment_to_minute(first.start)} to "
        f"{wording.moment_to_minute(first.stop)} ({days:.1f} days)"
    )
    rows = [("", *found), *((label, *(tell(one) for one in found.values())) for label, tell in _ROWS)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([head, "", *table, *_beyond(found), *_listed(found), *_turned(found), *_differing(found)])


def replay_plain(found: Mapping[str, Replay]) -> Plain:
    """A replay as plain values for JSON, with every event that was red or yellow."""
    return {
        "schema": SCHEMA,
        "replays": [{"rules": title, **_plain(one)} for title, one in found.items()],
    }


def _plain(found: Replay) -> Plain:
    red, yellow = found.worst(Level.RED), found.worst(Level.YELLOW)
    return {
        "cycles": found.cycles,
        "from_utc": wording.machine_time(found.start),
        "to_utc": wording.machine_time(found.stop),
        "years": found.years,
        "red": len(red),
        "yellow": len(yellow),
        "red_a_year": len(red) / found.years,
        "yellow_a_year": len(yellow) / found.years,
        "turned_green": sum(event.turned_green for event in found.events),
        "red_until_passed": len(found.warnings_h),
        "first_red_before_tca_h": list(found.warnings_h),
        "catalogue_rows": {"red": found.listed[0], "yellow": found.listed[1]},
        "cycles_listed_less": found.beyond,
        "events": [_event(event) for event in found.events if event.worst is not Level.GREEN],
    }


def _event(event: Followed) -> Plain:
    return {
        "event_id": event.event_id,
        "primary": event.primary,
        "secondary": event.secondary,
        "tca_utc": wording.machine_time(event.tca),
        "worst": event.worst.value,
        "last": event.last.value,
        "passed": event.passed,
        "turned_green": event.turned_green,
        "first_red_utc": wording.machine_time(event.first_red) if event.first_red is not None else None,
        "first_red_before_tca_h": event.warned_h,
    }


def _a_year(level: Level) -> Any:
    def tell(found: Replay) -> str:
        count = len(found.worst(level))
        a_year = count / found.years
        return f"{count} ({wording.number(a_year, 1 if a_year < 100.0 else 0)} a year)"

    return tell


def _turned_green(level: Level) -> Any:
    return lambda found: str(sum(event.turned_green for event in found.worst(level)))


def _warned(found: Replay) -> str:
    if not found.warnings_h:
        return "none"
    hours = found.warnings_h
    return f"{len(hours)}, first red {_hours(statistics.median(hours))} before TCA (least {_hours(hours[0])})"


def _hours(value_h: float) -> str:
    return f"{value_h:.1f} h" if value_h < 48.0 else f"{value_h / 24.0:.1f} d"


def _open(found: Replay) -> str:
    ahead = [event for event in found.events if not event.passed]
    red, yellow = (sum(event.last is level for event in ahead) for level in (Level.RED, Level.YELLOW))
    return f"{red} red, {yellow} yellow"


_ROWS: Final[Sequence[tuple[str, Any]]] = (
    ("events that were red", _a_year(Level.RED)),
    ("  of these green by better data", _turned_green(Level.RED)),
    ("  of these red until they passed", _warned),
    ("events that were yellow at most", _a_year(Level.YELLOW)),
    ("  of these green by better data", _turned_green(Level.YELLOW)),
    ("still ahead", _open),
)


def _beyond(found: Mapping[str, Replay]) -> list[str]:
    """That rules reach farther than cycles listed: what they would have added there nobody knows."""
    return [
        f"{title}: {wording.count(one.beyond, 'cycle')} listed approaches less far than these rules reach; what they "
        "would have added there is not counted."
        for title, one in found.items()
        if one.beyond
    ]


def _listed(found: Mapping[str, Replay]) -> list[str]:
    return [
        f"{title}: catalogues listed {one.listed[0]} red and {one.listed[1]} yellow approaches more, by distance alone."
        for title, one in found.items()
        if any(one.listed)
    ]


def _turned(found: Mapping[str, Replay]) -> list[str]:
    """For each set the events that better data made green."""
    lines = []
    for title, one in found.items():
        turned = [event for event in one.events if event.turned_green]
        lines += ["", f"Green by better data, {title}: {'none' if not turned else len(turned)}"]
        lines += [f"  {_said(event)}: {event.worst} at worst" for event in turned[:MOST_LISTED]]
        lines += _rest(len(turned))
    return lines


def _differing(found: Mapping[str, Replay]) -> list[str]:
    """Events whose worst level is not the same by all sets."""
    if len(found) < 2:
        return []
    by_id = [{event.event_id: event for event in one.events} for one in found.values()]
    every = [[events[event_id] for events in by_id] for event_id in by_id[0]]
    differ = [each for each in every if len({event.worst for event in each}) > 1]
    words = [
        f"  {_said(each[0])}: "
        + ", ".join(f"{event.worst} by {title}" for title, event in zip(found, each, strict=True))
        for each in differ[:MOST_LISTED]
    ]
    return ["", f"Events of another worst level: {len(differ) or 'none'}", *words, *_rest(len(differ))]


def _rest(count: int) -> list[str]:
    return [f"  and {count - MOST_LISTED} more, see --json"] if count > MOST_LISTED else []


def _said(event: Followed) -> str:
    return f"{event.event_id} {event.primary} – {event.secondary}, TCA {wording.moment_to_minute(event.tca)}"
