"""nearpass.toml: what is screened, from which files, with which thresholds.

The schema is the models below; an unknown key is refused with the nearest known one. Every error names the line of
the file at which the faulty table or key stands.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError, field_validator, model_validator

from generator import edition_tables
from generator.astro.axes import axes_named
from generator.astro.bodies import Body, body_named
from generator.cycle.marking import Tlp
from generator.declarations import CatalogueTable, Orbit, Positive, Table, Uncertainty
from generator.edition_tables import Contact, EditionTable, MarkingTable, mapped_words
from generator.encounter.alert import AlertRule, Level
from generator.errors import ConfigError, NearpassError
from generator.origins import Fetch, Horizons, check_source
from generator.toml_lines import line_of

OWN_FOLDERS: Final = ("archive", "editions", "ephemerides", "log", "public", "site", "theme", ".nearpass")


def _file_name(identifier: str) -> str:
    """Ids become file names: letters, digits, hyphen and underscore, and no double hyphen, which joins two of them."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,23}", identifier) or "--" in identifier:
        raise ValueError("an id must be 1 to 24 letters, digits, single hyphens or underscores")
    if identifier.lower() == "index":
        raise ValueError("an id must not be 'index', which names the list of objects")
    return identifier


def _address(url: str) -> str:
    """An address of a folder, with the slash that relative addresses need."""
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise ValueError("url must be http:// or https:// with a host and without ? or #")
    return url if url.endswith("/") else f"{url}/"


Identifier = Annotated[str, AfterValidator(_file_name)]


class Site(Table):
    """What stands on every page. ``detail_events`` is how many green events get a page of their own.

    ``url`` is where the site is served; feeds and calendars then give whole addresses.
    """

    title: str = Field(default="Close approaches", min_length=1)
    publisher: str | None = None
    notice: str | None = None
    url: Annotated[str, AfterValidator(_address)] | None = None
    detail_events: Annotated[int, Field(ge=0, le=500)] = 12


class Cycle(Table):
    """What is screened.

    Every local minimum of distance below ``limit_km`` is listed, and every orbit crossing below ``crossing_limit_km``
    (by default the yellow threshold of OXD, or of CAD where there is none). Of a catalogue's pairs only those with a
    primary are screened, if ``primaries`` names any; a pair slower than ``comoving_km_s`` is told as a stretch of time.
    """

    body: str
    span_days: Annotated[float, Field(gt=0, le=366, allow_inf_nan=False)]
    limit_km: Positive
    crossing_limit_km: Positive | None = None
    every_hours: Positive | None = None
    kernels: tuple[str, ...] = ()
    primaries: tuple[str, ...] = ()
    comoving_km_s: Positive = 0.01

    @field_validator("body")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            return body_named(name).name
        except NearpassError as error:
            raise ValueError(str(error)) from None


class Threshold(Table):
    """When a level holds: any one of these is enough.

    ``cad_km``: close-approach distance below it, to the surface for natural bodies. ``pc``: probability of collision of
    at least this. ``oxd_km``: distance between the orbits below it, with the passages within ``oxt_sigmas`` of the
    timing uncertainty.
    """

    cad_km: Positive
    pc: Annotated[float, Field(gt=0, le=1)] | None = None
    oxd_km: Positive | None = None
    oxt_sigmas: Positive = 3.0


class Alert(Table):
    """The levels; what is in neither is green."""

    red: Threshold
    yellow: Threshold

    @model_validator(mode="after")
    def _ordered(self) -> Alert:
        if self.red.cad_km > self.yellow.cad_km:
            raise ValueError("alert.red.cad_km must not exceed alert.yellow.cad_km")
        if self.red.pc is not None and self.yellow.pc is not None and self.red.pc < self.yellow.pc:
            raise ValueError("alert.red.pc must not be below alert.yellow.pc")
        if self.red.oxd_km is not None and self.yellow.oxd_km is not None and self.red.oxd_km > self.yellow.oxd_km:
            raise ValueError("alert.red.oxd_km must not exceed alert.yellow.oxd_km")
        return self


