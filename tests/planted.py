"""Marks planted in every field of a workspace, and a search for them in whatever is delivered from it.

Nothing of the program is used here: what an edition may have is decided from the release lists as they are written in
the configuration, and what is searched for is what was planted, in every spelling in which it could come back.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import html
import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import numpy as np
import spiceypy as spice

from fleets import ECCENTRIC, LOW, Kepler

FACTORS: Final = (1.0, 86_400.0, 1 / 86_400.0, 3_600.0, 1 / 3_600.0, math.pi / 180.0, 180.0 / math.pi)
"""Units that are no powers of ten apart; those that are share their digits."""
DIGITS: Final = 10
"""Numbers are planted with more digits than chance gives, and searched for rounded to this many."""
STEP_S: Final = 60.0
SPAN_S: Final = 0.15 * 86_400.0


@dataclass(frozen=True)
class Reader:
    """An edition as its table says it: levels that it sees, and parties, each of whom reads it."""

    id: str
    levels: frozenset[str]
    parties: frozenset[str]

    def may(self, level: str, release: Iterable[str]) -> bool:
        """Whether an item of this marking and list is for all its readers."""
        return level in self.levels or (bool(self.parties) and self.parties <= set(release))


READERS: Final = (
    Reader("public", frozenset({"CLEAR"}), frozenset()),
    Reader("esa", frozenset({"CLEAR", "GREEN"}), frozenset({"ESA", "ISRO"})),
    Reader("pair", frozenset({"CLEAR"}), frozenset({"ESA", "CNSA"})),
)


@dataclass(frozen=True)
class Mark:
    """Something planted: a word or a number, where, under which marking, and editions that may have it by decision."""

    where: str
    level: str
    release: tuple[str, ...]
    word: str | None = None
    number: float | None = None
    decided: frozenset[str] = frozenset()

    def forbidden(self, reader: Reader) -> bool:
        """Whether these readers must not find it."""
        return not (reader.may(self.level, self.release) or reader.id in self.decided)


@dataclass
class Plot:
    """A workspace with marks: its files by path, and what is planted in them.

    Files that are delivered after the first cycle lie in ``later``; of ``kernels`` the orbit and the comment are given.
    """

    files: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    kernels: dict[str, tuple[Kepler, str]] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    count: int = 0

    def word(self, where: str, level: str, release: tuple[str, ...], decided: Iterable[str] = ()) -> str:
        """A word that stands nowhere else."""
        self.count += 1
        text = f"zq{binascii.crc32(f'{where}{self.count}'.encode()):08x}"
        self.marks.append(Mark(where, level, release, word=text, decided=frozenset(decided)))
        return text

    def number(self, where: str, level: str, release: tuple[str, ...], near: float) -> float:
        """A number of fourteen digits near another."""
        self.count += 1
        value = near * (1.0 + binascii.crc32(f"{where}{self.count}n".encode()) / 2**36 + self.count * 1e-9)
        self.marks.append(Mark(where, level, release, number=float(f"{value:.13e}")))
        return float(f"{value:.13e}")


@dataclass(frozen=True)
class Craft:
    """An object of the workspace: its orbit and marking, how its covariances are marked, and whether its file has any.

    ``metrics`` are editions that show it coarsely by decision.
    """

    id: str
    orbit: Kepler
    level: str
    release: tuple[str, ...] = ()
    covariance: tuple[str, tuple[str, ...]] | None = None
    metrics: frozenset[str] = frozenset()
    matrices: bool = True


def _crossing(inclination_deg: float, higher_km: float, ahead_rad: float) -> Kepler:
    """An orbit that meets that of OPENSAT at the nodes, twice a revolution."""
    return Kepler(LOW.a_km + higher_km, LOW.e, math.radians(inclination_deg), mean_anomaly_rad=ahead_rad)


CRAFTS: Final = (
    Craft("OPENSAT", LOW, "CLEAR", covariance=("RED", ())),
    Craft("MEETSAT", _crossing(80.0, 3.0, 0.003), "CLEAR"),
    Craft("SIDESAT", ECCENTRIC, "AMBER", ("ESA", "CNSA"), metrics=frozenset({"public"})),
    Craft("DARKSAT", _crossing(75.0, 2.0, 0.002), "RED", ("CNSA",)),
    Craft(
        "PAIRSAT", _crossing(85.0, 4.0, 0.004), "RED", ("CNSA", "ESA"), covariance=("RED", ("CNSA",)), matrices=False
    ),
)


def planted() -> Plot:
    """The whole workspace."""
    plot = Plot()
    nobody = plot.word("a comment of the configuration", "RED", ())
    plot.files["token.txt"] = plot.word("a token", "RED", ()) + "\n"
    plot.files["nearpass.toml"] = f"# {nobody}\n" + _head() + "".join(_object(plot, craft) for craft in CRAFTS)
    for name, level, release in (("open", "CLEAR", ()), ("both", "RED", ("CNSA", "ESA")), ("dark", "RED", ("CNSA",))):
        text = plot.word(f"log/{name}: text", level, release)
        party = plot.word(f"log/{name}: parties", level, release)
        file = plot.word(f"log/{name}: name of the file", level, release) if level == "RED" else name
        plot.files[f"log/{file}.md"] = (
            f"---\ntime: 2021-03-16T20:00:00Z\nkind: consultation\nparties: [{party}, CNSA]\noriginator: CNSA\n"
            f"marking: {level}\nrelease: [{', '.join(release)}]\n---\nThey said {text} and no more.\n"
        )
    for where, parties in (("exchange of both", ("CNSA", "ESA")), ("exchange of one", ("CNSA", "NASA"))):
        _exchange(plot, where, parties)
    for where, release in (("message for both", ("CNSA", "ESA")), ("message for one", ("CNSA",))):
        _message(plot, where, release)
    return plot


def _message(plot: Plot, where: str, release: tuple[str, ...]) -> None:
    """A partner's message of two objects that are not ours, with marks in what it is called and in what it says."""

    def word(what: str) -> str:
        return plot.word(f"{where}: {what}", "RED", release)

    def number(what: str, near: float) -> str:
        return repr(plot.number(f"{where}: {what}", "RED", release, near))

    lines = [
        "CCSDS_CDM_VERS = 1.0", "CREATION_DATE = 2021-03-16T20:00:00", f"ORIGINATOR = {word('originator').upper()}",
        f"MESSAGE_FOR = {word('message for').upper()}", f"MESSAGE_ID = {word('message id').upper()}",
        f"COMMENT {word('comment of the relative data')}", "TCA = 2021-03-17T02:00:00",
        "MISS_DISTANCE = 7654.321 [m]", f"COLLISION_PROBABILITY = {number('COLLISION_PROBABILITY', 3e-6)}",
        "COLLISION_PROBABILITY_METHOD = FOSTER-1992",
    ]  # fmt: skip
    for place in (1, 2):
        lines += [
            f"OBJECT = OBJECT{place}", f"OBJECT_DESIGNATOR = {word(f'designator {place}').upper()}",
            "CATALOG_NAME = NAIF", f"OBJECT_NAME = {word(f'name {place}').upper()}",
            f"INTERNATIONAL_DESIGNATOR = {word(f'international designator {place}').upper()}",
            f"OPERATOR_CONTACT_POSITION = {word(f'contact {place}').upper()}",
            f"OPERATOR_ORGANIZATION = {word(f'organization {place}').upper()}",
            f"OPERATOR_PHONE = {word(f'phone {place}').upper()}", f"OPERATOR_EMAIL = {word(f'email {place}').upper()}",
            f"EPHEMERIS_NAME = {word(f'ephemeris {place}').upper()}", "COVARIANCE_METHOD = CALCULATED",
            "MANEUVERABLE = N/A", "ORBIT_CENTER = MARS", "REF_FRAME = EME2000",
            f"GRAVITY_MODEL = {word(f'gravity {place}').upper()}",
            f"COMMENT {word(f'comment of the data {place}')}", f"MASS = {number(f'MASS {place}', 900.0)} [kg]",
        ]  # fmt: skip
        near = (2570.1, 2244.7, 6281.5 + place, 4.4, 4.8 * place, -3.5)
        for key, value in zip(("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"), near, strict=True):
            lines.append(f"{key} = {number(f'{key} {place}', value)}")
        axes = ("R", "T", "N", "RDOT", "TDOT", "NDOT")
        lines += [
            f"C{row}_{column} = {number(f'C{row}_{column} {place}', 4.0) if row == column else '0.0'}"
            for at, row in enumerate(axes)
            for column in axes[: at + 1]
        ]
    name = word("name of the file")
    plot.files[f"messages/{name}.cdm"] = "\n".join([*lines, ""])
    listed = str(list(release)).replace("'", '"')
    plot.files[f"messages/{name}.cdm.about.toml"] = f'marking = "RED"\nrelease = {listed}\n'


