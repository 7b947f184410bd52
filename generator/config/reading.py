"""Reading nearpass.toml: an unknown key is refused with the nearest known one, every error placed at its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from nearpass.config import editions, notify
from nearpass.config.alerts import Alert, RuleTable, Threshold
from nearpass.config.checks import check_copies, check_rules, check_tables
from nearpass.config.declarations import CatalogueTable, Joined, Orbit, Uncertainty
from nearpass.config.objects import EphemerisSource, ScreenedObject
from nearpass.config.origins import Fetch, masked
from nearpass.config.places import check_paths
from nearpass.config.tables import ArchiveTable, Config, Cycle, Inputs, Publish, Site
from nearpass.config.toml_lines import line_of
from nearpass.encounter.alert_rules import AlertRule
from nearpass.errors import ConfigError


def parse_config(text: str, file: str) -> Config:
    """Read a configuration.

    Raises:
        ConfigError: with every fault, its line and, for an unknown key, the nearest known one.
    """
    config = parse_table(Config, text, file, _MODEL_AT)
    if faults := [*check_tables(config, text, file)]:
        raise _all(faults)
    return config


Whole = TypeVar("Whole", bound=BaseModel)


def parse_table(whole: type[Whole], text: str, file: str, models: Mapping[str, type[BaseModel]]) -> Whole:
    """Read any TOML of ours.

    Args:
        whole: What it is.
        text: Its text.
        file: Its name, for errors.
        models: What each table in it is, by its dotted name; "" for the whole.

    Raises:
        ConfigError: with every fault, as :func:`parse_config`.
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
        return whole.model_validate(_tuples(tables))
    except ValidationError as error:
        raise _all(_faults(error, text, tables, file, models)) from None


class _RulesFile(BaseModel):
    """What is read of a file of rules: the tables of the levels; whatever else it holds is another command's."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    alert: Alert


def load_rules(path: Path, config: Config) -> tuple[AlertRule, ...]:
    """Alert rules of another file, held against the objects and limits of a configuration.

    Raises:
        ConfigError: with every fault, if it cannot be read or its rules cannot be these objects'.
    """
    file, text = str(path), _text(path)
    alert = parse_table(_RulesFile, text, file, _MODEL_AT).alert
    if faults := [*check_rules(config.model_copy(update={"alert": alert}), text, file)]:
        raise _all(faults)
    return alert.rules


def _all(faults: Sequence[ConfigError]) -> ConfigError:
    """The faults as one error, each at its line, once."""
    each = {str(fault): fault for fault in faults}
    return ConfigError.all_of(each.values()) or ConfigError("the configuration must follow its rules")


def load_config(path: Path) -> tuple[Config, str]:
    """Read a configuration file; the configuration and its text.

    Raises:
        ConfigError: if it cannot be read or breaks a rule.
    """
    text = _text(path)
    config = parse_config(text, str(path))
    if faults := [*check_copies(config, path, text), *check_paths(config, text, str(path))]:
        raise _all(faults)
    return config, text


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"the configuration must be readable: {error.strerror}", file=str(path)) from None
    except UnicodeDecodeError:
        raise ConfigError("the configuration must be UTF-8 text", file=str(path)) from None


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


_MODEL_AT: Final[dict[str, type[BaseModel]]] = {
    "": Config,
    "site": Site,
    "fetch": Fetch,
    "inputs": Inputs,
    "publish": Publish,
    "archive": ArchiveTable,
    "cycle": Cycle,
    "alert": Alert,
    "alert.red": Threshold,
    "alert.yellow": Threshold,
    "alert.rule": RuleTable,
    "object": ScreenedObject,
    "object.ephemeris": EphemerisSource,
    "object.uncertainty": Uncertainty,
    "object.orbit": Orbit,
    "object.joined": Joined,
    **editions.TABLES,
    **notify.TABLES,
    "catalogue": CatalogueTable,
}


def _faults(
    error: ValidationError, text: str, tables: dict[str, Any], file: str, models: Mapping[str, type[BaseModel]]
) -> list[ConfigError]:
    """Every fault in one line; an unknown key is usually the cause of a missing one, so it comes first."""
    faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    meant = {(*fault["loc"][:-1], *_near(fault, models)) for fault in faults if fault["type"] == "extra_forbidden"}
    told = [fault for fault in faults if fault["type"] != "missing" or fault["loc"] not in meant]
    return [_fault(fault, text, tables, file, models) for fault in told]


def _known(fault: ErrorDetails, models: Mapping[str, type[BaseModel]]) -> list[str]:
    """The keys of the table in which a key is unknown."""
    model = models.get(".".join(part for part in fault["loc"][:-1] if isinstance(part, str)), models[""])
    return [field.alias or name for name, field in model.model_fields.items()]


def _near(fault: ErrorDetails, models: Mapping[str, type[BaseModel]]) -> list[str]:
    """The known key that an unknown one was meant to be, which is then missing for no other reason; else none."""
    return difflib.get_close_matches(str(fault["loc"][-1]), _known(fault, models), n=1)


def _fault(
    fault: ErrorDetails, text: str, tables: dict[str, Any], file: str, models: Mapping[str, type[BaseModel]]
) -> ConfigError:
    place = fault["loc"]
    dotted = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    line = line_of(text, place)
    object_id = None
    if len(place) > 1 and place[0] == "object" and isinstance(place[1], int):
        table = tables["object"][place[1]]
        object_id = str(table.get("id", "")) or None if isinstance(table, dict) else None
    if fault["type"] == "extra_forbidden":
        near = _near(fault, models)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(_known(fault, models))}"
        return ConfigError(f"unknown key {dotted}, {hint}", file=file, line=line, object_id=object_id)
    if fault["type"] == "missing":
        return ConfigError(f"the key {dotted} is required", file=file, line=line, object_id=object_id)
    message = fault["msg"].removeprefix("Value error, ")
    value = fault["input"] if isinstance(fault["input"], str | int | float | bool) else None
    value = masked(value) if isinstance(value, str) and "://" in value else value
    if {"channels", "escalation"} & set(place):
        value = None  # whoever wrote an address there wrote a secret, which no error repeats
    prefix = f"{dotted}: " if dotted else ""
    return ConfigError(prefix + message, value=value, file=file, line=line, object_id=object_id)


def instead(directory: Path, pattern: str) -> str:
    """What lies where no file of a path is, as the end of a sentence; nothing where that is not told easily."""
    path = directory / pattern
    try:
        if path.is_dir():
            return ": a folder lies there"
        if path.is_symlink():
            return ": a link lies there that leads to no file"
        if path.exists():
            return ": what lies there is no file"
        other = next((one.name for one in path.parent.iterdir() if one.name.lower() == path.name.lower()), None)
    except (OSError, ValueError):
        return ""
    return f": {other} is written otherwise" if other is not None and other.isprintable() else ""


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
