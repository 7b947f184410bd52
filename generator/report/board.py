"""The board of the first screen: each red or yellow approach once, on two rulers, with what follows and who acts.

Two questions are never mixed: how near (kilometres and thresholds, which give the level) and could it be a hit (sigmas
in the B-plane). One rule makes the sentence that decides, for board, paragraph and feed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from markupsafe import Markup

from nearpass.astro.bodies import body_named
from nearpass.encounter.alert import Level
from nearpass.errors import FrameError
from nearpass.record.coordination import is_closed
from nearpass.record.pairing import limits_of
from nearpass.record.record import CycleRecord, EventRecord, SolutionEvent, SolutionRecord, ToldEvent
from nearpass.report import wording
from nearpass.report.catalogue import Catalogue, begin, by_urgency, nearness_km
from nearpass.report.drawn.globe import Scene, globe
from nearpass.report.drawn.rulers import HIT_NOT_EXCLUDED, Kind, MissMark, SigmaMark, miss_ruler, sigma_ruler
from nearpass.report.tables import NAMELESS, miss_figure, surface_figure

AXES: Final = ("R", "T", "N")
SURE_SIGMAS: Final = 6.0
"""From so many sigmas in the B-plane on the orbits stay apart whatever the timing."""
CHANGED: Final = 0.2
"""A distance in sigmas that changed by less than this share stayed what it was."""
_MOST_OTHERS: Final = 3
_MOST_NAMED: Final = 3
_ROOM: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """An approach on the board. Without covariances there is no ``sigma_ruler``, and ``no_sigmas`` says why.

    ``moved`` where ``so_what`` says how it moved since the cycle before.
    """

    miss_ruler: Markup
    sigma_ruler: Markup | None
    no_sigmas: str
    so_what: tuple[str, ...]
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """How far an approach is from a hit: ``sigmas`` in the B-plane, and ``across_km`` across its longer axis."""

    sigmas: float
    across_km: float
    across_sigmas: float


def hit_of(event: EventRecord) -> Hit | None:
    """How far from a hit; None without covariances in the B-plane."""
    plane = event.b_plane
    if plane is None or plane.covariance_km2 is None or (sigmas := plane.sigmas) is None:
        return None
    widths, axes = np.linalg.eigh(np.array(plane.covariance_km2))
    across_km = abs(float(axes[:, 0] @ np.array([plane.miss_xi_km, plane.miss_zeta_km])))
    return Hit(sigmas=sigmas, across_km=across_km, across_sigmas=across_km / math.sqrt(float(widths[0])))


def in_sigmas(value: float) -> str:
    """A number of sigmas as the board prints it: one decimal below 100."""
    return wording.number(value, 1 if value < 100.0 else 0)


def deciding(event: EventRecord) -> str | None:
    """The sentence that says whether a hit is possible; None where no covariance says it."""
    hit = hit_of(event)
    if hit is None:
        return None
    if hit.sigmas >= SURE_SIGMAS and hit.across_sigmas >= SURE_SIGMAS:
        apart = wording.distance(hit.across_km)
        return f"Whatever the timing, the orbits stay {apart} apart: {in_sigmas(hit.sigmas)} sigmas from a hit."
    if hit.sigmas >= HIT_NOT_EXCLUDED:
        return f"A hit would need an error of {in_sigmas(hit.sigmas)} sigmas."
    return f"A hit is not excluded: {in_sigmas(hit.sigmas)} sigmas."


def trend(event: EventRecord) -> str | None:
    """How kilometres and sigmas moved since the cycle before; None where either is not known or did not change."""
    hit = hit_of(event)
    last = event.history[-1] if event.history else None
    if hit is None or last is None or last.b_plane_sigmas is None or last.b_plane_sigmas <= 0.0:
        return None
    if abs(hit.sigmas - last.b_plane_sigmas) <= CHANGED * last.b_plane_sigmas:
        return None
    nearer = "Nearer" if event.miss_km < last.miss_km else "Farther"
    hit_word = "nearer to a hit" if hit.sigmas < last.b_plane_sigmas else "farther from a hit"
    joint = "and" if (nearer == "Nearer") == (hit.sigmas < last.b_plane_sigmas) else "but"
    return (
        f"{nearer} in kilometres (was {wording.distance(last.miss_km)}), {joint} {hit_word} "
        f"({in_sigmas(last.b_plane_sigmas)} to {in_sigmas(hit.sigmas)} sigmas)."
    )


def others_of(event: EventRecord, catalogue: Catalogue) -> list[tuple[SolutionRecord, SolutionEvent]]:
    """What other solutions say of the event, planned ones last."""
    found = [
        (solution, one)
        for solution in catalogue.record.solutions
        for one in solution.events
        if one.event_id == event.event_id and one.miss_km is not None
    ]
    return sorted(found, key=lambda entry: entry[0].role == "planned")


def disagreement(event: EventRecord, catalogue: Catalogue) -> str | None:
    """That solutions of the same motion come to other levels; None where they agree."""
    planned = {solution.name for solution in catalogue.record.solutions if solution.role == "planned"}
    levels = [event.level]
    for solution in catalogue.record.solutions:
        if solution.name in planned:
            continue
        levels += [one.level for one in solution.events if one.event_id == event.event_id and one.level is not None]
    different = sorted({level for level in levels[1:] if level is not event.level}, key=list(Level).index)
    if not different:
        return None
    return f"The solution in use says {event.level.value}, others {wording.listing([one.value for one in different])}."


def row(event: EventRecord | ToldEvent, catalogue: Catalogue) -> BoardRow:
    """What the board draws of an approach, from figures or from the cells that an edition tells."""
    if isinstance(event, ToldEvent):
        return _told_row(event, catalogue)
    zones_km = _zones_km(catalogue.record, event.primary, event.secondary)
    marks = _miss_marks(event, catalogue)
    title = catalogue.named(event.primary, event.secondary)
    sigmas = _sigma_marks(event)
    said = (deciding(event), trend(event), disagreement(event, catalogue))
    return BoardRow(
        miss_ruler=miss_ruler(marks, zones_km, f"{title}: {', '.join(one.name for one in marks)}"),
        sigma_ruler=sigma_ruler(sigmas, f"{title}: {', '.join(f'{one.axis} {one.said}' for one in sigmas)}")
        if sigmas
        else None,
        no_sigmas="" if sigmas else "Without a covariance of both objects the distance from a hit is unknown.",
        so_what=tuple(sentence for sentence in said if sentence),
        moved=trend(event) is not None,
    )


def _zones_km(record: CycleRecord, primary: str, secondary: str) -> tuple[float, float]:
    """Below which distance a pair's approach may be red, and below which yellow; the ends of the ruler where never."""
    limits = limits_of(record, primary, secondary)
    red_km = limits.red_km or 0.0
    return red_km, max(red_km, limits.yellow_km or 0.0)