def _exchange(plot: Plot, where: str, parties: tuple[str, ...]) -> None:
    """A dossier with a mark in each of its texts, its name and its note: for its parties, whatever their levels."""

    def word(what: str) -> str:
        return plot.word(f"{where}: {what}", "RED", parties)

    name, statement, listed = (
        word("name"),
        f"We shall share {word('statement')}.\n",
        str(list(parties)).replace("'", '"'),
    )
    digest = hashlib.sha256(statement.encode()).hexdigest()
    plot.files[f"exchanges/{name}/before.txt"] = statement
    plot.files[f"exchanges/{name}.toml"] = (
        f'title = "{word("title")}"\nparties = {listed}\npurpose = "{word("purpose")}"\nagenda = ["{word("agenda")}"]\n'
        f'channel = "{word("channel")}"\nopened = 2021-03-05\nclosed = 2021-03-16\noutcome = "{word("outcome")}"\n'
        f'[ground]\nlaw = "{word("law")}"\nagreement = "{word("agreement")}"\n'
        f'[certification]\nreference = "{word("reference")}"\nsubmitted_to = "{word("submitted_to")}"\n'
        f'statement = "{name}/before.txt"\nsha256 = "{digest}"\n'
        f'[[participant]]\nname = "{word("participant")}"\nparty = "{word("party")}"\nrole = "{word("role")}"\n'
        f'[[decision]]\non = 2021-03-10\nby = "{word("by")}"\ndecided = "{word("decided")}"\n'
    )
    plot.files[f"exchanges/{name}/{word('name of the note')}.md"] = (
        f"---\ntime: 2021-03-16T20:00:00Z\nkind: outcome\nparties: [{word('party of the note')}]\noriginator: NASA\n"
        f"marking: RED\nrelease: [{', '.join(parties)}]\n---\nThey said {word('note')}.\n"
    )
    plot.marks.append(Mark(f"{where}: hash of the statement", "RED", parties, word=digest))


