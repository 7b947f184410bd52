"""What the sample is made to show, held against published figures and computed anew beside the product."""

import inspect
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import multivariate_normal

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.config import load_config
from nearpass.cycle.cdm_compare import compare_cdm, judgement
from nearpass.cycle.pipeline import run_cycle
from nearpass.ingest.exchanges import read_exchanges
from nearpass.ingest.notes import Known, on_events, read_notes
from nearpass.ingest.received import read_received
from nearpass.messages.cdm_read import parse_cdm
from nearpass.record.coordination import Mover, coordination, said_by
from nearpass.record.exchange_record import Standing, standing
from nearpass.record.marking import Tlp
from nearpass.record.record import CycleRecord, EventRecord
from nearpass.report.cdm_event import event_cdm
from nearpass.resources import resource
from nearpass.sample import CONFIGURATION, NOTES, write_deliveries
from nearpass.sample.deliveries import deliveries, placed, true_states
from nearpass.sample.delivery_text import Delivery
from nearpass.sample.fleet import CUTOFFS, FLEET, Encounter
from nearpass.sample.predictions import covariances_rtn, error_modes, predict
from nearpass.sample.propagation import MARS, Batch, Sampling, propagate

SPAN_DAYS = 12.5  # up to the last of the arranged encounters
PUBLISHED_S, PUBLISHED_DAYS, POWER = 25.0, 60.0, 1.5  # Mars Odyssey, and NASA's figures of 2015
FACTORS = {"MRO": 1.0, "ODY": 1.0, "MAVEN": 3.0, "MEX": 1.5, "TGO": 0.5, "TW1": 1.0, "EMM": 0.3}
FLOORS_S = {"TW1": 0.25, "EMM": 0.35}  # a kilometre and half of one at the speed of periapsis
LAW = 0.3  # a sum of a linear and a square growth stands for the power
INTERPOLATED = 0.05  # of a probability: the covariance is carried from the nearest one that the file states
CHANGED_PC = 1e-50
PROBE = 0.05


@pytest.fixture(scope="module")
def planets() -> PlanetaryEphemeris:
    return PlanetaryEphemeris.default()


@pytest.fixture(scope="module")
def orbits(planets: PlanetaryEphemeris) -> dict[str, Batch]:
    return placed(FLEET, planets)


def newest(name: str) -> Delivery:
    return [delivery for delivery in deliveries(FLEET) if delivery.member.id == name][-1]


@pytest.fixture(scope="module")
def cycle(
    orbits: dict[str, Batch], planets: PlanetaryEphemeris, tmp_path_factory: pytest.TempPathFactory
) -> CycleRecord:
    """The last cycle of the four objects that meet, by the files of its week."""
    folder = tmp_path_factory.mktemp("story")
    names = ("MAVEN", "MRO", "ODY", "TGO", "TW1", "MGS")
    wanted = [newest(name) for name in names]
    truth = true_states(orbits, [(delivery.member.id, delivery.start) for delivery in wanted], planets)
    write_deliveries(folder / "ephemerides", wanted, truth, SPAN_DAYS + 1.0, planets, lambda _: None)
    config, text = load_config(CONFIGURATION)
    config = config.model_copy(
        update={
            "objects": tuple(
                item.model_copy(update={"ephemeris": item.ephemeris[:1]}) for item in config.objects if item.id in names
            ),
            "cycle": config.cycle.model_copy(update={"span_days": SPAN_DAYS}),
        }
    )
    return run_cycle(config, text, folder, Epoch.parse(CUTOFFS[-1]), None, lambda *_: lambda _: None).record


def meeting(cycle: CycleRecord, secondary: str) -> EventRecord:
    """The event of an arranged encounter."""
    place = next(member.place for member in FLEET if member.id == secondary)
    assert isinstance(place, Encounter)
    near = [
        event
        for event in cycle.events
        if {event.primary, event.secondary} == {place.primary, secondary}
        and abs(event.tca - Epoch.parse(place.tca_utc)) < 60.0
    ]
    (event,) = near
    return event


def rules(event: EventRecord) -> set[str]:
    return {reason.rule for reason in event.reason}