def _miss_marks(event: EventRecord, catalogue: Catalogue) -> list[MissMark]:
    """The solution in use, the others, the cycle before, what is planned, and the distance of the orbits alone."""

    def named(value_km: float, words: str) -> str:
        return f"{wording.number(value_km, 2 if value_km < 10.0 else 1)} {words}"

    used_km = nearness_km(event)
    marks = [
        MissMark(name=named(used_km, "in use"), value_km=used_km, kind="used", sigma_km=event.miss_sigma_km,
                 level=event.level)
    ]  # fmt: skip
    for solution, one in others_of(event, catalogue)[:_MOST_OTHERS]:
        away_km = one.surface_km if one.surface_km is not None else one.miss_km
        if away_km is None:
            continue
        if solution.role == "planned":
            kind: Kind = "planned"
            words = f"if {solution.object_id} burns"
        else:
            kind, words = "other", _cut(f"{solution.object_id}: {solution.name}")
        marks.append(MissMark(name=named(away_km, words), value_km=away_km, kind=kind, sigma_km=one.miss_sigma_km))
    if event.history and event.surface_km is None:
        last = event.history[-1]
        marks.append(MissMark(name=named(last.miss_km, "cycle before"), value_km=last.miss_km, kind="other",
                              sigma_km=last.miss_sigma_km))  # fmt: skip
    orbits = [
        crossing.oxd_km
        for crossing in catalogue.record.crossings
        if {crossing.primary, crossing.secondary} == {event.primary, event.secondary}
        and crossing.passage_primary is not None
        and abs(crossing.passage_primary - event.tca) < 1800.0
        and crossing.surface_km is None
    ]
    if orbits:
        marks.append(MissMark(name=named(min(orbits), "orbits alone"), value_km=min(orbits), kind="orbits"))
    return marks


