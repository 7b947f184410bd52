"""Before a cycle is published: whether its editions keep what they promise of the objects that they show in part.

One reader may hold several editions, so an object is judged by all that show it in part together, by the configuration
of today and by those under which earlier cycles went out: what was told stays told. Where the promise is not kept, they
tell of it more coarsely, one rung after the other, and never finer again; where nothing helps, because of what is out
already, those editions are not published. Of an orbit that is not closed, or that an edition had in full before, no
decoys are made: nothing is told of it in that cycle. What was proven is kept beside the archive, for the publisher
alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from nearpass.archive.archive import Archive, cycle_folder
from nearpass.archive.durable import canonical_json, write_durably
from nearpass.config.editions import EditionTable
from nearpass.disclosure.archived import Flown
from nearpass.disclosure.decoys import Certificate, certify
from nearpass.disclosure.editions import Cycle
from nearpass.errors import PAGES, InputError, LeakError, NearpassError
from nearpass.publish.stage import Progress
from nearpass.publish.workspace import PROTECTION, Workspace, with_protection
from nearpass.record.marking import HIDDEN_RUNG, Edition, Protected, Show
from nearpass.record.record import CycleRecord, ObjectRecord
from nearpass.release.reduction import show_of

SCHEMA: Final = 1
MOST_CYCLES: Final = 8
"""So many cycles before the one to be published are tested: each costs some seconds of reading and screening."""
IN_PART: Final = frozenset({Show.METRICS, Show.ANONYMOUS})


def protected_sites(
    sites: Sequence[Workspace], record: CycleRecord, flown: Flown, progress: Progress
) -> tuple[list[Workspace], list[LeakError]]:
    """The sites as they may publish a cycle, and an error for each that may not.

    Args:
        sites: The editions.
        record: The full record of the cycle.
        flown: Knows cycles with their trajectories.
        progress: Shows what is going on.
    """
    promised = _promised(sites, record)
    if not promised:
        return list(sites), []
    cycles = _cycles(sites[0], record, flown)
    told_by = _told_by(sites, cycles)
    advance = progress("certifying protection", len(promised))
    made: list[Protected] = []
    errors: dict[str, LeakError] = {}
    for item, concerned in promised:
        try:
            made.append(_protected(item, concerned, cycles, told_by))
        except InputError as error:
            made.append(_untold(item.id, concerned, record.cycle_id, error))
        except NearpassError as error:
            is_told = any(site.edition and show_of(item, record, site.edition) in IN_PART for site in concerned)
            if is_told or not isinstance(error, InputError):
                errors = _errors(item, concerned, error) | errors
        advance(1)
    _store(sites, [cycle.record.cycle_id for cycle in cycles], made, errors)
    return [with_protection(site) for site in sites], list(errors.values())


def broken_anew(sites: Sequence[Workspace], flown: Flown, progress: Progress) -> list[LeakError]:
    """Before archived cycles are rendered again: an error for each edition that would break what was proven.

    What an edition shows follows the configuration of today: with finer cells than those under which its cycles went
    out, or with objects that it hid, it would tell what no decoys were made for.

    Args:
        sites: The editions.
        flown: Knows cycles with their trajectories.
        progress: Shows what is going on.
    """
    newest = Archive(sites[0].archive).latest_id() if sites else None
    if newest is None:
        return []
    record = Archive(sites[0].archive).load(newest)
    promised = _promised(sites, record)
    if not promised:
        return []
    known = _read(sites[0]).get("told_by", {})
    if all(_table(site) in known.get(newest, {}).get(name, ()) for name, site in _by_id(sites).items()):
        return []
    cycles = _cycles(sites[0], record, flown)
    told_by = _told_by(sites, cycles)
    advance = progress("certifying protection", len(promised))
    errors: dict[str, LeakError] = {}
    for item, concerned in promised:
        try:
            _protected(item, concerned, cycles, told_by, coarser=False)
        except NearpassError as error:
            is_told = any(site.edition and show_of(item, record, site.edition) in IN_PART for site in concerned)
            if is_told or not isinstance(error, InputError):
                errors = _errors(item, concerned, error) | errors
        advance(1)
    _store(sites, [cycle.record.cycle_id for cycle in cycles], [], errors)
    return list(errors.values())


def _errors(item: ObjectRecord, concerned: Sequence[Workspace], error: NearpassError) -> dict[str, LeakError]:
    names = [site.edition.id for site in concerned if site.edition is not None]
    rule = f"an edition must keep what it promises of {item.id}: {error.rule}"
    return {name: LeakError(rule, value=name) for name in names}


def _cycles(site: Workspace, record: CycleRecord, flown: Flown) -> list[Cycle]:
    """The cycle and those before it in which decoys are tested."""
    archive = Archive(site.archive)
    ids = [cycle_id for cycle_id in archive.cycle_ids() if cycle_id < record.cycle_id][-MOST_CYCLES:]
    return flown.cycles(archive, [*ids, record.cycle_id], site.directory)


def _by_id(sites: Sequence[Workspace]) -> dict[str, Workspace]:
    return {site.edition.id: site for site in sites if site.edition is not None and not site.edition.everything}


def _told_by(sites: Sequence[Workspace], cycles: Sequence[Cycle]) -> dict[str, list[Edition]]:
    """By cycle, the editions in which it is out, as they were then, where that is not as they are today.

    Of a cycle that went out before anything was promised, that is as its own configuration says.
    """
    now, known = _by_id(sites), _read(sites[0]).get("told_by", {})
    like = next(edition for site in now.values() if (edition := site.edition) is not None)
    found: dict[str, list[Edition]] = {}
    for cycle in cycles:
        cycle_id = cycle.record.cycle_id
        tables = {table.id: [table] for table in cycle.configured if not table.everything}
        for name, kept in known.get(cycle_id, {}).items():
            tables[name] = [EditionTable.model_validate_json(json.dumps(one)) for one in kept]
        for name, its in tables.items():
            site = now.get(name)
            if site is not None and not _is_out(site, cycle_id):
                continue
            # The newest is tried at coarser rungs than it may be out at.
            today = site.edition if site is not None and cycle is not cycles[-1] else None
            then = [replace(one.edition(like.key, like.known), protected=like.protected) for one in its]
            found.setdefault(cycle_id, []).extend(one for one in then if one != today)
    return found


def _is_out(site: Workspace, cycle_id: str) -> bool:
    return (site.public / cycle_folder(cycle_id) / "manifest.json").exists()


def _table(site: Workspace) -> dict[str, Any]:
    """The table of the configuration that makes the edition, as it is kept."""
    tables = site.settings.editions if site.settings else ()
    wanted = site.edition.id if site.edition else ""
    return next((table.model_dump(mode="json", by_alias=True) for table in tables if table.id == wanted), {})


def _promised(sites: Sequence[Workspace], record: CycleRecord) -> list[tuple[ObjectRecord, list[Workspace]]]:
    """Each object of which something is promised, with all editions that show it in part.

    Of an object whose orbit the cycle does not know there is nothing to tell, and no decoy to be made.
    """
    found = []
    for item in record.objects:
        if not item.coverage:
            continue
        concerned = [
            site
            for site in sites
            if site.edition is not None
            and not site.edition.everything
            and (
                show_of(item, record, site.edition) in IN_PART
                or site.edition.rung(record.cycle_id, item.id) >= HIDDEN_RUNG
            )
        ]
        if any(site.edition and site.edition.promise(item.id) for site in concerned):
            found.append((item, concerned))
    return found


def _protected(
    item: ObjectRecord,
    concerned: Sequence[Workspace],
    cycles: Sequence[Cycle],
    told_by: Mapping[str, Sequence[Edition]],
    *,
    coarser: bool = True,
) -> Protected:
    """The least coarse rung at which the promise is kept; that of the last cycle alone where none is to be ``coarser``.

    Raises:
        LeakError: if none is.
        InputError: if no decoys can be made of the object's orbit.
    """
    editions = [site.edition for site in concerned if site.edition is not None]
    promises = [promise for edition in editions if (promise := edition.promise(item.id)) is not None]
    promised_km, among = max(km for km, _ in promises), max(number for _, number in promises)
    cycle_id, names = cycles[-1].record.cycle_id, {edition.id for edition in editions}
    known = names | {table.id for site in concerned if site.settings for table in site.settings.editions}
    earlier = {
        cycle.record.cycle_id: [
            one
            for one in told_by.get(cycle.record.cycle_id, ())
            if one.id in names or (one.id not in known and _show(item.id, cycle.record, one) in IN_PART)
        ]
        for cycle in cycles
    }
    best, least = 0.0, max(edition.rung(cycle_id, item.id) for edition in editions)
    for rung in range(least, (HIDDEN_RUNG if coarser else least) + 1):
        tried = [_at_rung(edition, cycle_id, item.id, rung) for edition in editions]
        found = certify(cycles, item.id, tried, among=among, enough_km=promised_km, earlier=earlier)
        if found.bound_km >= promised_km:
            return _kept(found, promised_km, rung)
        best = max(best, found.bound_km)
    rule = f"{among} orbits {promised_km:g} km apart must be possible, and only {best:g} km are"
    raise LeakError(rule, value=item.id)


def _show(object_id: str, record: CycleRecord, edition: Edition) -> Show:
    """How much an edition showed of an object in a cycle, which may not have had it."""
    item = next((item for item in record.objects if item.id == object_id), None)
    return Show.HIDDEN if item is None else show_of(item, record, edition)


def _untold(object_id: str, concerned: Sequence[Workspace], cycle_id: str, why: InputError) -> Protected:
    """That nothing is told of an object in a cycle, since no decoys can be made of its orbit; the publisher is told."""
    names = " and ".join(site.edition.id for site in concerned if site.edition is not None)
    logging.getLogger(PAGES).warning("%s in cycle %s of edition %s: %s", object_id, cycle_id, names, why)
    return Protected(
        object_id=object_id, promised_km=0.0, among=0, bound_km=0.0, decoys=0, cycles=0, rung=HIDDEN_RUNG, sha256=""
    )


def _at_rung(edition: Edition, cycle_id: str, object_id: str, rung: int) -> Edition:
    one = Protected(
        object_id=object_id, promised_km=0.0, among=0, bound_km=0.0, decoys=0, cycles=0, rung=rung, sha256=""
    )
    return replace(edition, protected={**edition.protected, cycle_id: (one,)})


def _kept(found: Certificate, promised_km: float, rung: int) -> Protected:
    return Protected(
        object_id=found.object_id, promised_km=promised_km, among=found.among, bound_km=found.bound_km,
        decoys=found.decoys, cycles=found.cycles, rung=rung, sha256=found.sha256,
    )  # fmt: skip


def _store(
    sites: Sequence[Workspace], cycle_ids: Sequence[str], made: Sequence[Protected], errors: Mapping[str, LeakError]
) -> None:
    """Keep what was proven of the newest of some cycles, and under which tables they go out."""
    plain, newest = _read(sites[0]), cycle_ids[-1]
    if made:
        plain["cycles"][newest] = [asdict(one) for one in made]
    kept = {cycle_id: its for cycle_id, its in plain.get("told_by", {}).items() if cycle_id >= cycle_ids[0]}
    for name, site in _by_id(sites).items():
        if name in errors:
            continue
        for cycle_id in cycle_ids:
            before = kept.get(cycle_id, {}).get(name, []) if _is_out(site, cycle_id) else []
            if cycle_id == newest or before:
                table = _table(site)
                kept.setdefault(cycle_id, {})[name] = [*before, *([table] if table not in before else [])]
    path = sites[0].directory / PROTECTION
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    write_durably(scratch, canonical_json({**plain, "told_by": kept}))
    scratch.chmod(0o600)
    scratch.replace(path)


def _read(site: Workspace) -> dict[str, Any]:
    path = site.directory / PROTECTION
    found: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {"schema": SCHEMA, "cycles": {}}
    return found
