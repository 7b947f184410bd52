"""What a burn would do to a cycle, against fleets flown again by another integrator."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

import covariance_law as law
from fleets import CUTOFF, message, segment, write_workspace
from nearpass.archive.archive import Archive
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.cycle.whatif import what_if
from nearpass.errors import InputError
from nearpass.messages.manoeuvres import Manoeuvre
from nearpass.messages.oem import planned_manoeuvres
from nearpass.messages.oem_write import write_oem

Nearpass = Callable[..., tuple[int, str, str]]
DAYS = 1.25
LIMIT_KM = 900.0
_CENTURIES = (CUTOFF - Epoch.parse("2000-01-01T12:00:00")) / DAY_S / 36_525.0
_RA, _DEC = np.radians([317.68143 - 0.1061 * _CENTURIES, 52.88650 - 0.0609 * _CENTURIES])
POLE = np.array([np.cos(_RA) * np.cos(_DEC), np.sin(_RA) * np.cos(_DEC), np.sin(_DEC)])
"""Of Mars, by the IAU's series of 2009 (NAIF's pck00010.tpc)."""
BURN_S = 0.15 * DAY_S
BURN = "2021-03-17T03:36:00"
DV_M_S = (0.3, -5.0, 0.2)
TOLERANCE_S = 2e-3  # nodes of files a minute apart, microns, over the slowest relative motion of a listed minimum
TOLERANCE_KM = 1e-3  # the same, and states printed to the micrometre; the deviation is integrated to 1e-10


def flown(state: np.ndarray, start_s: float, stop_s: float, lumps: bool) -> Callable[[np.ndarray], np.ndarray]:
    return solve_ivp(
        law._rates, (start_s, stop_s), state, args=(lumps, POLE), method="DOP853", rtol=1e-12, atol=1e-10,
        dense_output=True,
    ).sol  # fmt: skip


@dataclass(frozen=True, eq=False)
class Flown:
    """An orbit about Mars by scipy's integrator, with a burn at once where one is given."""

    before: Callable[[np.ndarray], np.ndarray]
    after: Callable[[np.ndarray], np.ndarray] | None = None
    burn_s: float = np.inf

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        offsets_s = np.atleast_1d(offsets_s)
        states = self.before(offsets_s)
        if self.after is not None:
            late = offsets_s > self.burn_s
            states = np.where(late, self.after(np.maximum(offsets_s, self.burn_s)), states)
        return states[:3].T, states[3:].T


ELEMENTS = {
    "MRO": (3628.0, 0.010, 1.62, 1.0, 4.7, 0.7),
    "ODY": (3765.0, 0.008, 1.62, 0.2, 1.0, 4.0),
    "TGO": (3760.0, 0.006, 1.29, 3.0, 2.0, 2.0),
    "MAVEN": (3580.0, 0.45, 1.30, 1.0, 2.0, 0.7),
    "EDGE": (3690.0, 0.004, 0.80, 5.0, 0.5, 3.0),
    "FLAT": (3670.0, 0.012, 0.30, 2.0, 3.0, 1.5),
}
"""Periapsis radius in km, eccentricity; inclination, node, argument, mean anomaly in rad."""


def orbit(name: str, *, lumps: bool) -> Flown:
    start = law._conic(np.array(ELEMENTS[name]), 0.0)
    halves = [flown(start, 0.0, side_s, lumps) for side_s in (-7200.0, DAYS * DAY_S + 7200.0)]

    def state(offsets_s: np.ndarray) -> np.ndarray:
        return np.where(offsets_s < 0.0, halves[0](np.minimum(offsets_s, 0.0)), halves[1](np.maximum(offsets_s, 0.0)))

    return Flown(before=state)


def with_burn(motion: Flown, *, lumps: bool, dv_m_s: tuple[float, ...] = DV_M_S) -> Flown:
    """The same with the burn along the axes of the textbook: outward, forward in the plane, along the momentum."""
    position_km, velocity_km_s = (part[0] for part in motion.state(np.array([BURN_S])))
    radial = position_km / np.linalg.norm(position_km)
    normal = np.cross(position_km, velocity_km_s)
    normal /= np.linalg.norm(normal)
    change = np.array(dv_m_s) / 1000.0 @ np.stack([radial, np.cross(normal, radial), normal])
    state = np.concatenate([position_km, velocity_km_s + change])
    return Flown(before=motion.before, after=flown(state, BURN_S, DAYS * DAY_S + 7200.0, lumps), burn_s=BURN_S)