def _cut(words: str) -> str:
    """As many letters as there is room for beside a ruler."""
    return words if len(words) <= _ROOM else f"{words[: _ROOM - 1].rstrip()}…"


def _sigma_marks(event: EventRecord) -> list[SigmaMark]:
    """R, T and N in their sigmas, and the B-plane, which decides."""
    hit = hit_of(event)
    if hit is None or event.miss_rtn_km is None or event.miss_sigma_rtn_km is None:
        return []
    rows = [
        SigmaMark(
            axis=axis,
            sigmas=abs(part_km) / sigma_km,
            said=f"{in_sigmas(abs(part_km) / sigma_km)}σ  {wording.number(part_km, 3, signed=True)} km",
        )
        for axis, part_km, sigma_km in zip(AXES, event.miss_rtn_km, event.miss_sigma_rtn_km, strict=True)
        if sigma_km > 0.0
    ]
    return [*rows, SigmaMark(axis="all", sigmas=hit.sigmas, said=f"{in_sigmas(hit.sigmas)}σ together", decides=True)]


def _told_row(event: ToldEvent, catalogue: Catalogue) -> BoardRow:
    """An approach that the edition tells in cells: its distance as an interval, and nothing of its sigmas."""
    figure = event.surface_km or event.miss_km
    zones_km = _zones_km(catalogue.record, event.primary or "", event.secondary or "")
    marks = []
    if figure.low is not None and figure.high is not None:
        marks = [
            MissMark(name=wording.figure(figure), value_km=figure.low, to_km=figure.high, kind="between")
        ]  # fmt: skip
    return BoardRow(
        miss_ruler=miss_ruler(marks, zones_km, f"Miss: {wording.figure(figure)}"),
        sigma_ruler=None,
        no_sigmas="This edition tells the level, the day and a span of distances; geometry and sigmas are withheld.",
        so_what=(),
    )


SHORT: Final = 12
"""Names up to so many letters are short enough for a headline; of longer ones the id stands."""
_LATE_WORDS: Final = "were to pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hero:
    """The head of the first screen, true at any time; ``past`` is the headline for after the approach.

    ``due`` is when a decision is due, None where none is or nobody knows; ``globe`` is None where nothing is drawn.
    """

    headline: str
    past: str | None
    level: Level | None
    due: str | None
    due_machine: str | None
    tca_machine: str | None
    lead: tuple[str, ...]
    globe: Markup | None


