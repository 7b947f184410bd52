"""A workspace from files alone: objects, originators, body and window are theirs; what no file says is assumed.

``nearpass run a.oem b.oem`` writes the nearpass.toml that it used, which is then the publisher's to complete.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nearpass.api import Ephemeris, read_all
from nearpass.astro.bodies import natural_radius_km
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.config.fields import RESERVED
from nearpass.errors import ConfigError

ASSUMED_HBR_M: Final = 5.0
RED_KM: Final = 3.0
YELLOW_KM: Final = 10.0
LONGEST_DAYS: Final = 366.0
MOST_OBJECTS: Final = 200
_ID_LETTERS: Final = 24
_MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FromFiles:
    """A configuration made of files: its text, the cut-off that it is for, where each file goes, what was assumed."""

    text: str
    cutoff: Epoch
    places: tuple[tuple[Path, str], ...]
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One object with its deliveries, the newest first; each with its place below the workspace."""

    id: str
    deliveries: tuple[tuple[Ephemeris, str], ...]


def from_files(files: Sequence[Path], at: Epoch | None, limit_km: float, home: Path) -> FromFiles:
    """Read what the files hold and write the configuration that screens it.

    Args:
        files: Deliveries of any kind, of one object or several each.
        at: Data cut-off; by default the first minute by which all objects are covered and all files were made.
        limit_km: Approaches below it are listed.
        home: The workspace: files that lie in it stay where they are.

    Raises:
        ConfigError: if the files do not make a fleet: one object, several bodies, no common time.
        InputError: for a file that cannot be read.
    """
    places = _places(files, home)
    read = [(one, place) for path, place in places for one in read_all(path)]
    bodies = sorted({one.body.name for one, _ in read})
    if len(bodies) > 1:
        rule = "all files must be about one body; give those of one body, or write a configuration"
        raise ConfigError(rule, value=", ".join(bodies))
    objects = _objects(read)
    if not 2 <= len(objects) <= MOST_OBJECTS:
        rule = f"the files must hold between 2 and {MOST_OBJECTS} objects; a catalogue needs a configuration"
        raise ConfigError(rule, value=len(objects))
    newest = [item.deliveries[0][0] for item in objects]
    cutoff = at or _cutoff(newest)
    last = max(one.stop for one in newest)
    if last - cutoff <= 0.0:
        raise ConfigError("the window must begin before the files end; give --at", value=f"{cutoff.iso(digits=0)} UTC")
    span_days = min(math.ceil((last - cutoff) / DAY_S * 1e4) / 1e4, LONGEST_DAYS)
    lines, assumed = _written(objects, bodies[0], span_days, limit_km)
    return FromFiles(text="\n".join(lines) + "\n", cutoff=cutoff, places=places, assumed=assumed)


def lay_out(made: FromFiles, home: Path) -> None:
    """Write the configuration and bring the files into the workspace."""
    home.mkdir(parents=True, exist_ok=True)
    for source, place in made.places:
        target = home / place
        if source.resolve() != target.resolve():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    (home / "nearpass.toml").write_text(made.text, encoding="utf-8")


def _places(files: Sequence[Path], home: Path) -> tuple[tuple[Path, str], ...]:
    """Where each file lies in the workspace: where it is, else in ephemerides/ under a name of its own."""
    found: list[tuple[Path, str]] = []
    for path in dict.fromkeys(files):
        try:
            inside = path.resolve().relative_to(home.resolve()).as_posix()
        except ValueError:
            taken, number = {place for _, place in found}, 2
            inside = f"ephemerides/{_safe(path.name)}"
            while inside in taken:
                inside = f"ephemerides/{number}-{_safe(path.name)}"
                number += 1
        found.append((path, inside))
    return tuple(found)


def _safe(name: str) -> str:
    """A name that a pattern of the configuration takes as it stands."""
    return re.sub(r"[\[\]*?]", "_", name)


