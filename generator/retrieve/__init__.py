"""What is current, into the workspace: each source asked once, each delivery whole, checked, attributed, by rename.

::

    transport          the only place that speaks HTTP: named hosts, time, size, asking again
    horizons_table     one answer of JPL Horizons;  horizons: a whole ephemeris from it, as OEM
    addresses          files and listings at an address, and folders into which others deliver
    celestrak          element sets
    arrival            from the answer to the file: checked, recorded, renamed

A failed or unusable answer leaves the last good delivery and is recorded, so that the pages can say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from nearpass.astro.epochs import Epoch
from nearpass.config import Config, EphemerisSource, ScreenedObject
from nearpass.config.declarations import CatalogueTable
from nearpass.config.origins import CelesTrak, Folder, Horizons, arriving_path, asked_address, parse_origin
from nearpass.errors import ConfigError, NearpassError, RetrievalError
from nearpass.ingest.catalogues import CATALOGUE, source_of_table
from nearpass.ingest.ledger import Attempt, Ledger, attempt_key, read_ledger
from nearpass.retrieve.addresses import bring_address, bring_from_folder, newest_of
from nearpass.retrieve.arrival import Arriving, clear, last_good, settle, write_ledger
from nearpass.retrieve.celestrak import bring_elements
from nearpass.retrieve.errand import Brought, Context, Errand
from nearpass.retrieve.horizons import bring_states
from nearpass.retrieve.transport import SKEW_S, Outside, Transport

__all__ = ["Errand", "Outcome", "Outside", "Stage", "due", "errands", "retrieve"]

RETRY_S: Final = 3600.0
"""How soon a source that failed is due again."""
FARTHEST_S: Final = 7 * 86_400.0
"""A time before which a source must not be asked is believed this far ahead; otherwise a clock was set back."""
Stage = Callable[[str, int], Callable[[int], None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one source was met, in words; ``state`` tells what to do about it."""

    object_ids: tuple[str, ...]
    state: Literal["arrived", "unchanged", "waiting", "failed"]
    words: str


def errands(config: Config, only: str | None = None) -> tuple[Errand, ...]:
    """Every source of the configuration, each once, whatever number of objects share it; catalogues at the end.

    Args:
        config: The configuration.
        only: The one object to retrieve for.

    Raises:
        ConfigError: if there is no such object.
    """
    if only is not None and only not in {item.id for item in config.objects}:
        raise ConfigError("an object to retrieve for must be in the configuration", value=only)
    found: dict[tuple[str, str], Errand] = {}
    for item in config.objects:
        if only in {None, item.id}:
            for errand in (errand for source in item.ephemeris for errand in _of_source(item, source)):
                known = found.get((errand.text, errand.path), replace(errand, object_ids=()))
                found[errand.text, errand.path] = replace(known, object_ids=(*known.object_ids, item.id))
    tables = config.catalogues if only is None else ()
    return (*found.values(), *(_of_catalogue(table) for table in tables if table.source is not None))


def _of_catalogue(table: CatalogueTable) -> Errand:
    return Errand(
        object_ids=(CATALOGUE,),
        item=None,
        source=source_of_table(table, None),
        text=table.source or "",
        origin=parse_origin(table.source or ""),
        path=table.path,
        needed=False,
    )


def _of_source(item: ScreenedObject, source: EphemerisSource) -> Iterator[Errand]:
    own = [(source.source, source.path, False)] if source.source is not None else []
    needed = [(text, path, True) for text, path in zip(source.kernel_sources, source.kernels, strict=False)]
    for text, path, is_needed in (*needed, *own):
        yield Errand(
            object_ids=(item.id,),
            item=item,
            source=source,
            text=text,
            origin=parse_origin(text),
            path=path,
            needed=is_needed,
        )


def due(config: Config, directory: Path, now: Epoch) -> tuple[Errand, ...]:
    """The sources not asked within ``fetch.every_hours``, or an hour after a failure; folders as they have news."""
    ledger = read_ledger(directory)
    return tuple(errand for errand in errands(config) if _is_due(errand, config, directory, ledger, now))


