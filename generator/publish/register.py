"""The register on the site: in editions that may see it, as far as they may; and what a run adds to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from nearpass.archive.archive import Archive, cycle_folder
from nearpass.archive.durable import sha256_of
from nearpass.archive.order import Anchor
from nearpass.archive.register import Entry, Register, Registrar, decided, facts, received, released
from nearpass.publish.grounds import check_ground
from nearpass.publish.stage import ARCHIVE_HEAD, head_of, write_texts
from nearpass.publish.workspace import Workspace
from nearpass.record.record import CycleRecord
from nearpass.report import register_views
from nearpass.report.catalogue import Links
from nearpass.report.page_net import Pages
from nearpass.report.pages import register_page

AtHand = Mapping[str, tuple[CycleRecord, CycleRecord]]
NOTHING: Final[AtHand] = MappingProxyType({})
RECENT: Final = 500
LATE: Final = "the line was lost when a run was interrupted, and is added later"


def stage_register(workspace: Workspace, docs: Path, latest: CycleRecord, full: CycleRecord | None = None) -> None:
    """Write the sources of the register's page, as of the runs before this one.

    Args:
        workspace: Of which edition.
        docs: Where to.
        latest: The newest cycle as the edition holds it.
        full: The same in full, where it is at hand.
    """
    edition = workspace.edition
    if edition is None or not edition.register:
        return
    archive = Archive(workspace.archive)
    known = Register(archive).entries(most=RECENT)
    entries = register_views.visible(known, full or archive.load(latest.cycle_id), edition)
    pages, links = Pages(latest), Links(root="../", cycle="")
    pages.put("index.md", links, partial(register_page, latest, entries))
    pages.put("register.csv", links, partial(register_views.REGISTER_COLUMNS.csv, entries))
    pages.put("register.json", links, partial(register_views.REGISTER_COLUMNS.json, latest, entries))
    write_texts(docs / "register", pages.texts)


def register_received(
    archive: Archive, record: CycleRecord, previous: CycleRecord | None, registrar: Registrar
) -> None:
    """Tell what a run received, before its cycle is archived.

    Args:
        archive: The archive.
        record: The full record of the cycle.
        previous: That of the cycle before.
        registrar: Who writes.
    """
    if archive.folder(record.cycle_id).exists():
        return
    known = facts(Register(archive).entries(after=_number_at(archive, None)))
    entries = received(record, previous, registrar.at_utc)
    Register(archive).append([entry for entry in entries if not facts([entry]) & known], registrar)


def register_releases(
    workspace: Workspace, manifests: Mapping[str, bytes], registrar: Registrar, at_hand: AtHand = NOTHING
) -> None:
    """Tell what an edition is about to release, before anything of it is put in place.

    A release that is told already, since a run was interrupted after its line, is not told again.

    Args:
        workspace: The edition.
        manifests: By id of each cycle, its manifest in the edition's site as it will be.
        registrar: Who writes.
        at_hand: Of cycles that are read and reduced already: the full record, and that of the edition.

    Raises:
        OutsideError: if it must not be released now.
    """
    archive, edition = Archive(workspace.archive), workspace.edition
    register, name = Register(archive), edition.id if edition else None
    entries: list[Entry] = []
    since = min((_number_at(archive, cycle_id) for cycle_id in manifests), default=0)
    told = {(entry.edition, entry.cycle_id, entry.sha256) for entry in register.entries(after=since)}
    for cycle_id, manifest in manifests.items():
        if (name, cycle_id, sha256_of(manifest)) not in told:
            record, shown = at_hand.get(cycle_id) or (archive.load(cycle_id), None)
            entries += decided(record, edition, registrar.at_utc) if edition else []
            entries.append(released(record, edition, manifest, registrar.at_utc, shown))
    if entries:
        check_ground(workspace, registrar)
    register.append(entries, registrar)


def _number_at(archive: Archive, cycle_id: str | None) -> int:
    """The newest file of the register when a cycle was added, by default the last one; 0 where that is not known."""
    head = archive.head()
    wanted = cycle_id or (head["cycle_id"] if head else None)
    mark = archive.manifest(wanted).get("register") if wanted else None
    return mark["number"] if mark else 0


def complete_register(sites: Sequence[Workspace], registrar: Registrar) -> None:
    """Add the lines that version 0.1.0 lost: of cycles that are published, and of what these received.

    That version wrote a line after what it told of, and none where no edition is configured. Once a file of this
    version is the register's newest, no line can be missing, so this reads an archive as a whole but once.
    """
    archive = Archive(sites[0].archive)
    register, head = Register(archive), archive.register_head()
    if archive.head() is None or (head is not None and register.page(head["number"]).schema > 1):
        return
    known = list(register.entries())
    told = {(entry.edition, entry.cycle_id, entry.sha256) for entry in known}
    came = {(entry.cycle_id, entry.object_id, entry.sha256) for entry in known if entry.kind == "received"}
    late: list[Entry] = []
    for cycle_id in archive.cycle_ids():
        record, before = archive.load(cycle_id), archive.previous_id(cycle_id)
        arrived = received(record, archive.load(before) if before else None, registrar.at_utc)
        late += [e for e in arrived if (e.cycle_id, e.object_id, e.sha256) not in came]
        for site in sites:
            manifest = site.public / cycle_folder(cycle_id) / "manifest.json"
            if not manifest.exists():
                continue
            late += decided(record, site.edition, registrar.at_utc) if site.edition else []
            entry = released(record, site.edition, manifest.read_bytes(), registrar.at_utc)
            late += [entry] if (entry.edition, entry.cycle_id, entry.sha256) not in told else []
    register.append([replace(e, reason=e.reason or LATE) for e in late], registrar)


def releases_of(site: Workspace) -> Iterator[Anchor]:
    """What a published site tells of the archive: the entry that it names, and each cycle that it holds."""
    words = f"{site.public.name}/"
    head = site.public / ARCHIVE_HEAD
    if head.exists():
        yield Anchor(known_from=f"{words}{ARCHIVE_HEAD} names", sha256=head_of(head.read_bytes(), str(head)))
    for path in sorted(site.public.glob("cycles/*/*/*/*/manifest.json")):
        year, month, day, time = path.parent.parts[-4:]
        name, data = path.relative_to(site.public).as_posix(), path.read_bytes()
        edition = site.edition.id if site.edition else None
        told = (edition, f"{year}-{month}-{day}{time}", sha256_of(data))
        yield Anchor(known_from=f"{words}{name} is", released=told)