def as_delivered(
    name: str, at: Epoch, orbits: Mapping[str, Batch], planets: PlanetaryEphemeris
) -> tuple[np.ndarray, np.ndarray]:
    """The state and the covariance of the position, inertial, that the last delivery means at an instant."""
    delivery = newest(name)
    known = delivery.member.knowledge
    truth = true_states(orbits, [(name, delivery.start)], planets).states[0]
    draws = np.random.default_rng((delivery.member.seed, delivery.number)).standard_normal(7)
    modes = error_modes(truth, known)
    start, push = truth + draws[:6] @ modes, known.tangential_m_s2 / 1e3
    batch = Batch(
        epochs=(delivery.start,) * 8,
        states=np.vstack([start, start + PROBE * modes, start]),
        tangential_km_s2=push * np.array([draws[6]] * 7 + [draws[6] + PROBE]),
    )
    (states,) = propagate(
        batch, [Sampling(columns=np.arange(8), offsets_s=np.array([at - delivery.start]))], planets=planets
    )
    nominal = states[0, 0]
    in_rtn = covariances_rtn(nominal[None], (states[:, 1:] - nominal) / PROBE)[0, :3, :3]
    radial = nominal[:3] / np.linalg.norm(nominal[:3])
    normal = np.cross(nominal[:3], nominal[3:])
    normal /= np.linalg.norm(normal)
    axes = np.stack([radial, np.cross(normal, radial), normal])
    return nominal, axes.T @ in_rtn @ axes


def probability(
    pair: Sequence[str], at: Epoch, hbr_km: float, orbits: Mapping[str, Batch], planets: PlanetaryEphemeris
) -> tuple[float, float]:
    """The normal density over the disc of the combined radius, across the relative velocity; and the distance there."""
    (one, first), (two, second) = (as_delivered(name, at, orbits, planets) for name in pair)
    along = (two - one)[3:]
    along /= np.linalg.norm(along)
    across = np.linalg.svd(along[None])[2][1:]
    miss, covariance = across @ (two - one)[:3], across @ (first + second) @ across.T
    density = multivariate_normal(miss, covariance).pdf
    value, _ = dblquad(
        lambda y, x: density([x, y]),
        -hbr_km,
        hbr_km,
        lambda x: -np.sqrt(hbr_km**2 - x**2),
        lambda x: np.sqrt(hbr_km**2 - x**2),
    )
    return value, float(np.linalg.norm(miss))


def test_one_event_is_red_by_its_probability(
    cycle: CycleRecord, orbits: dict[str, Batch], planets: PlanetaryEphemeris
) -> None:
    """MRO and Tianwen-1 pass beyond the red distance; Pc, also by the integral over the disc, is red."""
    event = meeting(cycle, "TW1")
    value, miss_km = probability(("MRO", "TW1"), event.tca, 0.013, orbits, planets)
    assert event.level == "red"
    assert rules(event) == {"pc_reaches"}
    assert event.miss_km == pytest.approx(miss_km, rel=1e-3)
    assert event.probability.pc == pytest.approx(value, rel=INTERPOLATED)
    config, _ = load_config(CONFIGURATION)
    assert config.alert.red.pc is not None
    assert value > 2.0 * config.alert.red.pc
    assert miss_km > config.alert.red.cad_km
    assert not event.probability.in_dilution


def test_one_event_is_red_by_distance_alone(
    cycle: CycleRecord, orbits: dict[str, Batch], planets: PlanetaryEphemeris
) -> None:
    """Odyssey and TGO pass within the red distance, and both errors together cannot make them hit."""
    event = meeting(cycle, "TGO")
    value, miss_km = probability(("ODY", "TGO"), event.tca, 0.015, orbits, planets)
    config, _ = load_config(CONFIGURATION)
    assert event.level == "red"
    assert rules(event) == {"cad_below"}
    assert event.miss_km == pytest.approx(miss_km, rel=1e-3)
    assert miss_km < config.alert.red.cad_km
    assert value < CHANGED_PC
    assert event.probability.pc is not None
    assert event.probability.pc < CHANGED_PC


def test_one_event_is_in_the_dilution_region(
    cycle: CycleRecord, orbits: dict[str, Batch], planets: PlanetaryEphemeris
) -> None:
    """MAVEN and MRO: Pc makes it yellow, agrees with the integral, and would grow if the sigmas were halved."""
    event = meeting(cycle, "MAVEN")
    value, miss_km = probability(("MRO", "MAVEN"), event.tca, 0.013, orbits, planets)
    config, _ = load_config(CONFIGURATION)
    assert event.level == "yellow"
    assert rules(event) == {"pc_reaches"}
    assert event.miss_km == pytest.approx(miss_km, rel=1e-3)
    assert miss_km > config.alert.yellow.cad_km
    assert event.probability.pc == pytest.approx(value, rel=INTERPOLATED)
    assert event.probability.in_dilution
    assert event.probability.max_pc is not None
    assert event.probability.max_pc > 1.5 * value


