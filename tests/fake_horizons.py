"""JPL Horizons as it answers, with orbits of our own.

The form is the service's, version 1.2, that of the real answer in ``data/horizons``, and of others that public
repositories quote:

- the header and the CSV block of VECTORS in km, geometric, ICRF: orbsim's fixture of 2026-09-18 and a Mercury fixture
  of CENTER 500@10 ("Reference frame : ICRF"); what the default plane gives ("Ecliptic of J2000.0"): API answers of
  2023-01-29 and 2025-10-10; "Step-size : 1 steps" for a number of intervals: OpenSpace's horizonsfile.cpp;
- "Target body name: Mars Reconnaissance Orbiter (spacecraft) (-74) {source: MRO_MERGED}": an answer of 2026-08-23;
- the list of trajectory files and "Revised: Sep 01, 2026 Mars Reconnaisance Orbiter (MRO) / (Sun) -74", with the
  refusal 'No ephemeris for target "Mars Reconnaissance Orbiter (spacecraft)" after A.D. 2026-SEP-28 07:32:00.0000 TDB':
  an answer of 2026-09-08, and for MAVEN one that ends 2026-MAR-01;
- 'Multiple major-bodies match string "VENUS*"' with its table: a telnet session of 2014; "No matches found.";
- "Projected output length (~219147) exceeds 90024 line max -- change step-size": OpenSpace and two others;
- 'Cannot interpret date. Type "?!" for help.' as the member "error" of the JSON.

Motion is Keplerian, by CSPICE's conics.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import numpy as np
import spiceypy
from numpy.typing import NDArray

from nearpass.astro.bodies import body_named
from web import content

J2000 = datetime.fromisoformat("2000-01-01T12:00:00")
BEGINS = datetime.fromisoformat("2006-09-12T06:40:00")
ENDS = datetime.fromisoformat("2027-06-01T00:00:00")
RULE = "*" * 79
COLUMNS = (
    "            JDTDB,            Calendar Date (TDB),                      X,                      Y,"
    "                      Z,                     VX,                     VY,                     VZ,"
)


@dataclass(kw_only=True)
class FakeBody:
    """An object: name as the header gives it, Keplerian elements in km and degrees, and what its trajectory covers."""

    name: str
    periapsis_km: float = 3650.0
    eccentricity: float = 0.01
    inclination_deg: float = 92.7
    anomaly_deg: float = 0.0
    begins: datetime = BEGINS
    ends: datetime = ENDS
    revised: str = "Nov 20, 2026"
    source: str = "MRO_MERGED"
    jump_km: tuple[datetime, float] | None = None

    def states(self, since_s: NDArray[np.float64], gm_km3_s2: float) -> NDArray[np.float64]:
        """States at TDB seconds past J2000, shape ``(N, 6)``."""
        angles = np.radians([self.inclination_deg, 40.0, 270.0, self.anomaly_deg])
        elements = np.array([self.periapsis_km, self.eccentricity, *angles, 0.0, gm_km3_s2])
        found = np.array([spiceypy.conics(elements, moment) for moment in since_s])
        if self.jump_km is not None:
            found[since_s >= (self.jump_km[0] - J2000).total_seconds(), 0] += self.jump_km[1]
        return found


@dataclass(kw_only=True)
class FakeHorizons:
    """The service. ``change`` alters the text of every answer that holds a table; ``queries`` are those received."""

    bodies: dict[int, FakeBody]
    change: Callable[[str], str] = field(default=lambda text: text)
    version: str = "1.2"
    queries: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer over HTTP."""
        asked = {key: values[0].strip("'") for key, values in parse_qs(urlsplit(handler.path).query).items()}
        content(self.answer(asked), "application/json")(handler)

    def answer(self, asked: dict[str, str]) -> bytes:
        """The JSON of an answer."""
        self.queries.append(asked)
        text, refused = self._text(asked)
        said = {"error": text} if refused else {"result": self.change(text)}
        return json.dumps({"signature": {"version": self.version, "source": "NASA/JPL Horizons API"}, **said}).encode()

    def _text(self, asked: dict[str, str]) -> tuple[str, bool]:
        """The text of an answer, and whether it goes out as the member "error"."""
        number = asked["COMMAND"]
        if number == "4":
            return _ambiguous(), False
        body = self.bodies.get(int(number))
        if body is None:
            return f"\n{RULE}\nJPL/HORIZONS\n\n No matches found.\n{RULE}\n", False
        start, stop = (
            datetime.strptime(asked[key], "%Y-%b-%d %H:%M:%S")  # noqa: DTZ007 - civil TDB
            for key in ("START_TIME", "STOP_TIME")
        )
        count = int(asked["STEP_SIZE"])
        about = _object_page(body, number)
        spoken = body.name.rpartition(" (")[0] or body.name
        for side, limit in (("prior to", body.begins), ("after", body.ends)):
            if (side == "prior to" and start < limit) or (side == "after" and stop > limit):
                return f'{about}\nNo ephemeris for target "{spoken}" {side} A.D. {_shouted(limit)} TDB\n', False
        if count + 1 > 90_024:
            return f"Projected output length (~{count + 1}) exceeds 90024 line max -- change step-size", True
        return about + _table(body, asked, start, stop, count), False