def _head() -> str:
    text = '[site]\ntitle = "Planted"\ndetail_events = 1\n[cycle]\nbody = "MARS"\nspan_days = 0.15\nlimit_km = 150\n'
    text += '[fetch.credentials]\n"data.example.org" = "file:token.txt"\n'
    text += "[alert.red]\ncad_km = 3\n\n[alert.yellow]\ncad_km = 6\n\n"
    for reader in READERS:
        levels, parties = sorted(reader.levels), sorted(reader.parties)
        text += f'[[edition]]\nid = "{reader.id}"\naudience = "those of {reader.id}"\nregister = true\n'
        text += f"levels = {levels!r}\nparties = {parties!r}\n".replace("'", '"')
        for craft in CRAFTS:
            if reader.id in craft.metrics:
                text += f'[[edition.object]]\nid = "{craft.id}"\nshow = "metrics"\ndecided_by = "the group"\n'
                text += "decided_on = 2021-03-01\n"
    text += '[[edition]]\nid = "own"\neverything = true\n'
    for edition, party in (*((reader.id, min(reader.parties, default="ANYBODY")) for reader in READERS), ("own", "US")):
        text += f'[[notify]]\nid = "to-{edition}"\nparty = "{party}"\nedition = "{edition}"\nlevel = "yellow"\n'
        text += f'channels = ["{edition.upper()}_HOOK", "{edition.upper()}_MAIL"]\nrepeat_h = 0.5\n'
    return text


