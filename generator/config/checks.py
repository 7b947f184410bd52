"""Rules of the configuration that reach across its tables; a breach names the line of the key at fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path, PurePosixPath
from typing import Final

from nearpass.config.origins import Horizons, check_source, masked
from nearpass.config.tables import Config
from nearpass.config.toml_lines import line_of
from nearpass.encounter.alert_rules import AlertRule, PairClass, Pairing
from nearpass.errors import ConfigError
from nearpass.record.pairing import calls
from nearpass.record.parties import PartyTableError

OWN_FOLDERS: Final = (
    "archive", "editions", "ephemerides", "exchanges", "log", "messages", "public", "site", "theme", ".nearpass",
)  # fmt: skip


def check_copies(config: Config, path: Path, text: str) -> Iterator[ConfigError]:
    """A copy of the public site must neither hold the workspace nor lie in one of its own folders."""
    home = path.parent.resolve()
    own = [home / name for name in OWN_FOLDERS]
    copies: list[tuple[str, tuple[int | str, ...]]] = [
        (copy, ("publish", "copy_to")) for copy in config.publish.copy_to
    ]
    copies += [(copy, ("edition", i, "copy_to")) for i, table in enumerate(config.editions) for copy in table.copy_to]
    own += [home / table.folder for table in config.editions if table.folder is not None]
    for copy, place in copies:
        target = (home / copy).resolve()
        if (
            target == home
            or target in home.parents
            or any(target == folder or folder in target.parents for folder in own)
        ):
            rule = "copy_to must lie outside the workspace's own folders and must not hold the workspace"
            yield ConfigError(rule, value=copy, file=str(path), line=line_of(text, place))


def check_tables(config: Config, text: str, file: str) -> Iterator[ConfigError]:
    """Hold the tables against each other: every fault that there is."""
    yield from _check_distinct(config, text, file)
    yield from _check_parties(config, text, file)
    yield from _check_joined(config, text, file)
    yield from _check_listed(config, text, file)
    yield from check_rules(config, text, file)
    yield from _check_sources(config, text, file)
    yield from _check_editions(config, text, file)
    yield from _check_folders(config, text, file)
    yield from _check_notify(config, text, file)


def _check_distinct(config: Config, text: str, file: str) -> Iterator[ConfigError]:
    """Object ids differ even where case is ignored, since they become file names."""
    seen: set[str] = set()
    for index, item in enumerate(config.objects):
        if item.id.lower() in seen:
            line = line_of(text, ("object", index, "id"))
            yield ConfigError("object ids must differ", value=item.id, file=file, line=line)
        seen.add(item.id.lower())


def _check_parties(config: Config, text: str, file: str) -> Iterator[ConfigError]:
    """A name means one party, and none belongs to itself."""
    try:
        config.known_parties  # noqa: B018  # asked for its error alone
    except PartyTableError as error:
        line = line_of(text, ("party", error.party, error.key))
        yield ConfigError(str(error), value=config.parties[error.party].id, file=file, line=line)


def _check_joined(config: Config, text: str, file: str) -> Iterator[ConfigError]:
    """Whoever is joined is joined with another object of the configuration."""
    known = {item.id for item in config.objects}
    for index, item in enumerate(config.objects):
        for joined in item.joined:
            if joined.partner == item.id or joined.partner not in known:
                line = line_of(text, ("object", index, "joined"))
                rule = "joined must name another object of the configuration"
                yield ConfigError(rule, value=joined.partner, file=file, line=line, object_id=item.id)


def _check_listed(config: Config, text: str, file: str) -> Iterator[ConfigError]:
    """Whatever is yellow must be listed: the limit is between centres, the thresholds of bodies from their surfaces."""
    radii_km = sorted((item.radius_km or 0.0 for item in config.objects), reverse=True)
    level, table = ("yellow", config.alert.yellow) if config.alert.yellow is not None else ("red", config.alert.red)
    if table is not None and config.cycle.limit_km < (least_km := table.cad_km + sum(radii_km[:2])):
        rule = f"cycle.limit_km must reach alert.{level}.cad_km above the largest bodies' surfaces, {least_km:g} km"
        yield ConfigError(rule, value=config.cycle.limit_km, file=file, line=line_of(text, ("cycle", "limit_km")))


def check_rules(config: Config, text: str, file: str) -> Iterator[ConfigError]:
    """Named rules are for objects that there are, what they judge is listed, and no pair is left without a rule."""
    known = {item.id for item in config.objects}
    for index, table in enumerate(config.alert.named):
        place = ("alert", "rule", index)
        for key, pairs in (("pairs", table.pairs), ("except_pairs", table.except_pairs)):
            for pair in pairs:
                missing = [name for name in pair if name not in known and not config.catalogues]
                if missing or pair[0] == pair[1]:
                    rule = f"{key} of a rule must name two objects of the configuration"
                    yield ConfigError(rule, value=(missing or pair)[0], file=file, line=line_of(text, (*place, key)))
        if config.editions and (named := [item.id for item in config.objects if calls(table.name, item.id, item.name)]):
            rule = "the name of a rule must name no object, which an edition may not name"
            yield ConfigError(rule, value=named[0], file=file, line=line_of(text, (*place, "name")))
        least_km, pair = max(_needed_km(table.rule, config), default=(0.0, ("", "")))
        if config.cycle.limit_km < least_km:
            rule = f"cycle.limit_km must reach what the rule {table.name!r} judges, {least_km:g} km{_between(pair)}"
            yield ConfigError(rule, value=config.cycle.limit_km, file=file, line=line_of(text, (*place, "name")))
        if table.oxd_km is not None and config.crossing_limit_km < table.oxd_km:
            rule = f"cycle.crossing_limit_km must reach what the rule {table.name!r} judges, {table.oxd_km:g} km"
            yield ConfigError(rule, value=config.crossing_limit_km, file=file, line=line_of(text, (*place, "oxd_km")))
    for pairing in _pairings(config) if config.alert.named else ():
        left_out = any(pairing.ids == frozenset(pair) for table in config.alert.named for pair in table.except_pairs)
        if pairing.kind != "silent" and not left_out and not any(_judges(rule, pairing) for rule in config.alert_rules):
            rule = (
                f"every pair needs a rule: none is for approaches of {pairing.primary} and {pairing.secondary}, a pair "
                f"of class {pairing.kind}; name it in except_pairs if that is meant"
            )
            yield ConfigError(rule, file=file, line=line_of(text, ("alert", "rule", 0, "name")))
            break


def _needed_km(rule: AlertRule, config: Config) -> Iterator[tuple[float, tuple[str, str]]]:
    """By pair the distance between centres up to which a rule may hold."""
    reach_km = rule.reach_km
    if reach_km is None:
        return
    if config.catalogues:
        yield reach_km, ("", "")
    radii_km = config.radii_km
    for pairing in _pairings(config):
        if pairing.kind != "silent" and (rule.applies(pairing) or rule.applies(replace(pairing, kind="joined"))):
            ids = pairing.primary, pairing.secondary
            yield reach_km + sum(radii_km.get(name, 0.0) for name in ids), ids


def _between(pair: tuple[str, str]) -> str:
    return f" between the centres of {pair[0]} and {pair[1]}" if pair[0] else ""


def _judges(rule: AlertRule, pairing: Pairing) -> bool:
    return not rule.of_crossings and rule.applies(pairing)


def _pairings(config: Config) -> Iterator[Pairing]:
    """Every pair of the configuration, of the class that it has while the two do not fly together."""
    for one, two in combinations(sorted(config.objects, key=lambda item: item.id), 2):
        kind: PairClass = "moon" if one.radius_km is not None or two.radius_km is not None else "spacecraft"
        kind = "silent" if "unknown" in {one.phase, two.phase} else kind
        yield Pairing(primary=one.id, secondary=two.id, kind=kind)


def _check_sources(config: Config, text: str, file: str) -> Iterator[ConfigError]:
    """What shall be retrieved may be asked for, and has a place to go."""
    for index, item in enumerate(config.objects):
        for number, source in enumerate(item.ephemeris):
            place = ("object", index, "ephemeris", number)
            try:
                if source.source is not None:
                    origin = check_source(source.source, source.path, config.fetch)
                    if isinstance(origin, Horizons) and origin.target is None and item.naif_id is None:
                        raise ValueError("a Horizons source needs its number, or the object a naif_id")
                for path, kernel in zip(source.kernels, source.kernel_sources, strict=False):
                    check_source(kernel, path, config.fetch, fixed_name=True)
            except ValueError as error:
                line = line_of(text, (*place, "source" if source.source else "kernel_sources"))
                shown = masked(source.source) if source.source else None
                yield ConfigError(str(error), value=shown, file=file, line=line, object_id=item.id)
    for index, table in enumerate(config.catalogues):
        try:
            if table.source is not None and isinstance(check_source(table.source, table.path, config.fetch), Horizons):
                raise ValueError("a catalogue's source must give element sets, which Horizons has not")
        except ValueError as error:
            line = line_of(text, ("catalogue", index, "source"))
            shown = masked(table.source) if table.source else None
            yield ConfigError(str(error), value=shown, file=file, line=line)


def _check_folders(config: Config, text: str, file: str) -> Iterator[ConfigError]:
    """Editions with folders of their own lie in none of the workspace's, and in none of each other's."""
    taken = [PurePosixPath(name) for name in (*OWN_FOLDERS, "schema", "mkdocs.yml", "nearpass.toml")]
    for index, edition in enumerate(config.editions):
        if edition.folder is None:
            continue
        place = PurePosixPath(edition.folder)
        if any(place.is_relative_to(other) or other.is_relative_to(place) for other in taken):
            rule = "an edition's folder must lie in none of the workspace's own folders nor of another edition's"
            line = line_of(text, ("edition", index, "folder"))
            yield ConfigError(rule, value=edition.folder, file=file, line=line)
        taken.append(place)


def _check_editions(config: Config, text: str, file: str) -> Iterator[ConfigError]:
    """Editions differ in their folders, and decide on objects that are configured."""
    known = {item.id for item in config.objects}
    seen: set[str] = set()
    for index, edition in enumerate(config.editions):
        if edition.id in seen:
            line = line_of(text, ("edition", index, "id"))
            yield ConfigError("ids of editions must differ", value=edition.id, file=file, line=line)
        seen.add(edition.id)
        for place, entry in enumerate(edition.objects):
            if entry.id not in known:
                line = line_of(text, ("edition", index, "object", place, "id"))
                yield ConfigError("an edition's object must be configured", value=entry.id, file=file, line=line)


def _check_notify(config: Config, text: str, file: str) -> Iterator[ConfigError]:
    """Whoever is told is told from an edition that is for them."""
    editions = {table.id: table for table in config.editions}
    seen: set[str] = set()
    for index, table in enumerate(config.notify):
        if table.id in seen:
            line = line_of(text, ("notify", index, "id"))
            yield ConfigError("ids of notify tables must differ", value=table.id, file=file, line=line)
        seen.add(table.id)
        line = line_of(text, ("notify", index, "edition"))
        if table.edition is None:
            if editions:
                rule = "notify must name the edition from which it tells, as there are several readers"
                yield ConfigError(rule, value=table.id, file=file, line=line_of(text, ("notify", index, "id")))
        elif (edition := editions.get(table.edition)) is None:
            yield ConfigError("notify must name an edition", value=table.edition, file=file, line=line)
        elif edition.parties and not config.known_parties.belongs(table.party, edition.parties):
            rule = "the party that is told must be one of the edition's readers, or belong to one"
            line = line_of(text, ("notify", index, "party"))
            yield ConfigError(rule, value=table.party, file=file, line=line)
