"""One answer of the JPL Horizons API: what is asked, what is checked, what comes out.

The service (https://ssd-api.jpl.nasa.gov/doc/horizons.html, version 1.2 and later) answers a query of VECTORS with JSON
``{"signature": {"source", "version"}, "result": text}``, or ``{"signature", "error": text}``. The text is a page for
people: the object's data, a header, a table between ``$$SOE`` and ``$$EOE``, explanations. Its defaults are not ours
(the plane is the ecliptic, the units astronomical), so everything is asked for explicitly and every line of the
header that states it is checked.

Dates are compared as text: the table gives the Julian date to 1e-9 d, which is 86 microseconds or 0.3 m in low orbit,
but its calendar date is exact for instants at whole seconds, and only such are asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import DAY_S, NS, Epoch, TimeSystem, tai_ns
from nearpass.errors import RetrievalError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_LINES: Final = 90_024
"""The service's own limit for one table."""
SOURCE: Final = "NASA/JPL Horizons API"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_ZERO: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - civil time in TDB, which datetime has no zone for
_COLUMNS: Final = ("JDTDB", "Calendar Date (TDB)", "X", "Y", "Z", "VX", "VY", "VZ")
_HEADER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Center-site name": "BODY CENTER",
        "Output units": "KM-S",
        "Output type": "GEOMETRIC cartesian states",
        "Output format": "2 (position and velocity)",
        "Reference frame": "ICRF",
    }
)
_END: Final = re.compile(
    r"No ephemeris for target .{0,200}? (?P<side>prior to|after) A\.D\. "
    r"(?P<year>\d{4})-(?P<month>[A-Za-z]{3})-(?P<day>\d\d) (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
)
_REVISED: Final = re.compile(r"^\s*Revised\s*: ([A-Z][a-z]{2}) (\d{1,2}), (\d{4})\b", re.MULTILINE)
_BODY: Final = re.compile(r"(?P<name>.*?)\s*\((?P<id>-?\d+)\)\s*(?:\{source: (?P<source>[^}]*)\})?\s*$")
_CANDIDATE: Final = re.compile(r"^ *(-?\d+)  +(\S.{0,36}?)(?:  |$|\d{4}-)", re.MULTILINE)