class EphemerisSource(Table):
    """Where an object's deliveries lie: OEM files, mean elements, or SPK kernels and what they need besides.

    ``path`` may hold wildcards and is relative to the configuration's folder. Of several OEM files the newest by
    CREATION_DATE is the current one; of several kernels the newest by name. ``axes`` says what names of axes in the
    files mean, for names that no standard defines or that a file uses wrongly: ``{ MCI = "MARS EQUATOR J2000" }``.
    ``source`` is where ``nearpass fetch`` retrieves them (:mod:`generator.origins`), ``kernel_sources`` the same for
    each of ``kernels``.

    The first nominal source that gives a usable delivery is the one the events rest on. Each alternative (another
    agency's, last week's) and each planned one (a manoeuvre not yet flown) is a solution of its own with a ``name``:
    screened against the other objects' nominal ones, and compared. ``delivery = "previous"`` takes the one before the
    nominal delivery in use.

    ``theory`` instead of a path is an analytic theory of a moon. ``extend`` carries an ephemeris on to the end of the
    window, for an object of unknown phase.

    ``marking`` (a level of TLP 2.0, or words of ``[[marking]]``; by default the object's) and ``release``, parties who
    may see it all the same, are the conditions under which it was given; ``covariance_marking`` those of its
    covariances, where they differ.
    """

    path: str = ""
    theory: Literal["MarsSatV1.0"] | None = None
    extend: Literal["secular J2"] | None = None
    source: str | None = None
    originator: str = Field(min_length=1)
    marking: str | None = Field(default=None, min_length=1)
    covariance_marking: str | None = Field(default=None, min_length=1)
    release: tuple[str, ...] = ()
    target: int | None = None
    center: str | int | None = None
    kernels: tuple[str, ...] = ()
    axes: dict[str, str] = Field(default_factory=dict)
    role: Literal["nominal", "alternative", "planned"] = "nominal"
    name: Identifier | None = None
    note: str | None = Field(default=None, min_length=1)
    delivery: Literal["newest", "previous"] = "newest"
    kernel_sources: tuple[str, ...] = ()

    @field_validator("axes")
    @classmethod
    def _defined(cls, meanings: dict[str, str]) -> dict[str, str]:
        try:
            for meaning in meanings.values():
                axes_named(meaning)
        except NearpassError as error:
            raise ValueError(str(error)) from None
        return meanings

    @model_validator(mode="after")
    def _one_origin(self) -> EphemerisSource:
        if bool(self.path) == (self.theory is not None):
            raise ValueError("an ephemeris needs either a path or a theory")
        return self

    @model_validator(mode="after")
    def _named_by_role(self) -> EphemerisSource:
        if self.role == "nominal" and (self.name, self.note, self.delivery) != (None, None, "newest"):
            raise ValueError('name, note and delivery belong to a source with role = "alternative" or "planned"')
        if self.role != "nominal" and self.name is None:
            raise ValueError(f'a source with role = "{self.role}" needs a name, by which pages call the solution')
        return self

    @model_validator(mode="after")
    def _paired(self) -> EphemerisSource:
        if self.kernel_sources and len(self.kernel_sources) != len(self.kernels):
            raise ValueError("kernel_sources must give one source for each of kernels")
        return self