def _object(plot: Plot, craft: Craft) -> str:
    """The tables of one object, with its files."""
    own, cov = (craft.level, craft.release), craft.covariance or (craft.level, craft.release)

    def word(where: str, decided: Iterable[str] = ()) -> str:
        return plot.word(f"{craft.id}: {where}", *own, decided)

    def sigma(where: str, near: float) -> float:
        return plot.number(f"{craft.id}: {where}", *cov, near)

    hbr_m, lead_h = (plot.number(f"{craft.id}: {w}", *own, near) for w, near in (("hbr_m", 7.1), ("lead_time_h", 31.3)))
    plot.marks.append(Mark(f"{craft.id}: id", *own, word=craft.id, decided=craft.metrics))
    file = word("name of the file")
    plot.files[f"ephemerides/{file}_1.oem"] = _oem(plot, craft, f"{craft.id}", own, cov, craft.orbit)
    plot.later[f"ephemerides/{file}_2.ocm"] = _ocm(plot, craft, own, cov)
    listed = str(list(craft.release)).replace("'", '"')
    text = (
        f'[[object]]\nid = "{craft.id}"\nname = "{word("name", craft.metrics)}"\nhbr_m = {hbr_m!r}\n'
        f"{'naif_id = -9001' if craft.id == 'OPENSAT' else ''}\n"
        f'operator = "{word("operator", craft.metrics)}"\nlead_time_h = {lead_h!r}\nnote = "{word("note")}"\n'
        f'marking = "{craft.level}"\nrelease = {listed}\n'
        f'[[object.contact]]\nparty = "{_contact(plot, craft, "party")}"\n'
        f'channel = "{_contact(plot, craft, "channel")}"\n'
        f"[object.uncertainty]\nradial_km = {sigma('uncertainty.radial_km', 0.1)!r}\n"
        f"transverse_km = {sigma('uncertainty.transverse_km', 0.7)!r}\nnormal_km = {sigma('normal_km', 0.2)!r}\n"
        f"timing_s = {sigma('timing_s', 0.3)!r}\ntiming_growth_s_per_day = {sigma('timing_growth', 0.4)!r}\n"
        f'source = "{plot.word(f"{craft.id}: uncertainty.source", *cov)}"\nmarking = "{cov[0]}"\n'
        f'[[object.ephemeris]]\npath = "ephemerides/{file}_*.o?m"\noriginator = "{word("originator")}"\n'
    )
    text += f'covariance_marking = "{cov[0]}"\n' if craft.covariance else ""
    if craft.id == "OPENSAT":
        text += _alternative(plot, craft)
    return text


def _contact(plot: Plot, craft: Craft, where: str) -> str:
    """Contacts are for editions of named parties: where an object is CLEAR, for all of these."""
    named = {reader.id for reader in READERS if reader.parties} if craft.level == "CLEAR" else set()
    level = "named" if craft.level == "CLEAR" else craft.level
    return plot.word(f"{craft.id}: contact.{where}", level, craft.release, named)


def _alternative(plot: Plot, craft: Craft) -> str:
    """Another solution that nobody may see, of an object that everybody may."""
    red = ("RED", ("CNSA",))
    name, file = (plot.word(f"{craft.id}: solution, {where}", *red) for where in ("name", "file"))
    orbit = Kepler(LOW.a_km + 0.9, LOW.e, LOW.inclination_rad)
    plot.files[f"ephemerides/{file}.oem"] = _oem(plot, craft, "solution", red, red, orbit)
    note = plot.word(f"{craft.id}: solution, note", *red)
    comment, kernel = (plot.word(f"{craft.id}: kernel, {where}", *red) for where in ("comment area", "name"))
    plot.kernels[f"ephemerides/{kernel}.bsp"] = Kepler(LOW.a_km + 1.7, LOW.e, LOW.inclination_rad), comment
    return "".join(
        f'[[object.ephemeris]]\n{where} = "ephemerides/{path}"\noriginator = "SOMEBODY"\nrole = "alternative"\n'
        f'marking = "RED"\nrelease = ["CNSA"]\nname = "{called}"\nnote = "{note}"\n'
        for where, path, called in (("path", f"{file}.oem", name), ("path", f"{kernel}.bsp", f"{name}-too"))
    )


