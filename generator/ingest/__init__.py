"""From the configured files to one trajectory an object: the newest usable delivery, the others with their reason.

A delivery that breaks a rule never stops the cycle. It is recorded as refused, and the next older one is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Final

from nearpass.config import Config, EphemerisSource, ScreenedObject, instead, resolve
from nearpass.errors import InputError, understood
from nearpass.ingest.attribution import attributed
from nearpass.ingest.delivery import Ingested, Setting, kept_inside, refused_input, shown_path, source_of
from nearpass.ingest.elements import holds_elements, read_element_files
from nearpass.ingest.kernels import holds_kernel, read_kernels
from nearpass.ingest.ledger import read_ledger
from nearpass.ingest.life import outside_life, within_life
from nearpass.ingest.messages import read_messages
from nearpass.ingest.theory import read_theory
from nearpass.record.record import InputRecord

__all__ = ["Ingested", "Setting", "ingest", "ingest_object", "question", "source_of", "unclaimed"]

FOLDER: Final = "ephemerides"
_Reader = Callable[[ScreenedObject, EphemerisSource, Sequence[Path], Setting], Iterator[Ingested | InputRecord]]


def unclaimed(config: Config, directory: Path) -> tuple[str, ...]:
    """Files in ``ephemerides/`` that no object, catalogue or kernel of the configuration names, by name."""
    sources = [source for item in config.objects for source in item.ephemeris]
    patterns = [pattern for source in sources for pattern in (source.path, *source.kernels) if pattern]
    patterns += [*(table.path for table in config.catalogues), *config.cycle.kernels]
    claimed = {path for pattern in patterns for path in resolve(directory, pattern)}
    return tuple(
        shown_path(path, directory)
        for path in resolve(directory, f"{FOLDER}/**/*")
        if path not in claimed and not path.name.startswith(".")
    )


def ingest(config: Config, setting: Setting, progress: Callable[[int], None]) -> list[Ingested]:
    """Read every object's current delivery, in the order of the configuration."""
    ledger = read_ledger(setting.directory)
    results = []
    for item in config.objects:
        results.append(attributed(_whatever_comes(item, setting), item, ledger))
        progress(1)
    return results


def _whatever_comes(item: ScreenedObject, setting: Setting) -> Ingested:
    """What became of an object's deliveries, also where telling them apart fails."""
    try:
        return ingest_object(item, setting)
    except Exception as error:  # noqa: BLE001  # of whatever kind: it is of this object, and the others are screened
        source = item.nominal[0]
        fault = understood(error).at(file=source.path or None, object_id=item.id)
        refused = refused_input(item, source, source.path or f"theory {source.theory}", fault, setting)
        return Ingested(object_id=item.id, trajectory=None, inputs=(refused,), files={})


def ingest_object(item: ScreenedObject, setting: Setting) -> Ingested:
    """The newest usable delivery of an object, and that of each of its other solutions.

    Of the nominal sources the first that gives one is used.
    """
    if (lifeless := outside_life(item, setting)) is not None:
        return lifeless
    nominal = within_life(_newest(item, item.nominal, setting), item, setting)
    solutions = tuple((source, _solution(item, source, nominal, setting)) for source in item.solutions)
    return replace(nominal, solutions=solutions)


def question(item: ScreenedObject, path: Path, setting: Setting) -> Ingested:
    """An ephemeris that is no delivery but a question, of any date: what if the object flew this?

    Raises:
        InputError: why it cannot be used.
    """
    about = {"path": str(path), "theory": None, "extend": None, "role": "planned", "name": "question", "source": None}
    source = item.ephemeris[0].model_copy(update=about)
    anywhere = replace(setting, directory=path.parent, any_date=True, accepted=False)
    attempt = next(iter(_attempts(item, source, [path], anywhere)), None)
    if isinstance(attempt, Ingested):
        return attempt
    raise InputError(attempt.refusal or "" if attempt else "the file must hold an ephemeris of the object")


def _solution(item: ScreenedObject, source: EphemerisSource, nominal: Ingested, setting: Setting) -> Ingested:
    """The delivery of one alternative or planned solution; nothing at all, and no refusal, where there is none yet."""
    if source.delivery == "newest":
        return _newest(item, (source,), setting)
    if nominal.trajectory is None:
        return Ingested(object_id=item.id, trajectory=None, inputs=(), files={})
    in_use = nominal.inputs[0]
    if in_use.creation is not None:
        return _newest(item, (source,), replace(setting, before=in_use.creation))
    return _newest(item, (source,), setting, older_than=in_use.file)


def _newest(
    item: ScreenedObject, sources: Sequence[EphemerisSource], setting: Setting, older_than: str | None = None
) -> Ingested:
    """The newest usable delivery of the first source that has one; only names below ``older_than``, if given."""
    refused: list[InputRecord] = []
    for source in sources:
        paths, strays = kept_inside(resolve(setting.directory, source.path), item, source, setting)
        refused += strays
        if strays and not paths:
            continue
        if not paths and source.theory is None and source.role != "nominal":
            continue
        if not paths and source.theory is None:
            rule = f"no readable file matches the path{instead(setting.directory, source.path)}"
            error = InputError(rule, value=source.path, object_id=item.id)
            refused.append(refused_input(item, source, source.path, error, setting))
            continue
        if older_than is not None and source.theory is None:
            paths = [path for path in paths if shown_path(path, setting.directory) < older_than]
            if not paths:
                continue
        for attempt in _attempts(item, source, paths, setting):
            if isinstance(attempt, InputRecord):
                refused.append(attempt)
            else:
                return replace(attempt, inputs=(*attempt.inputs, *refused))
    return Ingested(object_id=item.id, trajectory=None, inputs=tuple(refused), files={})


def _attempts(
    item: ScreenedObject, source: EphemerisSource, paths: Sequence[Path], setting: Setting
) -> Iterator[Ingested | InputRecord]:
    """What the readers make of the files of a source, each of those of its own kind, that of the last name first."""
    if source.theory is not None:
        return read_theory(item, source, setting)
    endings = {path.suffix: _reader_of(path) for path in paths}  # the last of each ending tells its kind
    kinds: dict[_Reader, list[Path]] = {endings[paths[-1].suffix]: []} if paths else {}
    for path in paths:
        kinds.setdefault(endings[path.suffix], []).append(path)
    return chain.from_iterable(reader(item, source, own, setting) for reader, own in kinds.items())


def _reader_of(path: Path) -> _Reader:
    """Kernels and mean elements are told by their content; all else must be a message."""
    if holds_kernel(path):
        return read_kernels
    return read_element_files if holds_elements(path) else read_messages
