"""Before a cycle is published: whether its editions keep what they promise of the objects that they show in part.

One reader may hold several editions, so an object is judged by all that show it in part together. Where the promise is
not kept, they tell of it more coarsely, one rung after the other, and never finer again; where nothing helps, because
of what is out already, those editions are not published. Of an orbit that is not closed no decoys are made: nothing is
told of it in that cycle. What was proven is kept beside the archive, for the publisher alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from nearpass.archive.archive import Archive
from nearpass.archive.durable import canonical_json, write_durably
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
    archive = Archive(sites[0].archive)
    ids = [cycle_id for cycle_id in archive.cycle_ids() if cycle_id < record.cycle_id][-MOST_CYCLES:]
    cycles = flown.cycles(archive, [*ids, record.cycle_id], sites[0].directory)
    advance = progress("certifying protection", len(promised))
    made: list[Protected] = []
    errors: dict[str, LeakError] = {}
    for item, concerned in promised:
        try:
            made.append(_protected(item, concerned, cycles))
        except InputError as error:
            made.append(_untold(item.id, concerned, record.cycle_id, error))
        except NearpassError as error:
            for site in concerned:
                name = site.edition.id if site.edition else ""
                rule = f"an edition must keep what it promises of {item.id}: {error.rule}"
                errors.setdefault(name, LeakError(rule, value=name))
        advance(1)
    if made:
        _store(sites[0], record.cycle_id, made)
    return [with_protection(site) for site in sites], list(errors.values())


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


def _protected(item: ObjectRecord, concerned: Sequence[Workspace], cycles: Sequence[Cycle]) -> Protected:
    """The least coarse rung at which the promise is kept.

    Raises:
        LeakError: if none is.
        InputError: if no decoys can be made of the object's orbit.
    """
    editions = [site.edition for site in concerned if site.edition is not None]
    promises = [promise for edition in editions if (promise := edition.promise(item.id)) is not None]
    promised_km, among = max(km for km, _ in promises), max(number for _, number in promises)
    cycle_id = cycles[-1].record.cycle_id
    best = 0.0
    for rung in range(max(edition.rung(cycle_id, item.id) for edition in editions), HIDDEN_RUNG + 1):
        tried = [_at_rung(edition, cycle_id, item.id, rung) for edition in editions]
        found = certify(cycles, item.id, tried, among=among, enough_km=promised_km)
        if found.bound_km >= promised_km:
            return _kept(found, promised_km, rung)
        best = max(best, found.bound_km)
    rule = f"{among} orbits {promised_km:g} km apart must be possible, and only {best:g} km are"
    raise LeakError(rule, value=item.id)


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


def _store(site: Workspace, cycle_id: str, made: Sequence[Protected]) -> None:
    path = site.directory / PROTECTION
    plain: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {"schema": SCHEMA, "cycles": {}}
    plain["cycles"][cycle_id] = [asdict(one) for one in made]
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    write_durably(scratch, canonical_json(plain))
    scratch.chmod(0o600)
    scratch.replace(path)