Marking = tuple[str, tuple[str, ...]]


def _oem(plot: Plot, craft: Craft, what: str, own: Marking, cov: Marking, orbit: Kepler) -> str:
    """A message with a mark in every field that is free, states and covariances with fourteen digits."""

    def word(where: str, marking: Marking = own) -> str:
        return plot.word(f"{craft.id}: {what}: {where}", *marking)

    lines = [
        "CCSDS_OEM_VERS = 3.0", f"COMMENT {word('comment of the header', cov)}", "CREATION_DATE = 2021-03-16T21:00:00",
        f"ORIGINATOR = {word('ORIGINATOR')}", f"MESSAGE_ID = {word('MESSAGE_ID')}", "META_START",
        f"COMMENT {word('comment of the metadata', cov)}", f"OBJECT_NAME = {word('OBJECT_NAME')}",
        f"OBJECT_ID = {word('OBJECT_ID')}", "CENTER_NAME = MARS", "REF_FRAME = ICRF", "TIME_SYSTEM = UTC",
        f"START_TIME = {_time(-3_600.0)}", f"STOP_TIME = {_time(SPAN_S + 3_600.0)}", "INTERPOLATION = HERMITE",
        "INTERPOLATION_DEGREE = 7", "META_STOP",
    ]  # fmt: skip
    count = int((SPAN_S + 7_200.0) / STEP_S) + 1
    offsets_s = [-3_600.0 + STEP_S * place for place in range(count)]
    positions, velocities = orbit.state(offsets_s)
    for place, offset_s in enumerate(offsets_s):
        values = [f"{value:.13e}" for value in (*positions[place], *velocities[place])]
        lines.append(f"{_time(offset_s)} {' '.join(values)}")
        if place % 30 == 0 and offset_s >= 0.0:  # before, the orbits mirror what comes after
            plot.marks += [Mark(f"{what}: state {place}", *own, number=float(value)) for value in values]
    if not craft.matrices:
        return "\n".join([*lines, ""])
    lines += ["COVARIANCE_START", f"COMMENT {word('comment of the covariances', cov)}"]
    for hour in range(-1, 5):
        lines += [f"EPOCH = {_time(hour * 3_600.0)}", "COV_REF_FRAME = RTN"]
        for row in range(6):
            near = (4e-4, 9e-3, 2e-4, 1e-9, 4e-10, 2e-10)[row]
            diagonal = plot.number(f"{craft.id}: {what}: covariance at {hour} h", *cov, near)
            lines.append(" ".join([*(["0.0"] * row), f"{diagonal:.13e}"]))
    return "\n".join([*lines, "COVARIANCE_STOP", ""])


