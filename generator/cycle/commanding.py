"""What each operator can command in a cycle, resolved from the configuration: closures, passes, working hours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from nearpass.astro.conjunction import conjunctions_s, visible_s
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.fields import Span
from nearpass.config import Config, ScreenedObject
from nearpass.config.operators import DEFAULT_SEP_DEG, OperatorTable, WorkingHours
from nearpass.encounter.commanding import Closure, Commanding, Limit, Span_s, last_decision
from nearpass.ingest import Setting
from nearpass.ingest.passes import read_passes
from nearpass.record.command_record import ClosureRecord, CommandingRecord, CommandRecord

AROUND_S: Final = 60.0 * DAY_S
"""How far around the window closures are looked for: the longest announced conjunction at Mars lasted 50 days."""
NEAR: Final = frozenset({"EARTH", "MOON"})
"""Bodies whose link the Sun does not disturb by standing behind them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """By object id what its operator can do; offsets count from ``epoch``. Without an entry nobody is known to act."""

    epoch: Epoch
    by_object: Mapping[str, Commanding]

    def of(self, *object_ids: str) -> Commands:
        """The commands of some objects alone."""
        known = {key: self.by_object[key] for key in object_ids if key in self.by_object}
        return Commands(epoch=self.epoch, by_object=known)


def commands_of(config: Config, setting: Setting) -> Commands:
    """Resolve what each object's operator can command around the cycle's window.

    Raises:
        InputError: for a file of passes that cannot be read.
    """
    around_s = (-AROUND_S, setting.span_s + AROUND_S)
    found = {}
    for item in config.objects:
        table = _table_of(config, item)
        lead_h = item.lead_time_h or (table.whole_lead_h if table else None)
        if lead_h is None:
            continue
        table = table or OperatorTable(party=item.operator or item.id)
        found[item.id] = Commanding(
            lead_time_s=lead_h * 3600.0,
            uplink_s=min(table.uplink_h, lead_h) * 3600.0,
            last_burn_s=None if table.last_burn_h is None else table.last_burn_h * 3600.0,
            closures=tuple(_closures(table, setting, around_s)),
            passes_s=_passes(table, setting, around_s),
            working_s=_working(table.working_hours, setting.cutoff, around_s) if table.working_hours else None,
        )
    return Commands(epoch=setting.cutoff, by_object=found)


def _table_of(config: Config, item: ScreenedObject) -> OperatorTable | None:
    """The table of an object's operator itself, else of a party to which it belongs."""
    if item.operator is None:
        return None
    parties = config.known_parties
    own = [table for table in config.operators if parties.same(table.party) == parties.same(item.operator)]
    whole = [table for table in config.operators if parties.belongs(item.operator, [table.party])]
    return next(iter([*own, *whole]), None)


def sep_limit_deg(table: OperatorTable, body: str) -> float | None:
    """The angle to the Sun below which an operator sends nothing; None where that plays no part."""
    if table.sep_min_deg is not None:
        return table.sep_min_deg or None
    return None if body in NEAR else DEFAULT_SEP_DEG


def _closures(table: OperatorTable, setting: Setting, around_s: Span_s) -> Iterable[Closure]:
    for entry in table.no_commands:
        start_s, stop_s = (Epoch.parse_typed(text) - setting.cutoff for text in (entry.start, entry.stop))
        yield Closure(start_s=start_s, stop_s=stop_s, limit=Limit.NO_COMMANDS, note=entry.why)
    least_deg = sep_limit_deg(table, setting.body.name)
    if least_deg is not None:
        spans = conjunctions_s(setting.body, setting.planets, setting.cutoff, around_s, math.radians(least_deg))
        for start_s, stop_s in spans:
            yield Closure(start_s=start_s, stop_s=stop_s, limit=Limit.CONJUNCTION)