def minima(fleet: dict[str, Flown], of: str) -> dict[tuple[str, str, int], tuple[float, float]]:
    """TCA in s and miss in km of every minimum of an object below the limit, by pair and number."""
    grid_s = np.arange(0.0, DAYS * DAY_S + 1.0, 10.0)
    found = {}
    for pair in combinations(sorted(fleet), 2):
        if of not in pair:
            continue

        def distance_km(at_s: float, pair: tuple[str, str] = pair) -> float:
            first, second = (fleet[name].state(np.array([at_s]))[0][0] for name in pair)
            return float(np.linalg.norm(second - first))

        every_km = np.linalg.norm(fleet[pair[0]].state(grid_s)[0] - fleet[pair[1]].state(grid_s)[0], axis=1)
        lows = np.flatnonzero((every_km[1:-1] < every_km[:-2]) & (every_km[1:-1] <= every_km[2:])) + 1
        number = 0
        for low in lows[every_km[lows] < LIMIT_KM + 60.0]:
            span_s = (grid_s[low - 1], grid_s[low + 1])
            least = minimize_scalar(distance_km, bounds=span_s, method="bounded", options={"xatol": 1e-6})
            if least.fun < LIMIT_KM:
                found[(*pair, number)] = (float(least.x), float(least.fun))
                number += 1
    return found


def prepared(directory: Path, fleet: dict[str, Flown], extra: str = "") -> Path:
    """A workspace with the fleet's files and one archived cycle; its configuration."""
    path = write_workspace(directory, orbits=fleet, span_days=DAYS, limit_km=LIMIT_KM, extra=extra)
    path.write_text(
        path.read_text().replace("cad_km = 3\n", "cad_km = 100\n").replace("cad_km = 10\n", "cad_km = 300\n")
    )
    config, text = load_config(path)
    made = run_cycle(config, text, directory, CUTOFF, None, lambda _, __: lambda _: None)
    Archive(directory / "archive").add(made.record, made.inputs)
    return path


def numbered(rows: Iterable[dict]) -> dict[tuple[str, str, int], tuple[float, float]]:
    """What an answer says of TCA and miss after the burn, as `minima`."""
    by_pair: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in rows:
        if row["after"] is not None and row["effect"] != "uncovered":
            tca_s = Epoch.parse_typed(row["after"]["tca_utc"]) - CUTOFF
            if 0.0 < tca_s < DAYS * DAY_S:
                by_pair.setdefault((row["primary"], row["secondary"]), []).append((tca_s, row["after"]["miss_km"]))
    return {(*pair, n): one for pair, list_ in by_pair.items() for n, one in enumerate(sorted(list_))}


@pytest.fixture(scope="module")
def fleet() -> dict[str, Flown]:
    return {name: orbit(name, lumps=False) for name in ELEMENTS}


@pytest.fixture(scope="module")
def config(fleet: dict[str, Flown], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("whatif"), fleet)


def asked(nearpass: Nearpass, config: Path, *words: object) -> dict:
    code, out, err = nearpass("whatif", "--config", config, "--json", *words)
    assert (code, err) == (0, "")
    return json.loads(out)


BY_BURN = ("--at", BURN, "--rtn", ",".join(map(str, DV_M_S)))


@pytest.mark.parametrize("who", ["MRO", "MAVEN"])
def test_the_approaches_after_a_burn_are_those_of_the_fleet_flown_again(
    nearpass: Nearpass, config: Path, fleet: dict[str, Flown], who: str
) -> None:
    """Every minimum below the limit and no other, TCA and miss to what files and integrators round."""
    found = numbered(asked(nearpass, config, "--object", who, *BY_BURN)["events"])
    truth = minima({**fleet, who: with_burn(fleet[who], lumps=False)}, who)

    assert len(truth) >= (6 if who == "MRO" else 1)
    assert found.keys() == truth.keys()
    for key, (tca_s, miss_km) in truth.items():
        assert found[key] == (pytest.approx(tca_s, abs=TOLERANCE_S), pytest.approx(miss_km, abs=TOLERANCE_KM))


