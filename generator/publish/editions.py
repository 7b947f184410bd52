"""All editions of the cycles that an archive holds: each published by itself, so that one that leaks stops alone."""

from __future__ import annotations

from collections.abc import Sequence

from nearpass.archive.archive import Archive
from nearpass.archive.register import Registrar
from nearpass.disclosure.archived import Flown
from nearpass.errors import LeakError
from nearpass.publish.grounds import check_ground
from nearpass.publish.leak import delivered_by
from nearpass.publish.protection import protected_sites
from nearpass.publish.sharing import share_cycle
from nearpass.publish.site import publish, unpublished
from nearpass.publish.stage import Drawer, Progress
from nearpass.publish.workspace import Workspace


def publish_editions(
    sites: Sequence[Workspace], *, jobs: int, progress: Progress, registrar: Registrar, flown: Flown | None = None
) -> list[LeakError]:
    """Publish in each edition what the archive holds and the edition does not have yet, in the order of the chain.

    An edition that would leak a cycle gets no later one either: its pages would lead to what is not there.

    Args:
        sites: The editions.
        jobs: Processes that draw plots.
        progress: Shows what is going on.
        registrar: Who tells the register of each release.
        flown: Knows cycles with their trajectories; they are read from the archive by default.

    Returns:
        The leaks that were found, one for each edition that was stopped, also for one that must not go out now.
    """
    if not sites:
        return []  # all of them were stopped before
    archive = Archive(sites[0].archive)
    waiting = [(site, unpublished(site)) for site in sites]
    leaks: list[LeakError] = []
    stopped: set[str] = set()
    for site, missing in waiting:
        try:
            if missing:
                check_ground(site, registrar)  # before the work of rendering it
        except LeakError as error:
            leaks.append(error)
            stopped.add(site.edition.id if site.edition else "")
    flown = flown or Flown()
    wanted = {cycle_id for _, missing in waiting for cycle_id in missing}
    for cycle_id in _in_chain_order(archive, wanted):
        record, drawer = archive.load(cycle_id), Drawer(jobs=jobs, progress=progress, shared=len(sites) > 1)
        deliveries = delivered_by(archive)
        guarded, broken = protected_sites([site for site, _ in waiting], record, flown, progress)
        leaks += [error for error in broken if error.edition not in stopped]
        stopped |= {error.edition or "" for error in broken}
        waiting = [(site, missing) for site, (_, missing) in zip(guarded, waiting, strict=True)]
        for site, missing in waiting:
            name = site.edition.id if site.edition else ""
            if cycle_id not in missing or name in stopped:
                continue
            try:
                publish(
                    site,
                    record,
                    jobs=jobs,
                    progress=progress,
                    registrar=registrar,
                    drawer=drawer,
                    deliveries=deliveries,
                )
            except LeakError as error:
                leaks.append(error)
                stopped.add(name)
        share_cycle(sites, cycle_id, record.previous_cycle_id)
    return leaks


def _in_chain_order(archive: Archive, wanted: set[str]) -> list[str]:
    found: list[str] = []
    link = archive.head()
    while link is not None and len(found) < len(wanted):
        if link["cycle_id"] in wanted:
            found.append(link["cycle_id"])
        link = archive.manifest(link["cycle_id"])["previous"]
    return found[::-1]