def _is_due(errand: Errand, config: Config, directory: Path, ledger: Ledger, now: Epoch) -> bool:
    last = ledger.attempts.get(attempt_key(errand.text, errand.path))
    if isinstance(errand.origin, Folder):
        found = newest_of(errand.origin, directory)
        return found is not None and found.has_settled(now) and (last is None or found.stamp != last.tried)
    if last is None:
        return True
    every_s = config.fetch.every_hours * 3600.0
    return not 0.0 <= now - last.at < (every_s if last.failure is None else min(every_s, RETRY_S))


def retrieve(
    wanted: Sequence[Errand], config: Config, directory: Path, outside: Outside, *, stage: Stage
) -> Iterator[Outcome]:
    """Ask sources, each once; an outcome each, as it is known.

    Args:
        wanted: What is to be retrieved: :func:`errands`, or those that are :func:`due`.
        config: The configuration.
        directory: Its folder.
        outside: Clock, waiting, environment.
        stage: Shows what is going on: a title and how many bytes are expected, 0 if unknown.

    Raises:
        OSError: if the workspace cannot be written.
    """
    transport = Transport(config.fetch, outside)
    for errand in wanted:
        clear(errand, directory)
        ledger = read_ledger(directory)
        context = Context(
            config=config,
            directory=directory,
            outside=outside,
            transport=transport,
            now=outside.instant(),
            last=last_good(errand, directory, ledger),
            progress=stage(f"retrieving {', '.join(errand.object_ids)}", 0),
        )
        yield _run(errand, context, ledger.attempts.get(attempt_key(errand.text, errand.path)))


def _run(errand: Errand, context: Context, last: Attempt | None) -> Outcome:
    """One source: asked, or left alone for now; the ledger knows afterwards how it went."""
    now, ids = context.now, errand.object_ids
    if last is not None and last.not_before is not None and 0.0 < last.not_before - now < FARTHEST_S:
        asked = asked_address(errand.origin, context.config.fetch)
        words = f"not asked: {asked} wants to be left alone until {last.not_before.iso(digits=0)} UTC"
        return Outcome(object_ids=ids, state="waiting", words=words)
    stamp = f"{now.iso(digits=0).replace('-', '').replace(':', '')}Z"
    try:
        with Arriving(context.directory / arriving_path(errand.path, stamp)) as arriving:
            brought = _bring(errand, context, arriving)
            arrived = settle(errand, context, arriving, brought)
    except NearpassError as error:
        known = last or Attempt(at=now, failure=None)
        after_s = error.after_s if isinstance(error, RetrievalError) else None
        attempt = replace(
            known,
            at=now,
            failure=str(error),
            not_before=now + after_s if after_s else None,
            tried=_tried(errand, context),
        )
        ledger = read_ledger(context.directory).with_attempt(attempt_key(errand.text, errand.path), attempt)
        write_ledger(ledger, context.directory)
        kept = f"; {known.file} stays" if context.last else ""
        return Outcome(object_ids=ids, state="failed", words=f"{error}{kept}")
    skewed = brought.skew_s is not None and abs(brought.skew_s) > SKEW_S
    clock = f"; this machine's clock is {brought.skew_s:+.0f} s from the source's" if skewed else ""
    if arrived is None:
        return Outcome(object_ids=ids, state="unchanged", words=f"unchanged{clock}")
    note = f": {brought.note}" if brought.note else ""
    return Outcome(object_ids=ids, state="arrived", words=f"{arrived}{note}{clock}")


def _tried(errand: Errand, context: Context) -> str | None:
    """Which file of a folder an attempt is about."""
    found = newest_of(errand.origin, context.directory) if isinstance(errand.origin, Folder) else None
    return found.stamp if found else None


def _bring(errand: Errand, context: Context, arriving: Arriving) -> Brought:
    origin = errand.origin
    if isinstance(origin, Horizons):
        return bring_states(origin, errand, context, arriving.sink)
    if isinstance(origin, CelesTrak):
        return bring_elements(origin, errand, context, arriving.sink)
    if isinstance(origin, Folder):
        return bring_from_folder(origin, context, arriving.sink)
    return bring_address(origin, context, arriving.sink)