def test_what_vanishes_and_what_appears_is_so_in_both_fleets(
    nearpass: Nearpass, config: Path, fleet: dict[str, Flown]
) -> None:
    """The other fleet has no minimum within half a revolution of one that vanishes or appears; before is archived."""
    before, after = minima(fleet, "MAVEN"), minima({**fleet, "MAVEN": with_burn(fleet["MAVEN"], lumps=False)}, "MAVEN")
    record = Archive(config.parent / "archive").load("2021-03-17T0000Z")
    archived = {event.event_id: event for event in record.events}
    effects = set()
    for row in asked(nearpass, config, "--object", "MAVEN", *BY_BURN)["events"]:
        effects.add(row["effect"])
        if row["before"] is not None:
            event = archived[row["event_id"]]
            told = row["before"]
            assert (told["miss_km"], told["level"], told["pc"]) == (event.miss_km, event.level, event.probability.pc)
        if row["effect"] in ("vanishes", "appears"):
            side, others = ("before", after) if row["effect"] == "vanishes" else ("after", before)
            tca_s = Epoch.parse_typed(row[side]["tca_utc"]) - CUTOFF
            pair = row["primary"], row["secondary"]
            assert not [
                at_s for (*who, _), (at_s, _) in others.items() if tuple(who) == pair and abs(at_s - tca_s) < 2e3
            ]

    assert {"vanishes", "appears"} <= effects


def test_a_planned_ephemeris_gives_the_same_answer_as_its_burn(
    nearpass: Nearpass, config: Path, fleet: dict[str, Flown], tmp_path: Path
) -> None:
    """A file of the motion flown again, made after the cut-off, has the approaches of the burn, not approximately."""
    plan = with_burn(fleet["MRO"], lumps=False)
    parts = [segment(plan, -3600.0, BURN_S, 60.0), segment(plan, BURN_S + 1e-6, DAYS * DAY_S + 3600.0, 60.0)]
    file = tmp_path / "plan.oem"
    file.write_text(write_oem(message(*parts, creation=CUTOFF + 7200.0)))
    by_file = asked(nearpass, config, "--object", "MRO", "--ephemeris", file)
    found, burned = (
        numbered(by_file["events"]),
        numbered(asked(nearpass, config, "--object", "MRO", *BY_BURN)["events"]),
    )

    assert by_file["approximate"] is False
    assert found.keys() == burned.keys()
    for key, (tca_s, miss_km) in burned.items():
        assert found[key] == (pytest.approx(tca_s, abs=TOLERANCE_S), pytest.approx(miss_km, abs=TOLERANCE_KM))


OPM = """CCSDS_OPM_VERS = 2.0
CREATION_DATE = 2021-03-17T01:00:00
ORIGINATOR = TEST
OBJECT_NAME = MRO
OBJECT_ID = 2005-029A
CENTER_NAME = MARS
REF_FRAME = ICRF
TIME_SYSTEM = UTC
EPOCH = 2021-03-17T00:00:00
X = 3700
Y = 0
Z = 0
X_DOT = 0
Y_DOT = 3.4
Z_DOT = 0
MAN_EPOCH_IGNITION = 2021-03-17T03:35:00
MAN_DURATION = 120
MAN_DELTA_MASS = -1
MAN_REF_FRAME = RTN
MAN_DV_1 = 0.0003
MAN_DV_2 = -0.005
MAN_DV_3 = 0.0002
"""
OCM = """CCSDS_OCM_VERS = 3.0
CREATION_DATE = 2021-03-17T01:00:00
ORIGINATOR = TEST
META_START
TIME_SYSTEM = UTC
EPOCH_TZERO = 2021-03-17T00:00:00
META_STOP
MAN_START
MAN_ID = COLA-1
MAN_BASIS = CANDIDATE
MAN_DEVICE_ID = ALL
MAN_REF_FRAME = RSW_INERTIAL
DC_TYPE = CONTINUOUS
MAN_COMPOSITION = TIME_RELATIVE, MAN_DURA, ACC_X, ACC_Y, ACC_Z
12900.0 120 2.5e-6 -4.1666666666666667e-5 1.6666666666666667e-6
MAN_STOP
"""


SECOND = OCM[OCM.index("MAN_START") :].replace("COLA-1", "COLA-2")


@pytest.mark.parametrize(("option", "text"), [("--opm", OPM), ("--ocm", OCM)])
def test_a_message_with_manoeuvres_gives_the_same_answer_as_its_burn(
    nearpass: Nearpass, config: Path, tmp_path: Path, option: str, text: str
) -> None:
    """A burn of two minutes acts half way through; velocity changes and accelerations come to the same."""
    file = tmp_path / "plan.txt"
    file.write_text(text)
    told = asked(nearpass, config, "--object", "MRO", option, file)
    plain = asked(nearpass, config, "--object", "MRO", *BY_BURN)

    assert [burn["at_utc"] for burn in told["burns"]] == ["2021-03-17T03:36:00.000000Z"]
    assert told["burns"][0]["dv_m_s"] == pytest.approx(DV_M_S)
    found, expected = numbered(told["events"]), numbered(plain["events"])
    assert found.keys() == expected.keys()
    for key, (_, miss_km) in expected.items():
        assert found[key][1] == pytest.approx(miss_km, abs=1e-6)