def _objects(read: Sequence[tuple[Ephemeris, str]]) -> list[_Found]:
    """The objects by id: one for each designator, or name where a file has none."""
    grouped: dict[str, list[tuple[Ephemeris, str]]] = {}
    for one, place in read:
        unnamed = one.object_id.strip().upper() in {"", "UNKNOWN", "N/A", "NONE"}
        grouped.setdefault(one.name.strip().upper() if unnamed else one.object_id.strip().upper(), []).append(
            (one, place)
        )
    taken: set[str] = set()
    found = []
    for deliveries in grouped.values():
        deliveries.sort(key=lambda entry: entry[0].created or entry[0].start, reverse=True)
        found.append(_Found(id=_id(deliveries[0][0], taken), deliveries=tuple(deliveries)))
    return sorted(found, key=lambda item: item.id)


def _id(one: Ephemeris, taken: set[str]) -> str:
    """An id of the object's name, or its designator, that no other has."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", one.name.strip() or one.object_id).strip("-_")[:_ID_LETTERS].strip("-_")
    stem = re.sub("-+", "-", plain) or "OBJECT"
    if stem.lower() in RESERVED or stem.lower() == "index":
        stem = f"{stem}-1"
    name, number = stem, 2
    while name.lower() in taken:
        name, number = f"{stem[: _ID_LETTERS - 4]}-{number}", number + 1
    taken.add(name.lower())
    return name


def _cutoff(newest: Sequence[Ephemeris]) -> Epoch:
    """The first minute by which all are covered and made; where that is too late, by which all are covered."""
    start = max(one.start for one in newest)
    made = max((one.created for one in newest if one.created is not None), default=start)
    both = max(start, made)
    first = both if both < min(one.stop for one in newest) else start
    minute = Epoch.parse(first.iso(digits=0)[:16] + ":00")
    return minute if minute >= first else minute + _MINUTE_S


def _written(
    objects: Sequence[_Found], body: str, span_days: float, limit_km: float
) -> tuple[list[str], tuple[str, ...]]:
    """The configuration's lines, and what no file says."""
    yellow_km = min(YELLOW_KM, limit_km)
    red_km = min(RED_KM, yellow_km)
    title = f"Close approaches of {', '.join(item.id for item in objects)}"
    assumed = [f"alert levels: red below {red_km:g} km, yellow below {yellow_km:g} km"]
    lines = [
        "# Made by nearpass run from files alone. What no file says is marked as assumed: put in what you know.",
        "",
        "[site]",
        f"title = {_text(title if len(title) < 80 else f'Close approaches of {len(objects)} objects')}",
        "",
        "[cycle]",
        f"body = {_text(body)}",
        f"span_days = {span_days:g}  # to the last state of the files",
        f"limit_km = {limit_km:g}",
        "",
        "[alert.red]",
        f"cad_km = {red_km:g}  # assumed",
        "",
        "[alert.yellow]",
        f"cad_km = {yellow_km:g}  # assumed",
    ]
    for item in objects:
        newest = item.deliveries[0][0]
        natural_km = natural_radius_km(newest.name, newest.object_id)
        lines += ["", "[[object]]", f"id = {_text(item.id)}", f"name = {_text(newest.name.strip() or item.id)}"]
        if natural_km is not None:
            lines.append(f"radius_km = {natural_km:g}")
        else:
            words = f"A hard-body radius of {ASSUMED_HBR_M:g} m is assumed: no file gives one."
            lines += [f"hbr_m = {ASSUMED_HBR_M:g}  # assumed", f"note = {_text(words)}"]
            assumed.append(f"{item.id}: hard-body radius {ASSUMED_HBR_M:g} m")
        for one, place in item.deliveries:
            lines += ["[[object.ephemeris]]", f"path = {_text(place)}"]
            lines.append(f"originator = {_text(one.originator or 'unknown')}")
            if one.object_id.lstrip("-").isdigit():
                lines.append(f"target = {one.object_id}")
    return lines, tuple(assumed)


def _text(value: str) -> str:
    """A string of TOML: JSON's are."""
    return json.dumps(value, ensure_ascii=False)