class ScreenedObject(Table):
    """A spacecraft (``hbr_m``) or a natural body (``radius_km``)."""

    id: Identifier
    name: str = Field(min_length=1)
    operator: str | None = None
    naif_id: int | None = None
    hbr_m: Positive | None = None
    radius_km: Positive | None = None
    phase: Literal["known", "unknown"] = "known"
    lead_time_h: Positive | None = None
    note: str | None = None
    marking: str | None = Field(default=None, min_length=1)
    release: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = Field(default=(), alias="contact")
    uncertainty: Uncertainty | None = None
    orbit: Orbit | None = None
    catalogue_number: Annotated[int, Field(ge=1, le=999_999_999)] | None = None
    ephemeris: tuple[EphemerisSource, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_size(self) -> ScreenedObject:
        if (self.hbr_m is None) == (self.radius_km is None):
            raise ValueError("an object needs either hbr_m (spacecraft) or radius_km (natural body)")
        return self

    @model_validator(mode="after")
    def _not_prolonged(self) -> ScreenedObject:
        if self.phase == "known" and any(source.extend for source in self.ephemeris):
            raise ValueError('extend is for objects with phase = "unknown": it gives an orbit, and no place on it')
        return self

    @model_validator(mode="after")
    def _solutions(self) -> ScreenedObject:
        if not self.nominal:
            raise ValueError('an object needs an ephemeris with role = "nominal"')
        names = [source.name.lower() for source in self.solutions if source.name]
        if len(set(names)) < len(names):
            raise ValueError("the names of an object's solutions must differ")
        return self

    @property
    def size_km(self) -> float:
        """Radius of the sphere around the object."""
        return self.radius_km or (self.hbr_m or 0.0) / 1000.0

    @property
    def nominal(self) -> tuple[EphemerisSource, ...]:
        """The sources of the trajectory that events rest on, each a fallback of the one before."""
        return tuple(source for source in self.ephemeris if source.role == "nominal")

    @property
    def solutions(self) -> tuple[EphemerisSource, ...]:
        """The sources of alternative and planned solutions."""
        return tuple(source for source in self.ephemeris if source.role != "nominal")


class Publish(Table):
    """Where the site goes besides ``public/``: folders, relative to the configuration's."""

    copy_to: tuple[str, ...] = ()


class ArchiveTable(Table):
    """How the archive is kept. ``sign``: private key that signs each manifest, made by ``nearpass keygen``."""

    sign: str | None = Field(default=None, min_length=1)


class Config(Table):
    """The whole configuration."""

    site: Site = Site()
    publish: Publish = Publish()
    archive: ArchiveTable = ArchiveTable()
    fetch: Fetch = Fetch()
    cycle: Cycle
    alert: Alert
    markings: tuple[MarkingTable, ...] = Field(default=(), alias="marking")
    objects: tuple[ScreenedObject, ...] = Field(default=(), alias="object")
    editions: tuple[EditionTable, ...] = Field(default=(), alias="edition")
    catalogues: tuple[CatalogueTable, ...] = Field(default=(), alias="catalogue")

    @model_validator(mode="after")
    def _enough(self) -> Config:
        if len(self.objects) < 2 and not self.catalogues:
            raise ValueError("the configuration needs at least two objects, or a catalogue")
        if self.catalogues and self.cycle.body != "EARTH":
            raise ValueError("a catalogue of mean elements can be screened about the Earth only")
        return self

    @property
    def body(self) -> Body:
        """The body that the cycle screens around."""
        return body_named(self.cycle.body)

    @property
    def radii_km(self) -> dict[str, float]:
        """Radius of each natural body by its id."""
        return {item.id: item.radius_km for item in self.objects if item.radius_km is not None}

    @property
    def crossing_limit_km(self) -> float:
        """Orbit-crossing distance below which a crossing is listed."""
        return self.cycle.crossing_limit_km or self.alert.yellow.oxd_km or self.alert.yellow.cad_km

    @property
    def mapped_words(self) -> dict[str, Tlp]:
        """Agencies' own words of markings to levels."""
        return mapped_words(self.markings)

    @property
    def alert_rules(self) -> tuple[AlertRule, ...]:
        """The thresholds as rules, the most severe first."""
        return tuple(
            AlertRule(level=level, **threshold.model_dump())
            for level, threshold in ((Level.RED, self.alert.red), (Level.YELLOW, self.alert.yellow))
        )


def parse_config(text: str, file: str) -> Config:
    """Read a configuration.

    Raises:
        ConfigError: with the first fault, its line and, for an unknown key, the nearest known one.
    """
    try:
        tables = tomllib.loads(text.removeprefix("\ufeff"))
    except (RecursionError, ValueError) as error:
        if not isinstance(error, tomllib.TOMLDecodeError):
            raise ConfigError("the configuration must be TOML of ordinary size", value=str(error), file=file) from None
        line = re.search(r"line (\d+)", str(error))
        rule = f"the configuration must be TOML: {str(error).split(' (at ')[0]}"
        raise ConfigError(rule, file=file, line=int(line[1]) if line else None) from None
    try:
        # TOML has arrays and no tuples; that is the one leniency a strict reading needs.
        config = Config.model_validate(_tuples(tables))
    except ValidationError as error:
        raise _first_fault(error, text, tables, file) from None
    _check_distinct(config, text, file)
    _check_listed(config, text, file)
    _check_sources(config, text, file)
    _check_editions(config, text, file)
    return config


def load_config(path: Path) -> tuple[Config, str]:
    """Read a configuration file; the configuration and its text.

    Raises:
        ConfigError: if it cannot be read or breaks a rule.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"the configuration must be readable: {error.strerror}", file=str(path)) from None
    except UnicodeDecodeError:
        raise ConfigError("the configuration must be UTF-8 text", file=str(path)) from None
    config = parse_config(text, str(path))
    _check_copies(config, path, text)
    return config, text


def _check_copies(config: Config, path: Path, text: str) -> None:
    """A copy of the public site must neither hold the workspace nor lie in one of its own folders."""
    home = path.parent.resolve()
    own = [home / name for name in OWN_FOLDERS]
    for copy in config.publish.copy_to:
        target = (home / copy).resolve()
        if (
            target == home
            or target in home.parents
            or any(target == folder or folder in target.parents for folder in own)
        ):
            rule = "publish.copy_to must lie outside the workspace's own folders and must not hold the workspace"
            raise ConfigError(rule, value=copy, file=str(path), line=line_of(text, ("publish", "copy_to")))


def _check_distinct(config: Config, text: str, file: str) -> None:
    """Object ids differ even where case is ignored, since they become file names."""
    seen: set[str] = set()
    for index, item in enumerate(config.objects):
        if item.id.lower() in seen:
            line = line_of(text, ("object", index, "id"))
            raise ConfigError("object ids must differ", value=item.id, file=file, line=line)
        seen.add(item.id.lower())


def _check_listed(config: Config, text: str, file: str) -> None:
    """Whatever is yellow must be listed: the limit is between centres, the thresholds of bodies from their surfaces."""
    radii_km = sorted((item.radius_km or 0.0 for item in config.objects), reverse=True)
    least_km = config.alert.yellow.cad_km + sum(radii_km[:2])
    if config.cycle.limit_km < least_km:
        rule = f"cycle.limit_km must reach alert.yellow.cad_km above the largest bodies' surfaces, {least_km:g} km"
        raise ConfigError(rule, value=config.cycle.limit_km, file=file, line=line_of(text, ("cycle", "limit_km")))


def _check_sources(config: Config, text: str, file: str) -> None:
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
                raise ConfigError(str(error), value=source.source, file=file, line=line, object_id=item.id) from None


def _check_editions(config: Config, text: str, file: str) -> None:
    """Editions differ in their folders, and decide on objects that are configured."""
    known = {item.id for item in config.objects}
    seen: set[str] = set()
    for index, edition in enumerate(config.editions):
        if edition.id in seen:
            line = line_of(text, ("edition", index, "id"))
            raise ConfigError("ids of editions must differ", value=edition.id, file=file, line=line)
        seen.add(edition.id)
        for place, entry in enumerate(edition.objects):
            if entry.id not in known:
                line = line_of(text, ("edition", index, "object", place, "id"))
                raise ConfigError("an edition's object must be configured", value=entry.id, file=file, line=line)


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


_MODEL_AT: Final[dict[str, type[BaseModel]]] = {
    "": Config,
    "site": Site,
    "fetch": Fetch,
    "publish": Publish,
    "archive": ArchiveTable,
    "cycle": Cycle,
    "alert": Alert,
    "alert.red": Threshold,
    "alert.yellow": Threshold,
    "object": ScreenedObject,
    "object.ephemeris": EphemerisSource,
    "object.uncertainty": Uncertainty,
    "object.orbit": Orbit,
    **edition_tables.TABLES,
    "catalogue": CatalogueTable,
}


def _first_fault(error: ValidationError, text: str, tables: dict[str, Any], file: str) -> ConfigError:
    """The first fault in one line; an unknown key is usually the cause of a missing one, so it comes first."""
    faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    fault = faults[0]
    place = fault["loc"]
    dotted = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    line = line_of(text, place)
    object_id = None
    if len(place) > 1 and place[0] == "object" and isinstance(place[1], int):
        table = tables["object"][place[1]]
        object_id = str(table.get("id", "")) or None if isinstance(table, dict) else None
    if fault["type"] == "extra_forbidden":
        model = _MODEL_AT.get(".".join(part for part in place[:-1] if isinstance(part, str)), Config)
        known = [field.alias or name for name, field in model.model_fields.items()]
        near = difflib.get_close_matches(str(place[-1]), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return ConfigError(f"unknown key {dotted}, {hint}", file=file, line=line, object_id=object_id)
    if fault["type"] == "missing":
        return ConfigError(f"the key {dotted} is required", file=file, line=line, object_id=object_id)
    message = fault["msg"].removeprefix("Value error, ")
    value = fault["input"] if isinstance(fault["input"], str | int | float | bool) else None
    prefix = f"{dotted}: " if dotted else ""
    return ConfigError(prefix + message, value=value, file=file, line=line, object_id=object_id)


def resolve(directory: Path, pattern: str) -> list[Path]:
    """Files that a path or pattern of the configuration names, sorted by name.

    Args:
        directory: Folder of the configuration.
        pattern: A path relative to it, possibly with ``*`` and ``?``, or an absolute one.
    """
    pure = PurePosixPath(pattern)
    base, relative = (Path(pure.anchor), pure.relative_to(pure.anchor)) if pure.is_absolute() else (directory, pure)
    try:
        return sorted(path for path in base.glob(str(relative)) if path.is_file())
    except (IndexError, OSError, ValueError):
        return []  # no pattern that a file could match