def test_a_question_changes_nothing_and_says_that_it_is_approximate(nearpass: Nearpass, config: Path) -> None:
    """Every file of the workspace keeps its bytes; the text names the burn with its unit, and by which motion."""

    def content() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in config.parent.rglob("*") if path.is_file()}

    before = content()
    code, out, err = nearpass("whatif", "--config", config, "--object", "MAVEN", *BY_BURN)

    assert (code, err) == (0, "")
    assert content() == before
    assert "burn at 2021-03-17T03:36:00.000 UTC: +0.3, -5, +0.2 m/s in RTN" in out
    assert "approximate: after each burn the delivered motion plus what the burn changes under the gravity" in out
    assert "-> above 900 km" in out


def test_an_approach_to_a_catalogued_object_is_counted_and_not_called_gone(config: Path) -> None:
    """What the other motion is not screened against neither vanishes nor stays: the answer says how many there are."""
    archive = Archive(config.parent / "archive")
    record = archive.load("2021-03-17T0000Z")
    event = next(event for event in record.events if event.primary == "MAVEN")
    record = replace(record, events=(*record.events, replace(event, event_id="E0000-00000", secondary="25544")))
    kick = Manoeuvre(ignition=CUTOFF + BURN_S, duration_s=0.0, frame="RTN", dv_km_s=(0.0, 1e-4, 0.0), line=1)
    found = what_if(archive, record, config.parent, "MAVEN", (kick,), lambda _, __: lambda _: None)

    assert found.unscreened == 1
    assert "25544" not in {name for _, row in found.rows for name in (row.primary, row.secondary)}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--object", "MRO"), 2, "name --at with --rtn"),
        (("--object", "MRO", "--at", BURN), 2, "--at and --rtn go together"),
        (("--object", "MRO", *BY_BURN, "--opm", "x"), 2, "name one of"),
        (("--object", "MRO", "--at", BURN, "--rtn", "0,1"), 2, "three numbers in m/s"),
        (("--object", "MRO", "--at", BURN, "--rtn", "0,nan,0"), 2, "must be below 10000 m/s"),
        (("--object", "NONE", *BY_BURN), 3, "one of the cycle"),
        (("--object", "MRO", "--at", "2021-03-16T00:00:00", "--rtn", "0,1,0"), 8, "while the ephemeris says where"),
        (("--object", "MRO", "--at", BURN, "--rtn", "0,-900,0"), 8, "deep inside MARS"),
        (("--object", "MRO", "--opm", "absent.opm"), 8, "must be readable"),
        (("--object", "MRO", *BY_BURN, "--cycle", "2021-03-16T0000Z"), 5, "2021/03/16/T0000Z"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(
    nearpass: Nearpass, config: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    """Each has its rule, its exit code and no traceback."""
    found, out, err = nearpass("whatif", "--config", config, *words)

    assert (found, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize("told", ["THR_ISP", "DELTA_MASS", None])
def test_a_thrust_acts_on_the_mass_that_is_left(told: str | None) -> None:
    """Two burns of 600 s by 400 N: each adds what the thrust gives to the mass as it falls, summed in small steps."""
    isp_s, newtons, duration_s, wet_kg = 220.0, 400.0, 600.0, 1000.0
    flow_kg_s = 0.0 if told is None else newtons / (isp_s * 9.80665)
    value = {None: "", "THR_ISP": f" {isp_s!r}", "DELTA_MASS": f" {-flow_kg_s * duration_s!r}"}[told]
    columns = f"TIME_RELATIVE, MAN_DURA, THR_X, THR_Y, THR_Z{f', {told}' if told else ''}"
    rows = "".join(f"{at_s} {duration_s!r} 0 240 -320{value}\n" for at_s in (12_900.0, 15_900.0))
    begin, end = OCM.index("MAN_COMPOSITION"), OCM.index("MAN_STOP")
    text = f"{OCM[:begin]}MAN_COMPOSITION = {columns}\n{rows}{OCM[end:]}"
    text = text.replace("MAN_START", f"PHYS_START\nWET_MASS = {wet_kg} [kg]\nPHYS_STOP\nMAN_START")
    first, second = planned_manoeuvres(text.encode(), "plan.ocm")
    middles_s = (np.arange(100_000) + 0.5) * duration_s / 100_000

    for one, begin_kg in ((first, wet_kg), (second, wet_kg - flow_kg_s * duration_s)):
        speed_km_s = np.mean(newtons / (begin_kg - flow_kg_s * middles_s)) * duration_s / 1000.0
        assert one.dv_km_s == pytest.approx((0.0, 0.6 * speed_km_s, -0.8 * speed_km_s), rel=1e-9)


@pytest.mark.parametrize(
    ("columns", "row", "rule"),
    [
        ("THR_X, THR_Y, THR_Z, DELTA_MASS", "0 240 -320 -2000", "less than the whole mass"),
        ("THR_X, THR_Y, THR_Z, DELTA_MASS", "0 240 -320 5", "less than the whole mass"),
        ("THR_X, THR_Y, THR_Z, THR_EFFIC", "0 240 -320 0.9", "THR_EFFIC must be 1"),
    ],
)
def test_a_thrust_that_cannot_be_is_refused_at_its_line(columns: str, row: str, rule: str) -> None:
    """A burn of more than the spacecraft weighs, or one that adds mass, or a thrust that is not what acts."""
    begin, end = OCM.index("MAN_COMPOSITION"), OCM.index("MAN_STOP")
    text = f"{OCM[:begin]}MAN_COMPOSITION = TIME_RELATIVE, MAN_DURA, {columns}\n12900.0 600 {row}\n{OCM[end:]}"
    text = text.replace("MAN_START", "PHYS_START\nWET_MASS = 1000 [kg]\nPHYS_STOP\nMAN_START")
    with pytest.raises(InputError, match=rule) as caught:
        planned_manoeuvres(text.encode(), "plan.ocm")
    assert caught.value.line == next(at for at, line in enumerate(text.splitlines(), 1) if line.startswith("12900"))


def test_beside_a_trajectory_only_what_is_proposed_is_asked_about() -> None:
    """What a message's own trajectory flies is not added again; a message without proposals says that."""
    orbit = "".join(f"{60.0 * n} {3700.0 - n} {200.0 * n} 0 0 3.4 0\n" for n in range(9))
    flown = f"TRAJ_START\nCENTER_NAME = MARS\nTRAJ_REF_FRAME = ICRF\nTRAJ_TYPE = CARTPV\n{orbit}TRAJ_STOP\n"
    whole = OCM.replace("META_STOP\n", f"META_STOP\n{flown}")
    planned = SECOND.replace("CANDIDATE", "PLANNED")
    found = planned_manoeuvres((whole + planned).encode(), "plan.ocm")

    assert [one.name for one in found] == ["COLA-1"]
    with pytest.raises(InputError, match="MAN_BASIS must be CANDIDATE or SIMULATED"):
        planned_manoeuvres(whole.replace("CANDIDATE", "PLANNED").encode(), "plan.ocm")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("DC_TYPE = CONTINUOUS", "DC_TYPE = TIME"), "duty cycles are not read"),
        (("ACC_X, ACC_Y, ACC_Z", "DEPLOY_DV_X, DEPLOY_DV_Y, DEPLOY_DV_Z"), "deployments are not read"),
        (("ACC_X, ACC_Y, ACC_Z", "THR_X, THR_Y, THR_Z"), "WET_MASS in the block PHYS"),
        (("MAN_DURA, ACC_X, ACC_Y, ACC_Z\n12900.0 120", "THR_X, THR_Y, THR_Z\n12900.0"), "must have its MAN_DURA"),
        (("TIME_RELATIVE, ", ""), "must begin with one of TIME_ABSOLUTE, TIME_RELATIVE"),
        (("12900.0 120", "12900.0"), "a manoeuvre must have 5 columns"),
        (("2.5e-6", "nan"), "ACC_X must be a finite number"),
        ((" 120 ", " -120 "), "MAN_DURA must not be negative"),
        (("RSW_INERTIAL", "RIC"), "RIC is not clear"),
        (("MAN_REF_FRAME = RSW_INERTIAL\n", ""), "must have MAN_REF_FRAME"),
        (
            ("MAN_STOP\n", OCM[OCM.index("MAN_STOP") :] + OCM[OCM.index("MAN_START") :].replace("COLA-1", "COLA-2")),
            "CANDIDATE",
        ),
    ],
)
def test_a_manoeuvre_block_that_is_not_read_says_why(
    nearpass: Nearpass, config: Path, tmp_path: Path, edit: tuple[str, str], said: str
) -> None:
    """Each rule that a block may break is named, and nothing is screened on half of it."""
    file = tmp_path / "plan.ocm"
    file.write_text(OCM.replace(*edit, 1))
    code, out, err = nearpass("whatif", "--config", config, "--object", "MRO", "--ocm", file)

    assert (code, out) == (8, "")
    assert said.lower() in err.lower()