def _passes(table: OperatorTable, setting: Setting, around_s: Span_s) -> tuple[Span_s, ...] | None:
    if table.passes is not None:
        spans = read_passes(setting.directory, table.passes)
        return joined((span.start - setting.cutoff, span.stop - setting.cutoff) for span in spans)
    if not table.stations:
        return None
    return joined(
        span_s
        for one in table.stations
        for span_s in visible_s(
            setting.body,
            setting.planets,
            (one.latitude_deg, one.longitude_east_deg, one.altitude_m),
            one.least_elevation_deg,
            setting.cutoff,
            (around_s[0], setting.span_s),
        )
    )


def joined(spans_s: Iterable[Span_s]) -> tuple[Span_s, ...]:
    """Spans in order of time, those that touch or overlap made one."""
    found: list[Span_s] = []
    for start_s, stop_s in sorted(spans_s):
        if found and start_s <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop_s))
        else:
            found.append((start_s, stop_s))
    return tuple(found)


def _working(hours: WorkingHours, cutoff: Epoch, around_s: Span_s) -> tuple[Span_s, ...]:
    """Each working day's hours as offsets; a clock change moves them as it moves people."""
    zone = ZoneInfo(hours.zone)
    start, stop = time.fromisoformat(hours.start), time.fromisoformat(hours.stop)
    first = (cutoff + around_s[0]).datetime_utc().astimezone(zone).date()
    days = int((around_s[1] - around_s[0]) / DAY_S) + 2
    dates = [first + timedelta(days=count) for count in range(days)]
    return tuple(
        (
            Epoch.from_datetime(datetime.combine(date, start, zone)) - cutoff,
            Epoch.from_datetime(datetime.combine(date, stop, zone)) - cutoff,
        )
        for date in dates
        if date.strftime("%a") in hours.days
    )


def commanding_of(
    config: Config, setting: Setting, commands: Commands, item: ScreenedObject
) -> CommandingRecord | None:
    """What a record keeps of it: what lies in the cycle's window or before it, to the second."""
    found = commands.by_object.get(item.id)
    if found is None:
        return None
    table = _table_of(config, item) or OperatorTable(party=item.operator or item.id)

    def span(start_s: float, stop_s: float) -> Span:
        return Span(start=setting.cutoff + round(start_s), stop=setting.cutoff + round(stop_s))

    return CommandingRecord(
        lead_time_h=found.lead_time_s / 3600.0,
        uplink_h=found.uplink_s / 3600.0,
        last_burn_h=None if found.last_burn_s is None else found.last_burn_s / 3600.0,
        sep_min_deg=sep_limit_deg(table, setting.body.name),
        closures=tuple(
            ClosureRecord(
                start=setting.cutoff + round(one.start_s),
                stop=setting.cutoff + round(one.stop_s),
                limit=one.limit.value,
                note=one.note,
            )
            for one in found.closures
        ),
        passes=None if found.passes_s is None else tuple(span(*one) for one in found.passes_s),
    )


def command(
    object_id: str, tca: Epoch, commands: Commands, *, half_revolution_s: float, light_time_s: float
) -> CommandRecord | None:
    """The last decision about an approach that ends in a useful burn of an object; None where nobody can act."""
    found = commands.by_object.get(object_id)
    if found is None:
        return None
    tca_s = tca - commands.epoch
    last_burn_s = found.last_burn_s if found.last_burn_s is not None else half_revolution_s
    last = last_decision(tca_s, found, half_revolution_s=half_revolution_s, light_time_s=light_time_s)
    if last is None:
        return CommandRecord(
            object_id=object_id, decide=None, uplink=None, burn=tca + -last_burn_s, limit="contact", closed_until=None,
            note=None,
        )  # fmt: skip
    return CommandRecord(
        object_id=object_id,
        decide=commands.epoch + last.decide_s,
        uplink=commands.epoch + last.uplink_s,
        burn=commands.epoch + last.burn_s,
        limit=last.limit.value,
        closed_until=None if last.closed_until_s is None else commands.epoch + last.closed_until_s,
        note=last.note,
    )