def test_one_pair_is_yellow_by_its_crossing(cycle: CycleRecord) -> None:
    """Nobody knows where MGS is, so that its orbit and that of TGO are told as a crossing, and as no approach."""
    levels = [one.level for one in cycle.crossings if {one.primary, one.secondary} == {"MGS", "TGO"}]
    assert "yellow" in levels
    assert not [event for event in cycle.events if "MGS" in (event.primary, event.secondary)]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The notes and dossiers of the sample, with the file that a plan names."""
    for folder in NOTES:
        shutil.copytree(CONFIGURATION.with_name(folder), tmp_path / folder)
    (tmp_path / "ephemerides").mkdir()
    (tmp_path / "ephemerides/plan_mro_20210317.oem").touch()
    return tmp_path


def test_the_notes_say_who_acts(cycle: CycleRecord, written: Path) -> None:
    """At the last cut-off NASA moves MRO and CNSA stands by, nothing contradicts; afterwards it is flown and closed."""
    config, _ = load_config(CONFIGURATION)
    event, burn = meeting(cycle, "TW1"), Epoch.parse("2021-03-19T12:00:00")
    notes = read_notes(written, Epoch.parse("2021-03-21"), Known.of(config))
    assert [note.refusal for note in notes] == [None] * len(list((written / "log").glob("*.md")))
    named = on_events(notes, cycle)
    until = cycle.window.start
    then = coordination(replace(cycle, notes=tuple(note for note in named if note.time and note.time <= until)), event)
    assert then.movers == (Mover(party="NASA/JPL", object_id="MRO", burn=burn, flown=False),)
    assert then.answers == (("CNSA", "stand-by"),)
    assert not then.asked
    assert not then.flags
    later = said_by(named, event.event_id)
    assert [mover.flown for mover in later.movers] == [True]
    assert later.closed_by == "NASA/JPL"
    assert said_by(named, meeting(cycle, "TGO").event_id, until).closed_by == "NASA/JPL"


def test_a_disagreement_with_a_partner_is_resolved(cycle: CycleRecord, written: Path) -> None:
    """CNSA's first message does not agree with our approach, its second does, and a decision says why; all by then."""
    config, _ = load_config(CONFIGURATION)
    event, until = meeting(cycle, "TW1"), cycle.window.start
    ours = event_cdm(cycle, event)
    first, second = (
        parse_cdm(path.read_bytes(), path.name) for path in sorted((written / "messages/cnsa").glob("*.cdm"))
    )
    judged = [judgement(compare_cdm(ours, theirs)) for theirs in (first, second)]
    assert [bool(one.apart) for one in judged] == [True, False]
    assert "miss distance" in {row.name for row in judged[0].apart}
    notes = on_events(read_notes(written, until, Known.of(config)), cycle)
    decided = [note.time for note in notes if note.event_id == event.event_id and note.kind == "decision"]
    assert first.header.creation < second.header.creation < decided[-1] < until  # type: ignore[operator]
    for one in read_received(config, written):
        assert one.refusal is None
        assert (one.originator, one.marking and one.marking.release) == ("CNSA", ("CNSA", "NASA"))


def test_one_approach_is_flown_and_closed_by_the_last_cut_off(cycle: CycleRecord, written: Path) -> None:
    """ESA has moved TGO and NASA closed it; all of that is marked GREEN: who sees CLEAR alone sees nothing of it."""
    config, _ = load_config(CONFIGURATION)
    notes = on_events(read_notes(written, cycle.window.start, Known.of(config)), cycle)
    said = [note for note in notes if note.event_id == meeting(cycle, "TGO").event_id]
    state = coordination(replace(cycle, notes=notes), meeting(cycle, "TGO"))
    assert [(mover.party, mover.object_id, mover.flown) for mover in state.movers] == [("ESA", "TGO", True)]
    assert state.closed_by == "NASA/JPL"
    assert {note.marking.level for note in said if note.marking} == {Tlp.GREEN}


def test_the_dossier_of_the_exchange_lacks_nothing(written: Path) -> None:
    """It is open at the last cut-off, was certified thirty days before its first release, and its minutes are read."""
    config, _ = load_config(CONFIGURATION)
    found = read_exchanges(config, written, Epoch.parse(CUTOFFS[-1]), None)
    (exchange,) = found.exchanges
    at = Epoch.parse(CUTOFFS[-1])
    assert exchange.refusal is None
    assert [note.refusal for note in exchange.notes] == [None]
    assert standing(exchange, at) == Standing(state="open", missing=())
    certified = exchange.certification
    assert certified is not None
    assert certified.filed is not None
    assert exchange.first_release is not None
    assert exchange.first_release - certified.filed >= 30.0 * DAY_S