def _ocm(plot: Plot, craft: Craft, own: Marking, cov: Marking) -> str:
    """A newer delivery with every block that the standard has, and marks in each.

    What is neither of the orbit nor of who it is goes with the covariances, and so do all comments.
    """

    def word(where: str, marking: Marking = own) -> str:
        return plot.word(f"{craft.id}: second delivery: {where}", *marking)

    def number(where: str, near: float) -> str:
        return f"{plot.number(f'{craft.id}: second delivery: {where}', *cov, near):.13e}"

    def lone(where: str) -> str:
        return f"COMMENT {word(f'comment of {where}', cov)}"

    orbit = replace(craft.orbit, a_km=craft.orbit.a_km + 0.05)
    offsets_s = [STEP_S * place for place in range(-60, int(SPAN_S / STEP_S) + 60)]
    positions, velocities = orbit.state(offsets_s)
    rows = []
    for place, offset_s in enumerate(offsets_s):
        values = [f"{value:.13e}" for value in (*positions[place], *velocities[place])]
        rows.append(f"{offset_s:.1f} {' '.join(values)}")
        if place % 30 == 0 and offset_s >= 0.0:
            plot.marks += [Mark(f"{craft.id}: second state {place}", *own, number=float(value)) for value in values]
    matrix = [
        number(f"covariance {row} {column}", 1e-6 * (1.0 + row) if row == column else 1e-12)
        for row in range(6)
        for column in range(row + 1)
    ]
    return "\n".join([
        "CCSDS_OCM_VERS = 3.0", lone("the header"), "CREATION_DATE = 2021-03-16T23:00:00",
        f"ORIGINATOR = {word('ORIGINATOR')}", f"MESSAGE_ID = {word('MESSAGE_ID')}", "META_START",
        f"OBJECT_NAME = {word('OBJECT_NAME')}", f"INTERNATIONAL_DESIGNATOR = {word('INTERNATIONAL_DESIGNATOR')}",
        f"OBJECT_DESIGNATOR = {word('OBJECT_DESIGNATOR')}", f"OPERATOR = {word('OPERATOR')}",
        f"OWNER = {word('OWNER')}", f"ORIGINATOR_POC = {word('ORIGINATOR_POC')}",
        f"ORIGINATOR_EMAIL = {word('ORIGINATOR_EMAIL')}@example.org",
        f"TECH_POC = {word('TECH_POC')}", f"TECH_PHONE = {word('TECH_PHONE')}",
        f"PREVIOUS_MESSAGE_ID = {word('PREVIOUS_MESSAGE_ID')}", f"CELESTIAL_SOURCE = {word('SOURCE')}",
        "TIME_SYSTEM = UTC", f"EPOCH_TZERO = {_time(0.0)}", "META_STOP",
        "TRAJ_START", lone("the trajectory"), f"TRAJ_ID = {word('TRAJ_ID')}",
        f"TRAJ_BASIS_ID = {word('TRAJ_BASIS_ID')}", "INTERPOLATION = HERMITE", "INTERPOLATION_DEGREE = 7",
        "CENTER_NAME = MARS", "TRAJ_REF_FRAME = ICRF", "TRAJ_TYPE = CARTPV", *rows, "TRAJ_STOP",
        "PHYS_START", lone("the body"), f"MANUFACTURER = {word('MANUFACTURER', cov)}",
        f"BUS_MODEL = {word('BUS_MODEL', cov)}", f"WET_MASS = {number('WET_MASS', 700.0)} [kg]", "PHYS_STOP",
        "COV_START", lone("the covariances"), f"COV_ID = {word('COV_ID', cov)}", "COV_REF_FRAME = RTN_INERTIAL",
        "COV_TYPE = CARTPV", "COV_ORDERING = LTM", f"3600.0 {' '.join(matrix)}", "COV_STOP",
        "PERT_START", lone("the forces"), f"ATMOSPHERIC_MODEL = {word('ATMOSPHERIC_MODEL', cov)}", "PERT_STOP",
        "OD_START", lone("the determination"), f"OD_ID = {word('OD_ID', cov)}", "OD_METHOD = BWLS",
        f"WEIGHTED_RMS = {number('WEIGHTED_RMS', 1.1)}", "OD_STOP",
        "USER_START", f"USER_DEFINED_{word('USER_DEFINED', cov).upper()} = {word('user value', cov)}", "USER_STOP", "",
    ])  # fmt: skip


def _time(offset_s: float) -> str:
    day, rest = divmod(int(offset_s), 86_400)
    return f"2021-03-{17 + day:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"


def write(plot: Plot, folder: Path) -> Path:
    """Write the workspace; the path of its configuration."""
    for name, text in plot.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, (orbit, comment) in plot.kernels.items():
        _kernel(folder / name, orbit, comment)
    (folder / "token.txt").chmod(0o600)
    return folder / "nearpass.toml"


def deliver(plot: Plot, folder: Path) -> None:
    """Write what is delivered after the first cycle."""
    for name, text in plot.later.items():
        (folder / name).write_text(text)


