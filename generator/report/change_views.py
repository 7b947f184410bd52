"""Views of what changed since the cycle before: one by one, or grouped where a season of crossings brings dozens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from nearpass.encounter.alert import SEVERITY, Level
from nearpass.reasons.changes import Doubted, MissMoved
from nearpass.record.notices import LEFT
from nearpass.record.record import ChangeRecord, CycleRecord, EventRecord, ToldEnd, ToldEvent
from nearpass.report import told_views, wording
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.wording.changes import sigmas_moved

KIND_WORDS: Final = {
    "worse": "Worse", "new": "New", "better": "Better", "passed": "Passed", "gone": "Gone",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A change since the cycle before, or ``number`` of the same kind and reason of one pair.

    ``brief`` is what is left of ``reason`` where ``miss`` stands beside it, None for all of it.

    ``miss`` and ``tca`` are None where they mean nothing.
    """

    kind: str
    word: str
    level: Level
    previous_level: Level | None
    pair: str
    href: str
    tca: str | None
    tca_machine: str | None
    miss: str | None
    reason: str
    brief: str | None = None
    number: int = 1

    @property
    def alerting(self) -> bool:
        """Whether it is or was red or yellow."""
        return {self.level, self.previous_level} - {Level.GREEN, None} != set()


def change_views(catalogue: Catalogue, links: Links) -> tuple[ChangeView, ...]:
    """Changes since the cycle before, in the record's order."""
    views = tuple(change_view(change, catalogue, links) for change in catalogue.record.changes)
    return _by_level((*views, *told_changes(catalogue, links)))


def grouped_changes(catalogue: Catalogue, links: Links) -> tuple[ChangeView, ...]:
    """Changes with the green events of one pair, kind and reason in one entry: a season of crossings brings dozens."""
    groups: dict[tuple[object, ...], list[ChangeRecord]] = {}
    for change in catalogue.record.changes:
        quiet = {change.level, change.previous_level} <= {Level.GREEN, None}
        alone = "" if quiet else change.event_id
        groups.setdefault((change.kind, change.primary, change.secondary, change.reason, alone), []).append(change)
    grouped = tuple(_group(changes, catalogue, links) for changes in groups.values())
    return _by_level((*grouped, *told_changes(catalogue, links)))


def told_changes(catalogue: Catalogue, links: Links) -> tuple[ChangeView, ...]:
    """What changed of the approaches that this edition tells in cells."""
    changed = tuple(told_change(told, links) for told in catalogue.told if told.kind != "same")
    return (*changed, *(told_change(told, links) for told in catalogue.record.told_ended))


def told_change(told: ToldEvent | ToldEnd, links: Links) -> ChangeView:
    """The change of one approach that this edition tells in cells."""
    listed = told if isinstance(told, ToldEvent) else None
    return ChangeView(
        kind="gone" if told.kind == "ended" else told.kind,
        word=told_views.KIND_WORDS[told.kind],
        level=told.level,
        previous_level=listed.previous_level if listed else None,
        pair=told_views.short_pair(told),
        href=links.row(told.event_id) if listed else links.permalink(told.event_id),
        tca=f"{wording.short_cell_of_time(told.tca)} UTC",
        tca_machine=wording.machine_time(told.tca.start),
        miss=wording.figure(listed.surface_km or listed.miss_km) if listed else None,
        reason=_told_reason(told),
    )


def _told_reason(told: ToldEvent | ToldEnd) -> str:
    if isinstance(told, ToldEvent):
        return wording.sentence(told_views.change(told))
    return "Its time has come." if told.kind == "passed" else "It is neither red nor yellow any more."


def _by_level(changes: tuple[ChangeView, ...]) -> tuple[ChangeView, ...]:
    """The most severe first, as they were within a level."""
    return tuple(
        sorted(changes, key=lambda view: -max(SEVERITY[view.level], SEVERITY[view.previous_level or Level.GREEN]))
    )


def _group(changes: Sequence[ChangeRecord], catalogue: Catalogue, links: Links) -> ChangeView:
    first = change_view(changes[0], catalogue, links)
    if len(changes) == 1:
        return first
    pair = catalogue.pairs.get((changes[0].primary, changes[0].secondary))
    tcas = sorted(change.tca for change in changes)
    told_km = (change.previous_miss_km if change.miss_km is None else change.miss_km for change in changes)
    distances_km = [value for value in told_km if value is not None]
    miss = f"from {wording.distance(min(distances_km))}" if distances_km else None
    return replace(
        first,
        number=len(changes),
        href=links.pair(pair) if pair else f"{links.cycle}index.html#changes",
        tca=first.tca and f"{wording.minute(tcas[0])} to {wording.minute(tcas[-1])} UTC",
        miss=first.miss and miss,
    )


def change_view(change: ChangeRecord, catalogue: Catalogue, links: Links) -> ChangeView:
    """One change; no time and no distance where one position along the orbit is unknown."""
    unknown = catalogue.unknown(change.primary, change.secondary)
    event = next((item for item in catalogue.events if item.event_id == change.event_id), None)
    to_surface_km = event.miss_km - event.surface_km if event is not None and event.surface_km is not None else 0.0
    old, new = (None if km is None else km - to_surface_km for km in (change.previous_miss_km, change.miss_km))
    if old is not None and new is not None:
        miss = f"{wording.distance(old)} → {wording.distance(new)}"
        if change.mahalanobis_distance is not None:
            miss += f" ({wording.number(change.mahalanobis_distance, 1)}\u00a0σ)"
    elif new is not None or old is not None:
        miss = wording.distance(new if new is not None else old)
    else:
        miss = None
    if miss is not None and to_surface_km:
        miss += " to the surface"
    brief = None
    if isinstance(change.reason, MissMoved) and not change.doubtful and not unknown:
        known = change.mahalanobis_distance is not None  # stands in ``miss``
        brief = "" if known else wording.sentence(sigmas_moved(change.reason) or "")
    return ChangeView(
        kind=change.kind,
        word=KIND_WORDS[change.kind],
        level=change.level,
        previous_level=change.previous_level if change.previous_level is not change.level else None,
        pair=f"{change.primary} – {change.secondary}",
        href=_change_href(change, event, catalogue, links),
        tca=None if unknown else f"{wording.minute(change.tca)} UTC",
        tca_machine=None if unknown else wording.machine_time(change.tca),
        miss=None if unknown else miss,
        reason=wording.sentence(wording.PHASE_UNKNOWN if unknown else _change_words(change)),
        brief=brief,
    )


def _change_words(change: ChangeRecord) -> str:
    """Why, and with whose doubtful delivery, where the reason does not say so itself."""
    said = wording.said(change.reason)
    if not change.doubtful or isinstance(change.reason, Doubted):
        return said
    return f"{said}; it came with a doubtful delivery of {wording.listing(change.doubtful)}"


def _change_href(change: ChangeRecord, event: EventRecord | None, catalogue: Catalogue, links: Links) -> str:
    """The event's page or row; its permalink if it left the list; the cycle's page if there is nothing to show."""
    if event is not None:
        return catalogue.event_href(event, links)
    return links.permalink(change.event_id) if change.kind in LEFT else f"{links.cycle}index.html"


def change_counts(record: CycleRecord) -> str:
    """``1 worse · 2 new · 4 passed``."""
    kinds: list[str] = [change.kind for change in record.changes]
    kinds += [told.kind for told in record.told]
    kinds += ["gone" if told.kind == "ended" else told.kind for told in record.told_ended]
    return " · ".join(f"{kinds.count(kind)} {kind}" for kind in KIND_WORDS if kind in kinds)
