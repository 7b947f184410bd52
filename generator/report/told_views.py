"""How an edition shows approaches of objects that it may not show in full: cards, rows and texts, from cells alone."""

from __future__ import annotations

from dataclasses import replace

from nearpass.record.coordination import coordination
from nearpass.record.record import ToldEnd, ToldEvent
from nearpass.report import wording
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.event_card import EventCard, due
from nearpass.report.tables import EVENT_COLUMNS, NAMELESS
from nearpass.report.views import Cell, Field, Table, TableRow, declared, level_cell, miss_cell, tabled, when_cell
from nearpass.report.wording.acting import warnings, who_acts

REASON = "It meets a threshold of its level; the exact figures are withheld in this edition."
KIND_WORDS = {"new": "New", "worse": "Worse", "better": "Better", "passed": "Passed", "ended": "Gone"}


def pair(told: ToldEvent | ToldEnd, catalogue: Catalogue) -> str:
    """``Mars Reconnaissance Orbiter – Tianwen-1``; an object without a name stands last."""
    names = (told.primary, told.secondary)
    return " – ".join(NAMELESS if key is None else catalogue.name(key) for key in names)


def short_pair(told: ToldEvent | ToldEnd) -> str:
    """``MRO – TW1``, for tables and plots."""
    return f"{told.primary or NAMELESS} – {told.secondary or NAMELESS}"


def card(told: ToldEvent, catalogue: Catalogue, links: Links) -> EventCard:
    """The card of an approach, as the first screen shows it."""
    decider = catalogue.objects.get(told.deadline_object) if told.deadline_object else None
    acting = coordination(catalogue.record, told)
    closed = acting.closed_by is not None
    by, machine = due(told.deadline, f"deadline {wording.WITHHELD}", closed=closed)
    return EventCard(
        event_id=told.event_id,
        level=told.level,
        title=pair(told, catalogue),
        href=links.row(told.event_id),
        tca=wording.cell_of_time(told.tca),
        tca_machine=wording.machine_time(told.tca.start),
        tca_after="the instant is withheld",
        miss=wording.figure(told.surface_km or told.miss_km),
        miss_of=f"{'to the surface' if told.surface_km else 'miss'}; the exact figure is withheld",
        components=(),
        sigma=wording.WITHHELD,
        speed=f"geometry {wording.WITHHELD}",
        pc=wording.probability_figure(told.pc),
        pc_basis="",
        max_pc=None,
        max_side="",
        reason=REASON,
        change=wording.sentence(change(told)),
        deadline=by,
        deadline_machine=machine,
        decider=decider.name + (f" ({decider.operator})" if decider.operator else "") if decider else "",
        conditions=f"light time and SEP {wording.WITHHELD}",
        boundary=None,
        acts=who_acts(acting),
        unsettled=warnings(acting),
        closed=closed,
    )


def change(told: ToldEvent) -> str:
    """How it differs from what this edition told of it before."""
    if told.kind == "new":
        return "shown for the first time"
    if told.previous_level is not None:
        return f"was {told.previous_level.value}"
    return f"unchanged since cycle {told.since}"


def summary(told: ToldEvent, catalogue: Catalogue) -> str:
    """A paragraph that can be quoted without the page."""
    first, second = (f"an {NAMELESS}" if key is None else catalogue.name(key) for key in (told.primary, told.secondary))
    chance = ""
    if told.pc.missing is None:
        chance = f" The probability of collision is {wording.probability_figure(told.pc)}."
    surface = f" and {wording.figure(told.surface_km)} from the surface" if told.surface_km else ""
    text = (
        f"{first} and {second} will pass {wording.cell_of_time(told.tca)}, at a distance of "
        f"{wording.figure(told.miss_km)}{surface}. The approach is {told.level.value}.{chance} "
        "The exact figures and the geometry are withheld in this edition."
    )
    return wording.sentence(text)


def row(told: ToldEvent, keys: tuple[str, ...], links: Links, *, with_anchor: bool) -> TableRow:
    """The row of an approach told in cells, among the approaches of a cycle."""
    cells = {
        "tca_utc": when_cell(told.tca.start, told.tca.stop),
        "miss_km": miss_cell(told.miss_km),
        "pc": replace(miss_cell(told.pc), text=wording.probability_figure(told.pc)),
    }
    withheld = Cell(text=wording.WITHHELD, sort="")
    pair = short_pair(told) + ("" if told.surface_km is None else " (surface)")
    return TableRow(
        anchor=told.event_id if with_anchor else None,
        cells=(
            Cell(text=pair, href=None if with_anchor else links.row(told.event_id)),
            level_cell(told.level),
            miss_cell(told.surface_km or told.miss_km),
            *(cells.get(key, withheld) for key in keys),
            withheld,
        ),
    )


def least_km(told: ToldEvent) -> float:
    """The least distance that it may have, by which it is sorted among others; zero where that is withheld."""
    return (told.surface_km or told.miss_km).low or 0.0


def table(told: ToldEvent) -> Table:
    """What is told of one approach, as a table of its own."""
    keys = ("event_id", "alert", "tca_utc_low", "tca_utc_high", "miss_km_low", "miss_km_high", "pc_low", "pc_high")
    since: Field[ToldEvent] = Field("Shown so since cycle", lambda one: one.since)
    return tabled(
        "What this edition tells of the approach", [told], [*(declared(EVENT_COLUMNS[key]) for key in keys), since]
    )