def _object_page(body: FakeBody, number: str) -> str:
    return (
        f"{RULE}\n Revised: {body.revised}    {body.name}   / (Mars)         {number}\n\n"
        " Trajectory files (from MRO Nav., JPL)      Start (TDB)         End (TDB)\n"
        " --------------------------------------  -----------------  -----------------\n"
        f"  mro_psp                                2026-Nov-18 19:01  {body.ends:%Y-%b-%d %H:%M}\n"
        f"{RULE}\n\n\n"
    )


def _table(body: FakeBody, asked: dict[str, str], start: datetime, stop: datetime, count: int) -> str:
    number = int(asked["CENTER"].removeprefix("500@"))
    center = {10: "Sun", 301: "Moon", 399: "Earth", 499: "Mars"}[number]
    step_s = (stop - start).total_seconds() / count
    moments = [start + timedelta(seconds=step_s * k) for k in range(count + 1)]
    states = body.states(
        np.array([(moment - J2000).total_seconds() for moment in moments]), body_named(center).gm_km3_s2
    )
    frame = "ICRF" if asked.get("REF_PLANE") == "FRAME" else "Ecliptic of J2000.0"  # the trap
    rows = [
        f"{(moment - J2000).total_seconds() / 86400.0 + 2451545.0:.9f}, A.D. {moment:%Y-%b-%d %H:%M:%S}."
        f"{moment.microsecond // 100:04d}, " + ", ".join(f"{value:22.15E}" for value in state) + ","
        for moment, state in zip(moments, states, strict=True)
    ]
    head = [
        RULE,
        "Ephemeris / API_USER Wed Nov 25 04:00:30 2026 Pasadena, USA      / Horizons",
        RULE,
        f"Target body name: {body.name} ({asked['COMMAND']}) {{source: {body.source}}}",
        f"Center body name: {f'{center} ({number})':<32}{{source: {body.source}}}",
        "Center-site name: BODY CENTER",
        RULE,
        f"Start time      : A.D. {start:%Y-%b-%d %H:%M:%S}.0000 TDB",
        f"Stop  time      : A.D. {stop:%Y-%b-%d %H:%M:%S}.0000 TDB",
        f"Step-size       : {count} steps",
        RULE,
        "Center geodetic : 0.0, 0.0, 0.0                   {E-lon(deg),Lat(deg),Alt(km)}",
        "Center cylindric: 0.0, 0.0, 0.0                   {E-lon(deg),Dxy(km),Dz(km)}",
        "Center radii    : 3396.2, 3396.2, 3376.2 km       {Equator_a, b, pole_c}",
        f"Output units    : {asked.get('OUT_UNITS', 'AU-D')}",
        "Calendar mode   : Mixed Julian/Gregorian",
        "Output type     : GEOMETRIC cartesian states",
        "Output format   : 2 (position and velocity)",
        f"Reference frame : {frame}",
        RULE,
        COLUMNS,
        "*" * len(COLUMNS),
    ]
    tail = [RULE, "", "TIME", "", '  Barycentric Dynamical Time ("TDB" or T_eph) output was requested.', RULE]
    return "\n".join([*head, "$$SOE", *rows, "$$EOE", *tail]) + "\n"


def _shouted(moment: datetime) -> str:
    return f"{moment:%Y-%b-%d %H:%M:%S}.0000".upper()


def _ambiguous() -> str:
    return (
        f'{RULE}\n Multiple major-bodies match string "MARS*"\n\n'
        "  ID#      Name                               Designation  IAU/aliases/other   \n"
        "  -------  ---------------------------------- -----------  ------------------- \n"
        "        4  Mars Barycenter                                                     \n"
        "      499  Mars                                                                \n"
        "      -74  Mars Reconnaissance Orbiter (spacec2005-029A    MRO                 \n"
        f" \n   Number of matches =  3. Use ID# to make unique selection.\n{RULE}\n"
    )
