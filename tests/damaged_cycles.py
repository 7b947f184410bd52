"""Whole cycles of two healthy objects among many whose deliveries had accidents, each drawn from a number."""

import logging
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fleets import CUTOFF, LOW, POLAR, Kepler, message, segment, write_workspace
from mutations import mutated, seeds
from nearpass.astro.epochs import Epoch
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.errors import FAULTS
from nearpass.messages.oem_write import write_oem
from nearpass.record.record import CycleRecord

HEALTHY = {"LOW": LOW, "POLAR": POLAR}
_DAY_S = 86_400.0
_COVARIANCE = """COVARIANCE_START
EPOCH = {epoch}
COV_REF_FRAME = RTN
0.01
0.0 4.0
0.0 0.0 0.04
0.0 -0.0008 0.0 1e-6
-1e-5 0.0 0.0 0.0 1e-8
0.0 0.0 0.0 0.0 0.0 1e-8
COVARIANCE_STOP
"""


_VALUES = {
    "REF_FRAME": ("ICRF", "EME2000", "ITRF2000", "TEME", "MCI", "J2000", "GCRF"),
    "CENTER_NAME": ("MARS", "MARS BARYCENTER", "PHOBOS", "DEIMOS", "EARTH", "SUN", "SOLAR SYSTEM BARYCENTER"),
    "TIME_SYSTEM": ("UTC", "TDB", "TT", "TAI", "GPS"),
    "INTERPOLATION": ("LAGRANGE", "HERMITE", "LINEAR"),
    "INTERPOLATION_DEGREE": ("1", "2", "7", "11", "27"),
    "COV_REF_FRAME": ("RTN", "ICRF", "TNW", "RSW", "QSW", "EME2000", "NTW_INERTIAL"),
    "OBJECT_ID": ("X", "1999-001A", "-74"),
}
"""Values that may all be right, in a message in which another one is."""
_NUMBER = re.compile(r"(?<=\s)-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?=\s)")
_EPOCH = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_FACTORS = (-1.0, 0.0, 1.0 + 1e-9, 1.001, 1.1, 2.0, 0.5, 10.0, -10.0, 1e3, 1e-3, 1e6, 1e-6, 1e12, 1e-12, 1e100, 1e-200)


def delivery(number: int, *, near: bool = True) -> bytes:
    """A delivery of an orbit, or of some other kind, after rough or slight accidents.

    Orbits that are not ``near`` the healthy ones go in shells of their own, so that many cost no more than some.
    """
    rng = random.Random(number)  # noqa: S311  # to be made again
    kind = rng.random()
    if kind < 0.05:
        return mutated(rng.choice(seeds()), rng)
    if kind < 0.2:
        return mutated(_whole(number, rng, near=near), rng)
    text = _whole(number, rng, near=near).decode()
    for _ in range(rng.randint(1, 3)):
        text = rng.choice(_SLIGHT)(text, rng)
    return text.encode()


def _number(text: str, rng: random.Random) -> str:
    """Some number is another one."""
    place = rng.choice(list(_NUMBER.finditer(text)))
    return f"{text[: place.start()]}{float(place[0]) * rng.choice(_FACTORS):.17g}{text[place.end() :]}"


def _row(text: str, rng: random.Random) -> str:
    """All numbers of a line are others by one factor."""
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    factor = rng.choice(_FACTORS)
    lines[at] = _NUMBER.sub(lambda found: f"{float(found[0]) * factor:.17g}", f" {lines[at]} ")[1:-1]
    return "\n".join(lines)


def _value(text: str, rng: random.Random) -> str:
    """A keyword has another of its values."""
    keyword = rng.choice(list(_VALUES))
    pattern = re.compile(rf"(?<=\b{keyword} = )[^\n]*|(?<=<{keyword}>)[^<]*")
    return pattern.sub(rng.choice(_VALUES[keyword]), text, count=rng.choice((1, 0)))


def _epoch(text: str, rng: random.Random) -> str:
    """An instant is another one of the message, or lies minutes or years beside."""
    places = list(_EPOCH.finditer(text))
    place, other = rng.choice(places), rng.choice(places)[0]
    shift_s = rng.choice((0.0, 0.0, 60.0, -60.0, 1e-3, -1e-3, 86_400.0, -86_400.0, 3e7, -3e7))
    return text[: place.start()] + (Epoch.parse(other) + shift_s).iso(digits=0) + text[place.end() :]