class EndOfEphemerisError(RetrievalError):
    """The service has no states at an end of what was asked for; they begin or stop at ``limit`` (civil TDB)."""

    limit: datetime
    is_stop: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Instants at whole seconds of TDB: ``count`` steps of ``step_s`` from ``start``, so ``count + 1`` of them."""

    start: datetime
    step_s: int
    count: int

    @property
    def stop(self) -> datetime:
        """The last instant."""
        return self.start + timedelta(seconds=self.step_s * self.count)

    def texts(self) -> list[str]:
        """The instants as the service writes them."""
        return [written(self.start + timedelta(seconds=self.step_s * k)) for k in range(self.count + 1)]

    def epochs_tai_ns(self) -> IntArray:
        """The instants as epochs, shape ``(count + 1,)``."""
        since_s = round((self.start - _DAY_ZERO).total_seconds()) + self.step_s * np.arange(self.count + 1)
        days, seconds = np.divmod(since_s, DAY_S)
        return tai_ns(days, seconds * NS, TimeSystem.TDB)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """States of one answer in ICRF axes, km and km/s, shape ``(N, 3)``; with the service's header, line by line.

    ``source`` names the trajectory that the service used; ``revised`` is the day on which it last revised the object.
    """

    name: str
    source: str | None
    revised: Epoch | None
    header: tuple[str, ...]
    positions_km: FloatArray
    velocities_km_s: FloatArray


def civil(epoch: Epoch) -> datetime:
    """An epoch as civil TDB, to the second below."""
    return datetime.fromisoformat(epoch.iso(TimeSystem.TDB, digits=6)).replace(microsecond=0)


def written(moment: datetime) -> str:
    """A date as the service writes it, ``2026-Aug-23 03:38:00``."""
    return f"{moment.year:04d}-{_MONTHS[moment.month - 1]}-{moment.day:02d} {moment:%H:%M:%S}"


def query(target: int, center: int, grid: Grid) -> dict[str, str]:
    """The query of a table of states: geometric, ICRF axes, km and s, TDB."""
    asked = {
        "COMMAND": str(target),
        "OBJ_DATA": "YES",
        "MAKE_EPHEM": "YES",
        "EPHEM_TYPE": "VECTORS",
        "CENTER": f"500@{center}",
        "REF_PLANE": "FRAME",
        "REF_SYSTEM": "ICRF",
        "TIME_TYPE": "TDB",
        "START_TIME": written(grid.start),
        "STOP_TIME": written(grid.stop),
        "STEP_SIZE": str(grid.count),
        "OUT_UNITS": "KM-S",
        "VEC_TABLE": "2",
        "VEC_CORR": "NONE",
        "VEC_LABELS": "NO",
        "CSV_FORMAT": "YES",
    }
    return {"format": "json"} | {key: f"'{value}'" for key, value in asked.items()}


def read_table(data: bytes, target: int, center: int, grid: Grid) -> Table:
    """Read and check an answer.

    Raises:
        EndOfEphemerisError: where the service's ephemeris is shorter than what was asked for.
        RetrievalError: if the answer is another than the one that was asked for.
    """
    text = _result(data)
    head, found, rest = text.partition("$$SOE")
    if not found:
        raise _refusal(text)
    block, complete, _ = rest.partition("$$EOE")
    if not complete:
        raise RetrievalError("a table of Horizons must end in $$EOE; it was cut off")
    values = _header_values(head)
    name, source = _checked_body(values, "Target body name", target)
    _checked_body(values, "Center body name", center)
    for key, wanted in _HEADER.items():
        if values.get(key) != wanted:
            raise RetrievalError(f"Horizons must answer with {key} {wanted}", value=values.get(key))
    columns = tuple(part.strip() for part in _last_line_but_rule(head).split(",") if part.strip())
    if columns != _COLUMNS:
        raise RetrievalError(f"the columns of Horizons must be {', '.join(_COLUMNS)}", value=", ".join(columns))
    states = _states(block, grid)
    return Table(
        name=name,
        source=source,
        revised=_revised(head),
        header=tuple(line.rstrip() for line in head.splitlines() if line.strip(" *")),
        positions_km=states[:, :3],
        velocities_km_s=states[:, 3:],
    )


def _result(data: bytes) -> str:
    try:
        answer = json.loads(data)
        signature = answer["signature"]
        named, version = signature["source"], str(signature["version"])
        text = str(answer["error"] if "error" in answer else answer["result"])
    except (ValueError, TypeError, KeyError):
        raise RetrievalError("Horizons must answer with JSON that has signature and result") from None
    if named != SOURCE or not version.startswith("1."):
        raise RetrievalError(f"the answer must be signed {SOURCE}, version 1", value=f"{named} {version}")
    return text


def _refusal(text: str) -> RetrievalError:
    """What the service says where it gives no table."""
    if found := _END.search(text):
        month = found["month"].capitalize()
        if month in _MONTHS:
            day = (int(found["year"]), _MONTHS.index(month) + 1, int(found["day"]))
            limit = datetime(*day, int(found["hour"]), int(found["minute"]), int(found["second"]))  # noqa: DTZ001
            is_stop = found["side"] == "after"
            words = "ends" if is_stop else "begins"
            error = EndOfEphemerisError(f"Horizons' ephemeris {words} at {written(limit)} TDB")
            error.limit, error.is_stop = limit, is_stop
            return error
    if "Multiple major-bodies match" in text:
        candidates = [f"{number} {name.strip()}" for number, name in _CANDIDATE.findall(text)]
        return RetrievalError("the Horizons number must name one body", value="; ".join(candidates) or None)
    if "No matches found" in text:
        return RetrievalError("the Horizons number must name a body; no matches found")
    said = [line.strip() for line in text.splitlines() if line.strip(" *")]
    return RetrievalError("Horizons must answer with a table", value=said[-1] if said else None)


def _header_values(head: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in head.splitlines())
    return {key.strip(): value.strip() for key, colon, value in pairs if colon}


def _checked_body(values: Mapping[str, str], key: str, number: int) -> tuple[str, str | None]:
    """Name and source of a body in the header, which must be the one that was asked for."""
    found = _BODY.match(values.get(key, ""))
    if found is None or int(found["id"]) != number:
        raise RetrievalError(f"Horizons must answer with {key} ({number})", value=values.get(key))
    return found["name"], found["source"]


def _last_line_but_rule(head: str) -> str:
    lines = [line for line in head.splitlines() if line.strip(" *")]
    return lines[-1] if lines else ""


def _revised(head: str) -> Epoch | None:
    """The day in the object's first line; None where it has none."""
    found = _REVISED.search(head)
    if found is None or found[1] not in _MONTHS:
        return None
    try:
        return Epoch.parse(date(int(found[3]), _MONTHS.index(found[1]) + 1, int(found[2])).isoformat())
    except ValueError:
        return None


def _states(block: str, grid: Grid) -> FloatArray:
    """Rows of the table, shape ``(N, 6)``; each must stand at the instant that was asked for."""
    rows = [line for line in block.splitlines() if line.strip()]
    if len(rows) != grid.count + 1:
        raise RetrievalError(f"Horizons must give {grid.count + 1} states", value=len(rows))
    numbers = []
    for row, moment in zip(rows, grid.texts(), strict=True):
        cells = row.split(",")
        if len(cells) < len(_COLUMNS) or not cells[1].strip().startswith(f"A.D. {moment}.0000"):
            raise RetrievalError(f"a row of Horizons must stand at {moment}.0000 TDB", value=row.strip())
        numbers.append(cells[2 : len(_COLUMNS)])
    try:
        states = np.array(numbers, dtype=np.float64)
    except ValueError:
        raise RetrievalError("the states of Horizons must be numbers") from None
    if not np.isfinite(states).all():
        raise RetrievalError("the states of Horizons must be finite")
    return states