def hero(catalogue: Catalogue, headline: str) -> Hero:
    """What stands first: a single red approach by its names and distance, else the verdict's own headline."""
    record = catalogue.record
    urgent = [event for event in record.approaches if event.level is Level.RED and not is_closed(record, event)]
    drawn = _most_drawn(catalogue)
    picture = globe_of(drawn, catalogue) if drawn is not None else None
    if len(urgent) != 1 or not isinstance(urgent[0], EventRecord):
        dues = [event.deadline for event in urgent if event.deadline is not None]
        first = min(dues, default=None)
        return Hero(
            headline=headline,
            past=None,
            level=Level.RED if urgent else None,
            due=wording.moment_to_minute(first) if first else None,
            due_machine=wording.machine_time(first) if first else None,
            tca_machine=None,
            lead=tuple(_briefly(event, catalogue) for event in by_urgency(urgent)[:_MOST_NAMED]),
            globe=picture,
        )
    event = urgent[0]
    near_km = nearness_km(event)
    rounded = f"{wording.number(near_km, 1 if near_km < 100.0 else 0)}\u00a0km"
    now, past = passing(event, catalogue, rounded)
    day = wording.day_of(event.tca)
    said = (wording.sentence(wording.said(event.reason)), deciding(event))  # how it moved stands on its row
    return Hero(
        headline=f"{now} on {day}",
        past=f"{past} on {day}",
        level=Level.RED,
        due=wording.moment_to_minute(event.deadline) if event.deadline else None,
        due_machine=wording.machine_time(event.deadline) if event.deadline else None,
        tca_machine=wording.machine_time(event.tca),
        lead=tuple(sentence for sentence in said if sentence),
        globe=picture,
    )


def _briefly(event: EventRecord | ToldEvent, catalogue: Catalogue) -> str:
    """Who with whom, how near and on which day, of one of several."""
    pair = " – ".join(catalogue.name(key) if key else NAMELESS for key in (event.primary, event.secondary))
    surface = surface_figure(event)
    figure = miss_figure(event) if surface.missing == "absent" else surface
    return f"{pair}: {wording.figure(figure)} on {wording.day_of(begin(event))}."


def passing(event: EventRecord, catalogue: Catalogue, miss: str) -> tuple[str, str]:
    """Who passes whom how near, for before and for after the approach."""
    pair = " and ".join(short_name(key, catalogue) for key in (event.primary, event.secondary))
    how = f"{miss} {'apart' if event.surface_km is None else 'from the surface'}"
    return f"{pair} pass {how}", f"{pair} {_LATE_WORDS} {how}"


def short_name(object_id: str, catalogue: Catalogue) -> str:
    """The name where it is short, else the id; neither breaks across lines."""
    name = catalogue.name(object_id)
    return (name if len(name) <= SHORT else object_id).replace("-", "\u2011").replace(" ", "\u00a0")


def _most_drawn(catalogue: Catalogue) -> EventRecord | None:
    """The approach that the picture shows, of those with geometry.

    The most urgent that the parties have not closed, else one that they have; of green ones the nearest.
    """
    shown = [event for event in catalogue.events if event.primary_position_km is not None and event.orbits is not None]
    urgent = [event for event in by_urgency(shown) if event.level is not Level.GREEN]
    still_open = [event for event in urgent if not is_closed(catalogue.record, event)]
    first = next(iter(still_open or urgent), None) or min(shown, key=nearness_km, default=None)
    return first if isinstance(first, EventRecord) else None


def globe_of(event: EventRecord, catalogue: Catalogue) -> Markup | None:
    """The body at an approach with the orbits of the cycle; None for a body whose constants are not kept."""
    try:
        body = body_named(catalogue.record.body.name)
    except FrameError:
        return None
    names = short_name(event.primary, catalogue), short_name(event.secondary, catalogue)
    miss = wording.distance(nearness_km(event))
    where = (
        f"{wording.number(abs(event.latitude_deg or 0.0), 0)}°\u00a0{'N' if (event.latitude_deg or 0) >= 0 else 'S'}"
    )
    height = f"{wording.number(event.altitude_km, 0)}\u00a0km up"
    speed = wording.quantity(event.relative_speed_km_s, 1, "km/s")
    others = [
        item.orbit.track_km
        for item in catalogue.record.objects
        if item.orbit is not None and item.id not in (event.primary, event.secondary) and item.phase == "known"
    ]
    return globe(
        Scene(
            event=event,
            body=body,
            names=names,
            said=(f"{miss} apart", wording.moment(event.tca), f"{where}, {height}, at {speed}"),
            others_km=others,
            sun=event.sun_direction,
            title=f"{catalogue.record.body.name.title()} with the orbits of {len(others) + 2} objects; "
            f"{names[0]} and {names[1]} pass {miss} apart at {where}, {height}",
        )
    )