def _kernel(path: Path, orbit: Kepler, comment: str) -> None:
    """An SPK of an orbit with words in its comment area."""
    offsets_s = np.arange(-3_600.0, SPAN_S + 3_600.0, STEP_S)
    start_s = 669_211_269.184  # 2021-03-17T00:00:00 UTC in TDB since J2000
    handle = spice.spkopn(str(path), "test", 1000)
    spice.dafac(handle, [f"Made by {comment}"])
    times_s = start_s + offsets_s
    states = np.hstack(orbit.state(offsets_s))
    spice.spkw13(handle, -9001, 499, "J2000", times_s[0], times_s[-1], "test", 7, len(times_s), states, times_s)
    spice.spkcls(handle)


def delivered(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, those within others too."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(unpacked(path.relative_to(folder).as_posix(), path.read_bytes()))
    return found


def unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """A file and what it holds: members of a zip, the content of a gzip, texts in the metadata of a picture."""
    yield name, data
    if data.startswith(b"\x1f\x8b"):
        yield from unpacked(f"{name}!", gzip.decompress(data))
    elif zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for member in packed.infolist():
                yield from unpacked(f"{name}!{member.filename}", packed.read(member) + member.comment + member.extra)
            yield f"{name}!comment", packed.comment
    elif data.startswith(b"\x89PNG"):
        yield f"{name}!metadata", b"\n".join(_png_texts(data))


def _png_texts(data: bytes) -> Iterator[bytes]:
    """Texts of a PNG (ISO 15948, 11.3.4), inflated where they are packed."""
    at = 8
    while at + 8 <= len(data):
        (length,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if kind in {b"tEXt", b"iTXt", b"zTXt"}:
            yield body
            for start in range(len(body)):
                try:
                    yield zlib.decompress(body[start:])
                except zlib.error:
                    continue
        at += 12 + length


_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX: Final = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_NUMBER: Final = re.compile(rb"(?<![\w.])[-+]?(\d[\d.]*)(?:[eEdD][-+]?\d+)?")


def spellings(data: bytes) -> Iterator[str]:
    """A text as it stands, without escapes of addresses, HTML and JSON, and what its base64 and hex runs say."""
    text = data.decode("utf-8", "replace")
    yield text.lower()
    plain = html.unescape(unquote(text))
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), plain)
    yield plain.lower()
    yield re.sub(r"<[^<>]*>", "", plain).lower()
    for run in _BASE64.findall(data):
        plain_run = run.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        for shift in range(4):
            part = plain_run[shift:]
            part = part[: len(part) - (len(part) % 4 == 1)]
            yield base64.b64decode(part + b"=" * (-len(part) % 4)).decode("latin-1").lower()
    for run in _HEX.findall(data):
        yield bytes.fromhex(run.decode()).decode("latin-1").lower()


def found(files: Mapping[str, bytes], marks: Iterable[Mark]) -> list[tuple[str, str]]:
    """Where which marks stand, as (file, where it was planted)."""
    marks = list(marks)
    words = {mark.word.lower(): mark.where for mark in marks if mark.word is not None}
    numbers = {key: mark.where for mark in marks if mark.number for key in _keys(mark.number)}
    hits: list[tuple[str, str]] = []
    for name, data in files.items():
        texts = [*spellings(data), unquote(name).lower()]
        whole = "\n".join(texts)
        hits += [(name, where) for word, where in words.items() if word in whole]
        seen = {_rounded(token.replace(b".", b"")) for token in set(_NUMBER.findall(data))}
        hits += [(name, numbers[key]) for key in seen & numbers.keys()]
    return hits


def _keys(value: float) -> Iterator[str]:
    """The leading digits of a number in all units."""
    for factor in FACTORS:
        yield f"{abs(value * factor):.{DIGITS - 1}e}".split("e")[0].replace(".", "")


def _rounded(digits: bytes) -> str | None:
    """The leading digits of a printed number, without regard to its power of ten; None for one with too few."""
    plain = digits.decode().lstrip("0")
    if len(plain) < DIGITS:
        return None
    return f"{int(plain):.{DIGITS - 1}e}".split("e")[0].replace(".", "")