def _lines_lost(text: str, rng: random.Random) -> str:
    """A stretch of lines is lost."""
    lines = text.split("\n")
    begin = rng.randrange(len(lines))
    del lines[begin : begin + rng.choice((1, 2, 5, 50, 200))]
    return "\n".join(lines)


def _few_states(text: str, rng: random.Random) -> str:
    """Of the first segment only some states are left."""
    lines = text.split("\n")
    states = [number for number, line in enumerate(lines) if _EPOCH.match(line)]
    left = set(states[: rng.choice((0, 1, 2, 3, 8))])
    return "\n".join(line for number, line in enumerate(lines) if number not in set(states) - left)


_SHELLS, _SHELL_KM = 40, 1_500.0
"""Shells for orbits that are far from each other, wider apart than the limit."""
_SLIGHT = (_number, _number, _row, _value, _value, _epoch, _lines_lost, _few_states)


def _whole(number: int, rng: random.Random, *, near: bool) -> bytes:
    """A good delivery for the whole window, with covariances, in either notation, in one or two segments."""
    shell_km = 0.0 if near else _SHELL_KM * (1 + number % _SHELLS)
    roundest = 0.02 if near else 0.002
    orbit = Kepler(
        LOW.a_km + shell_km + rng.uniform(-60.0, 60.0), rng.uniform(0.0, roundest), rng.uniform(0.4, 2.6),
        rng.uniform(0.0, 6.2), rng.uniform(0.0, 6.2), number * 0.1,
    )  # fmt: skip
    spans = [(-3600.0, _DAY_S + 3600.0)] if rng.random() < 0.6 else [(-3600.0, 30_000.0), (30_000.0, _DAY_S + 3600.0)]
    made = message(*(segment(orbit, start, stop, 300.0) for start, stop in spans))
    if rng.random() < 0.2:
        return write_oem(made, "XML").encode()
    text = write_oem(made)
    return (text + _COVARIANCE.format(epoch=(CUTOFF + 60_000.0).iso(digits=3))).encode()


def run_damaged(directory: Path, numbers: Sequence[int], *, most_near: int = 20) -> tuple[CycleRecord, list[str]]:
    """Run a cycle, unpublished, and what was noted as a fault of nearpass itself.

    Args:
        directory: An empty folder: the workspace.
        numbers: One damaged delivery each.
        most_near: So many of them are near the healthy objects.
    """
    path = write_damaged(directory, numbers, most_near=most_near)
    config, text = load_config(path)
    with faults_of_ours() as faults:
        record = run_cycle(config, text, directory, CUTOFF, None, lambda *_: lambda _: None).record
    return record, faults


@contextmanager
def faults_of_ours() -> Iterator[list[str]]:
    """What is noted meanwhile as a fault of nearpass itself."""
    faults: list[str] = []
    handler, formatter = logging.Handler(), logging.Formatter()
    handler.emit = lambda record: faults.append(formatter.format(record))  # type: ignore[method-assign]
    logger = logging.getLogger(FAULTS)
    logger.addHandler(handler)
    try:
        yield faults
    finally:
        logger.removeHandler(handler)


def write_damaged(directory: Path, numbers: Sequence[int], *, most_near: int = 20) -> Path:
    """The workspace, of which :func:`run_damaged` runs a cycle; its configuration."""
    tables = [
        f'[[object]]\nid = "X{number}"\nname = "X{number}"\nhbr_m = 5\nlead_time_h = 24\n'
        f'[[object.ephemeris]]\npath = "ephemerides/x{number}"\noriginator = "TEST"\n'
        for number in numbers
    ]
    path = write_workspace(directory, orbits=HEALTHY, limit_km=500.0)
    path.write_text(path.read_text() + "".join(tables))
    for place, number in enumerate(numbers):
        (directory / f"ephemerides/x{number}").write_bytes(delivery(number, near=place < most_near))
    return path


def healthy_events(record: CycleRecord) -> list[tuple[str, float]]:
    """TCA and miss of the approaches of the healthy pair."""
    return [
        (event.tca.iso(digits=3), round(event.miss_km or 0.0, 6))
        for event in record.events
        if {event.primary, event.secondary} == set(HEALTHY)
    ]
