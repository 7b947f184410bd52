"""An OPM as the source of an object: carried on where the publisher says so, and approximate wherever it is told."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import covariance_law as law
from fleets import CUTOFF, LOW, write_workspace
from nearpass.archive.archive import Archive
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.config import load_config
from nearpass.cycle.pipeline import CycleResult, run_cycle, setting_of
from nearpass.cycle.rescreen import rescreen
from nearpass.encounter.uncertainty import Basis, state_at
from nearpass.ingest import ingest_object
from nearpass.report import wording
from nearpass.report.remark_views import approximations, remarks, short

BURN_S = 30_000.0
EARLY_S = -7200.0
CARRIED = 2e-3  # steps of the transition matrix over eleven hours
SOLVERS_KM = 1e-4  # two integrations of a day, and nodes a minute apart
_CENTURIES = (CUTOFF - Epoch.parse("2000-01-01T12:00:00")) / DAY_S / 36_525.0
_RA, _DEC = np.radians([317.68143 - 0.1061 * _CENTURIES, 52.88650 - 0.0609 * _CENTURIES])
POLE = np.array([np.cos(_RA) * np.cos(_DEC), np.sin(_RA) * np.cos(_DEC), np.sin(_DEC)])
"""Of Mars, by the IAU's series of 2009 (NAIF's pck00010.tpc)."""
STATE = np.concatenate([part[0] for part in LOW.state(np.array([EARLY_S]))])


def opm(state: np.ndarray = STATE) -> str:
    keys = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    pairs = {
        "CREATION_DATE": "2021-03-16T23:00:00", "ORIGINATOR": "TEST", "OBJECT_NAME": "LOW", "OBJECT_ID": "2005-029A",
        "CENTER_NAME": "MARS", "REF_FRAME": "ICRF", "TIME_SYSTEM": "UTC", "EPOCH": "2021-03-16T22:00:00",
        **{key: repr(value) for key, value in zip(keys, state.tolist(), strict=True)},
        "MAN_EPOCH_IGNITION": "2021-03-17T08:20:00", "MAN_DURATION": "0", "MAN_DELTA_MASS": "-1",
        "MAN_REF_FRAME": "RTN", "MAN_DV_1": "0", "MAN_DV_2": "0.0005", "MAN_DV_3": "0",
    }  # fmt: skip
    return "\n".join(["CCSDS_OPM_VERS = 2.0", *(f"{key} = {value}" for key, value in pairs.items()), ""])


SIGMAS = np.array([0.02, 0.5, 0.03, 4e-4, 2e-5, 3e-5])
"""Of the state, in km and km/s, along radius, velocity and normal."""


def with_covariance(frame: str | None, matrix: np.ndarray, text: str | None = None) -> str:
    """The message with the 21 terms of a covariance before its manoeuvre, as the standard orders them."""
    names = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    lines = [f"COV_REF_FRAME = {frame}"] if frame else []
    for i, row in enumerate(names):
        lines += [f"C{row}_{column} = {float(matrix[i, j])!r}" for j, column in enumerate(names[: i + 1])]
    return (text or opm()).replace("MAN_EPOCH_IGNITION", "\n".join([*lines, "MAN_EPOCH_IGNITION"]))


def in_icrf() -> tuple[np.ndarray, np.ndarray]:
    """The covariance ``(6, 6)`` in RTN, with errors that go together, and the same in ICRF axes."""
    root = np.diag(SIGMAS) + 0.3 * np.outer(SIGMAS, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    radial = STATE[:3] / np.linalg.norm(STATE[:3])
    normal = np.cross(STATE[:3], STATE[3:])
    normal /= np.linalg.norm(normal)
    axes = np.kron(np.eye(2), np.array([radial, np.cross(normal, radial), normal]))
    local = root @ root.T
    return local, axes.T @ local @ axes


@pytest.mark.parametrize("frame", [None, "ICRF", "RTN", "RSW"])
def test_a_covariance_is_carried_on_with_its_state(tmp_path: Path, frame: str | None) -> None:
    """Whatever its axes, seven hours on it is what re-flown neighbours of the state are spread by; not past a burn."""
    local, inertial = in_icrf()
    path = prepared(tmp_path, text=with_covariance(frame, local if frame in {"RTN", "RSW"} else inertial))
    config, _ = load_config(path)
    item = next(one for one in config.objects if one.id == "LOW")
    found = ingest_object(item, setting_of(config, tmp_path, CUTOFF))
    motion = found.trajectory
    assert motion is not None
    at_s = BURN_S - 5_000.0
    known = state_at(motion, at_s, declared=None, created_s=None).covariance
    assert known is not None

    steps = np.diag([1e-3, 1e-3, 1e-3, 1e-6, 1e-6, 1e-6])
    neighbours = np.concatenate([STATE + steps, STATE - steps, [STATE]])
    flown = solve_ivp(law._rates, (EARLY_S, at_s), neighbours.ravel(),
                      args=(False, POLE), method="DOP853", rtol=1e-12, atol=1e-10).y[:, -1].reshape(13, 6)  # fmt: skip
    partials = ((flown[:6] - flown[6:12]) / (2.0 * np.diag(steps)[:, None])).T
    expected = partials @ inertial @ partials.T
    assert law.sigmas_km(known.matrix, flown[12]) == pytest.approx(law.sigmas_km(expected, flown[12]), rel=CARRIED)
    assert known.basis is Basis.DELIVERED
    assert found.inputs[0].covariance_count == 1
    assert not any("CX_X" in comment for comment in found.inputs[0].comments)
    assert state_at(motion, BURN_S + 60.0, declared=None, created_s=None).covariance is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("CZ_DOT_Z = ", "USER_DEFINED_A = "), "a covariance must give CZ_DOT_Z"),
        (("CX_X = ", "CX_X = 1 [m**2] \nUSER_DEFINED_A = "), "CX_X must be in [km**2]"),
        (("CY_Y = ", "CY_Y = nan \nUSER_DEFINED_A = "), "CY_Y must be a finite number"),
        (("COV_REF_FRAME = RTN", "COV_REF_FRAME = ABCD"), "COV_REF_FRAME must be one of"),
    ],
)
def test_a_broken_covariance_is_refused_by_its_line(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    """A missing term, another unit, no number, unknown axes: the file is refused with the rule."""
    text = with_covariance("RTN", in_icrf()[0])
    config, _ = load_config(prepared(tmp_path, text=text.replace(*change)))
    item = next(one for one in config.objects if one.id == "LOW")
    found = ingest_object(item, setting_of(config, tmp_path, CUTOFF))

    assert found.trajectory is None
    assert words in (found.inputs[0].refusal or "")
    assert "low_1.opm:" in (found.inputs[0].refusal or "")


def prepared(directory: Path, *, key: str = 'propagate = "J2"\n', text: str | None = None) -> Path:
    """A fleet of which LOW has an OPM only, and the configuration that takes it for an ephemeris."""
    path = write_workspace(directory, limit_km=500.0)
    (directory / "ephemerides" / "low_1.oem").unlink()
    (directory / "ephemerides" / "low_1.opm").write_text(opm() if text is None else text)
    source = 'path = "ephemerides/low_*.oem"\n'
    path.write_text(path.read_text().replace(source, f'path = "ephemerides/low_*.opm"\n{key}'))
    return path


def quiet(_: str, __: int) -> Callable[[int], None]:
    return lambda _: None


def cycle(path: Path) -> CycleResult:
    config, text = load_config(path)
    return run_cycle(config, text, path.parent, CUTOFF, None, quiet)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> CycleResult:
    return cycle(prepared(tmp_path_factory.mktemp("opm")))


def flown_km(*, lumps: bool) -> np.ndarray:
    """Where another integrator, from the state and the burn, is at the end of the window, ``(3,)``."""
    state, at_s = STATE, EARLY_S
    for until_s in (BURN_S, DAY_S):
        found = solve_ivp(law._rates, (at_s, until_s), state, args=(lumps, POLE), method="DOP853", rtol=1e-12,
                          atol=1e-10)  # fmt: skip
        state, at_s = found.y[:, -1], until_s
        if until_s == BURN_S:
            normal = np.cross(state[:3], state[3:])
            along = np.cross(normal, state[:3])
            state[3:] += 0.0005 * along / np.linalg.norm(along)
    return state[:3]


def test_the_motion_is_that_of_the_state_with_j2_and_its_burn(tmp_path: Path) -> None:
    """At the end of the window it is where another integrator is, and the burn parts it in two arcs."""
    config, _ = load_config(prepared(tmp_path))
    item = next(one for one in config.objects if one.id == "LOW")
    motion = ingest_object(item, setting_of(config, tmp_path, CUTOFF)).trajectory

    assert motion is not None
    assert motion.spans_s == ((0.0, BURN_S), (BURN_S, DAY_S))
    assert motion.state(np.array([DAY_S]))[0][0] == pytest.approx(flown_km(lumps=False), abs=SOLVERS_KM)


def test_it_is_called_approximate_wherever_it_is_told(made: CycleResult) -> None:
    """Object, events, findings and tables say that one state was carried on, and how far off it may be."""
    record = made.record
    low = next(item for item in record.objects if item.id == "LOW")
    told = [event for event in record.events if "LOW" in (event.primary, event.secondary)]

    assert low.approximation is not None
    assert (low.approximation.kind, low.approximation.since) == ("one state", CUTOFF + EARLY_S)
    assert short(low) == "from one state"
    assert "One state of 2021-03-16 22:00 UTC was delivered" in " ".join(remarks(low))
    assert "with one manoeuvre at once" in " ".join(remarks(low))
    assert told
    for event in told:
        assert "LOW by one state, carried on by gravity and J2" in (approximations([event.approximate]) or "")
    entry = next(entry for entry in record.inputs if entry.object_id == "LOW")
    assert {found.rule: found.grade for found in entry.findings}["approximate"] == "note"


def test_what_is_delivered_is_one_state(made: CycleResult) -> None:
    """The record of the file has its format, its axes, one state and no interpolation; no prediction is made of it."""
    entry = next(entry for entry in made.record.inputs if entry.object_id == "LOW")
    low = next(item for item in made.record.objects if item.id == "LOW")

    assert (entry.format, entry.axes, entry.node_count, entry.interpolation) == ("OPM 2.0", "ICRF", 1, None)
    assert (entry.refusal, low.predictions) == (None, ())
    assert any(comment.startswith("Approximate: propagated from one state") for comment in entry.comments)


def test_the_stated_error_is_of_the_size_of_what_is_left_out(made: CycleResult) -> None:
    """J3 and C22 of Mars move the end of the window by less than is stated, and by more than a hundredth of it."""
    low = next(item for item in made.record.objects if item.id == "LOW")
    assert low.approximation is not None
    off_km = float(np.linalg.norm(flown_km(lumps=True) - flown_km(lumps=False)))

    assert 0.01 * low.approximation.error_km < off_km < low.approximation.error_km


def test_without_the_publishers_word_it_is_refused_with_the_key_that_is_missing(tmp_path: Path) -> None:
    """The refusal names the key, and the other objects are screened."""
    record = cycle(prepared(tmp_path, key="")).record
    refusal = next(entry.refusal for entry in record.inputs if entry.object_id == "LOW")

    assert refusal is not None
    assert 'set propagate = "J2"' in refusal
    assert [pair for pair in record.pairs if {pair.primary, pair.secondary} == {"ECC", "POLAR"}]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("EPOCH = 2021-03-16T22", "EPOCH = 2019-03-16T22", "by 366 days at most"),
        ("EPOCH = 2021-03-16T22", "EPOCH = 2021-03-18T22", "must lie before the end of the window"),
        ("CENTER_NAME = MARS", "CENTER_NAME = NOWHERE", "NOWHERE"),
        ("MAN_REF_FRAME = RTN", "MAN_REF_FRAME = LVLH", "LVLH is not clear"),
        ("Y_DOT = ", "Y_DOT = x", "Y_DOT must be a finite number"),
    ],
)
def test_a_state_that_cannot_be_carried_on_refuses_its_file_alone(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """The rule is named with file and object; the others are screened."""
    record = cycle(prepared(tmp_path, text=opm().replace(old, new))).record
    refusal = next(entry.refusal for entry in record.inputs if entry.object_id == "LOW")

    assert refusal is not None
    assert said in refusal
    assert "low_1.opm" in refusal
    assert "LOW" in refusal
    assert record.losses == ()


def test_an_archived_cycle_of_it_is_screened_again_to_the_bit(tmp_path: Path) -> None:
    """From the stored message and configuration every value comes out the same."""
    path = prepared(tmp_path)
    made = cycle(path)
    archive = Archive(tmp_path / "archive")
    archive.add(made.record, made.inputs)
    found = rescreen(archive, made.record.cycle_id, tmp_path, quiet, wording.said)

    assert found.differences == ()


def test_what_a_burn_would_do_to_it_is_called_approximate_twice(
    nearpass: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """The answer says by which motion it is approximate, and that the delivery was one state."""
    path = prepared(tmp_path)
    made = cycle(path)
    Archive(tmp_path / "archive").add(made.record, made.inputs)
    words = ("whatif", "--config", path, "--object", "LOW", "--at", "2021-03-17T12:00", "--rtn", "0,0.4,0")
    code, out, _ = nearpass(*words)

    assert code == 0
    assert "approximate: after each burn" in out
    assert "LOW itself was not delivered in full: One state of 2021-03-16 22:00 UTC was delivered" in out
    assert "LOW" in json.loads(nearpass(*words, "--json")[1])["approximate_objects"]