@pytest.mark.parametrize("name", sorted(FACTORS))
def test_timing_errors_grow_as_those_that_were_published(
    name: str, orbits: dict[str, Batch], planets: PlanetaryEphemeris
) -> None:
    """After 3, 7 and 14 days the stated timing is 25 s times a factor times the power 1.5 of the days over 60."""
    delivery = next(delivery for delivery in deliveries(FLEET) if delivery.member.id == name)
    truth = true_states(orbits, [(name, delivery.start)], planets)
    (found,) = predict(truth, [delivery.member.knowledge], np.zeros((1, 7)), 15.0 * DAY_S, planets=planets)
    states = found.states[np.searchsorted(found.offsets_s, found.covariance_offsets_s)]
    radius_km, speed_km_s = (np.linalg.norm(states[:, part], axis=1) for part in (slice(3), slice(3, 6)))
    rising = np.einsum("ni,ni->n", states[:, :3], states[:, 3:]) / radius_km / speed_km_s
    along = np.stack([rising, np.sqrt(1.0 - rising**2), np.zeros_like(rising)], axis=1)
    timing_s = np.sqrt(np.einsum("ni,nij,nj->n", along, found.covariances[:, :3, :3], along)) / speed_km_s
    days = found.covariance_offsets_s / DAY_S
    period_days = 2.0 * np.pi * np.sqrt(np.median(radius_km) ** 3 / MARS.gm_km3_s2) / DAY_S
    for day in (3.0, 7.0, 14.0):
        around = np.flatnonzero(np.abs(days - day) < max(0.5, period_days))
        fastest = around[np.argmax(speed_km_s[around])]  # where an error of place is the least of time
        law_s = FACTORS[name] * PUBLISHED_S * (days[fastest] / PUBLISHED_DAYS) ** POWER
        wanted_s = np.hypot(law_s, FLOORS_S.get(name, 0.0))
        assert timing_s[fastest] == pytest.approx(wanted_s, rel=LAW)
    normal_m = 1e3 * np.sqrt(found.covariances[days < 14.0, 2, 2])
    assert 10.0 < np.median(normal_m) < 500.0


def test_perseverance_arrives_as_published(orbits: dict[str, Batch], planets: PlanetaryEphemeris) -> None:
    """It comes from far out, at 19 500 km/h over the turning ground, and enters ten minutes after its stage left."""
    config, _ = load_config(CONFIGURATION)
    rover = next(item for item in config.objects if item.id == "M2020")
    (joined,) = rover.joined
    assert rover.until is not None
    assert joined.until is not None
    assert rover.until - joined.until == 600.0
    delivery = newest("M2020")
    assert delivery.stop == rover.until
    far, entry = true_states(orbits, [("M2020", delivery.start), ("M2020", rover.until)], planets).states
    assert np.linalg.norm(far[:3]) > 400_000.0
    mars = body_named("MARS")
    ground_km_s = np.cross([0.0, 0.0, 2.0 * np.pi / 88_642.66], entry[:3])  # the sidereal day of Mars
    assert 3600.0 * np.linalg.norm(entry[3:] - ground_km_s) == pytest.approx(19_500.0, rel=0.01)
    assert 0.0 < np.linalg.norm(entry[:3]) - mars.equatorial_radius_km < 150.0


def test_pages_that_travel_with_the_program_keep_the_minute_that_the_sample_withholds() -> None:
    """No page of the public site, nor the reference made from docstrings, names when Tianwen-1 is nearest to MRO."""
    (member,) = (one for one in FLEET if one.id == "TW1")
    assert isinstance(member.place, Encounter)
    day, minute = member.place.tca_utc[:10], member.place.tca_utc[11:16]
    spelled = f"{day}T{minute}", f"{day} {minute}", f"{day}T{minute}".replace("-", "").replace(":", "")
    pages = [path for path in resource("site").rglob("*") if path.suffix in {".md", ".html", ".toml"}]
    texts = {path.name: path.read_text(encoding="utf-8") for path in pages}
    texts["reference"] = "".join(inspect.getdoc(value) or "" for value in vars(Epoch).values())

    assert [name for name, text in texts.items() if any(one in text for one in spelled)] == []
    assert len(texts) > 10
