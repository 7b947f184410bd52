"""The sample's files: complete, readable by others, reproducible, and with the encounters that they are made for."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import oem
import pytest

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris, icrf_from_axes
from nearpass.config import load_config, resolve
from nearpass.errors import FrameError
from nearpass.messages.oem import parse_oem
from nearpass.sample import CONFIGURATION, SPAN_DAYS, write_deliveries
from nearpass.sample.deliveries import deliveries, placed, predictions, true_states
from nearpass.sample.delivery_text import Delivery
from nearpass.sample.fleet import CUTOFFS, FLEET, SOLUTIONS, Encounter, Member
from nearpass.sample.predictions import Prediction
from nearpass.sample.propagation import EQUATOR_FROM_ICRF, Batch, Sampling, propagate

LAST_WEEK = [delivery for delivery in deliveries(FLEET) if delivery.issue.date == CUTOFFS[-1]]
SHORT_DAYS = 0.5
TRUTH_KM = 1e-3  # integration over the minutes around an encounter
TRUTH_S = 1e-3
LATE_S = 69.184  # TDB less UTC in 2021: 37 leap seconds and 32.184 s, to two milliseconds
PRINTED_KM = 0.51e-6  # six decimals of a kilometre
MEET = [member for member in FLEET if isinstance(member.place, Encounter)]


@pytest.fixture(scope="module")
def planets() -> PlanetaryEphemeris:
    return PlanetaryEphemeris.default()


@pytest.fixture(scope="module")
def orbits(planets: PlanetaryEphemeris) -> dict[str, Batch]:
    return placed(FLEET, planets)


@pytest.fixture(scope="module")
def truth(orbits: dict[str, Batch], planets: PlanetaryEphemeris) -> Batch:
    """The true states at the starts of the last week's deliveries."""
    return true_states(orbits, [(delivery.member.id, delivery.start) for delivery in LAST_WEEK], planets)


@pytest.fixture(scope="module")
def directory(truth: Batch, planets: PlanetaryEphemeris, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The last week's files, half a day long."""
    folder = tmp_path_factory.mktemp("sample")
    write_deliveries(folder, LAST_WEEK, truth, SHORT_DAYS, planets, lambda _: None)
    return folder


@pytest.fixture(scope="module")
def predicted(truth: Batch, planets: PlanetaryEphemeris) -> list[Prediction]:
    """What is in those files."""
    return predictions(LAST_WEEK, truth, SHORT_DAYS * DAY_S, planets)


def of_object(name: str) -> Delivery:
    return next(delivery for delivery in LAST_WEEK if delivery.member.id == name)


@pytest.mark.parametrize("member", MEET, ids=lambda member: member.id)
def test_each_arranged_encounter_takes_place(
    member: Member, orbits: dict[str, Batch], planets: PlanetaryEphemeris
) -> None:
    """Sampled densely, the true trajectories are nearest at the stated TCA and by the stated miss."""
    place = member.place
    assert isinstance(place, Encounter)
    tca = Epoch.parse(place.tca_utc)
    around_s = np.linspace(-20.0, 20.0, 40_001)
    states = []
    for name in (place.primary, member.id):
        batch = orbits[name]
        sampling = Sampling(columns=np.array([0]), offsets_s=around_s + (tca - batch.epochs[0]))
        states.append(propagate(batch, [sampling], planets=planets)[0][:, 0])
    distance_km = np.linalg.norm(states[1][:, :3] - states[0][:, :3], axis=1)
    assert distance_km.min() == pytest.approx(np.hypot(place.xi_km, place.zeta_km), abs=TRUTH_KM)
    assert around_s[np.argmin(distance_km)] == pytest.approx(0.0, abs=2.0 * TRUTH_S)


def test_every_object_of_the_configuration_has_its_files_and_no_file_is_left_over(directory: Path) -> None:
    """The patterns of the sample's configuration match all file names, each in one object."""
    config, _ = load_config(CONFIGURATION)
    everything = deliveries((*FLEET, *SOLUTIONS))
    for delivery in everything:
        (directory / "ephemerides").mkdir(exist_ok=True)
        (directory / "ephemerides" / delivery.file_name).touch()
    sources = [source for item in config.objects for source in item.ephemeris if source.delivery == "newest"]
    matched = [path for source in sources for path in resolve(directory, source.path)]
    assert {item.id for item in config.objects} == {member.id for member in FLEET}
    assert sorted(path.name for path in matched) == sorted(delivery.file_name for delivery in everything)
    assert all(resolve(directory, item.ephemeris[0].path) for item in config.objects)


def test_deliveries_precede_their_cutoff_and_most_cover_the_window() -> None:
    """Each file is created before its cut-off; one made in the day before it covers 21 days, or all that there is."""
    config, _ = load_config(CONFIGURATION)
    for delivery in deliveries(FLEET):
        creation = Epoch.parse(delivery.issue.creation_utc)
        cutoff = min(Epoch.parse(text) for text in CUTOFFS if Epoch.parse(text) - creation > 0.0)
        assert delivery.start - cutoff < 0.0
        if delivery.issue.date in CUTOFFS:
            assert cutoff - creation < DAY_S
            assert delivery.stop or delivery.start + SPAN_DAYS * DAY_S - cutoff > config.cycle.span_days * DAY_S


def test_not_every_agency_delivers_each_week() -> None:
    """Mars Express misses a week, Hope's last file is over a week old at the last cut-off, the moons never fail."""
    creations = {member.id: [Epoch.parse(issue.creation_utc) for issue in member.issues] for member in FLEET}
    assert len(creations["MEX"]) == 3
    assert Epoch.parse(CUTOFFS[-1]) - creations["EMM"][-1] > 7.0 * DAY_S
    assert len(creations["PHOBOS"]) == len(creations["DEIMOS"]) == len(CUTOFFS)


def test_files_hold_the_predictions_to_the_digits_printed(directory: Path, predicted: list[Prediction]) -> None:
    """Read back and turned to the axes of the propagation, each file's positions are the prediction's."""
    for delivery, prediction in zip(LAST_WEEK, predicted, strict=True):
        segment = parse_oem((directory / delivery.file_name).read_bytes(), delivery.file_name).segments[0]
        to_equator = EQUATOR_FROM_ICRF @ icrf_from_axes(delivery.member.ref_frame)
        found_km = segment.positions_km @ to_equator.T
        assert np.abs(found_km - prediction.states[:, :3]).max() < np.sqrt(3.0) * PRINTED_KM
        mistaken_s = LATE_S if delivery.issue.true_time_system else 0.0
        assert segment.start - delivery.start == pytest.approx(mistaken_s, abs=2e-3)
        assert (segment.covariances is not None) == delivery.member.with_covariance


def test_covariances_are_positive_definite_as_printed(directory: Path) -> None:
    """Scaled to correlations, every covariance in the files has positive eigenvalues."""
    count = 0
    for delivery in LAST_WEEK:
        covariances = (
            parse_oem((directory / delivery.file_name).read_bytes(), delivery.file_name).segments[0].covariances
        )
        if covariances is None:
            continue
        sigma = np.sqrt(np.einsum("nii->ni", covariances.matrices))
        correlations = covariances.matrices / sigma[:, :, None] / sigma[:, None, :]
        assert np.linalg.eigvalsh(correlations).min() > 0.0
        count += 1
    assert count == sum(delivery.member.with_covariance for delivery in LAST_WEEK)


@pytest.mark.parametrize("name", ["TW1", "DEIMOS"])
def test_the_oem_package_reads_a_file(name: str, directory: Path) -> None:
    """Another implementation of the standard finds the same states and covariances."""
    path = directory / of_object(name).file_name
    ours = parse_oem(path.read_bytes(), path.name).segments[0]
    theirs = oem.OrbitEphemerisMessage.open(path).segments[0]
    assert np.array([state.position for state in theirs.states]) == pytest.approx(ours.positions_km, abs=0.0)
    assert np.array([state.velocity for state in theirs.states]) == pytest.approx(ours.velocities_km_s, abs=0.0)
    assert ours.covariances is not None
    matrices = np.array([covariance.matrix for covariance in theirs.covariances])
    assert matrices == pytest.approx(ours.covariances.matrices, abs=0.0)
    assert {covariance.frame for covariance in theirs.covariances} == {"RTN"}


def test_one_file_of_the_last_week_names_undefined_axes(directory: Path) -> None:
    """MOM's last file reads MCI, which is refused; every other file's axes are defined."""
    refused = []
    for delivery in LAST_WEEK:
        segment = parse_oem((directory / delivery.file_name).read_bytes(), delivery.file_name).segments[0]
        try:
            icrf_from_axes(segment.ref_frame)
        except FrameError:
            refused.append(delivery.member.id)
    assert refused == ["MOM"]


def test_every_file_says_that_it_is_a_reconstruction(directory: Path) -> None:
    """The header's first comment says plainly that the file is no real ephemeris."""
    for delivery in LAST_WEEK:
        header = parse_oem((directory / delivery.file_name).read_bytes(), delivery.file_name).header
        assert "RECONSTRUCTION made by nearpass" in header.comments[0]
        assert "NOT A REAL EPHEMERIS" in header.comments[0]


def test_the_same_bytes_are_written_again(
    directory: Path, truth: Batch, planets: PlanetaryEphemeris, tmp_path: Path
) -> None:
    """Writing the deliveries a second time gives identical files."""
    write_deliveries(tmp_path, LAST_WEEK, truth, SHORT_DAYS, planets, lambda _: None)
    for delivery in LAST_WEEK:
        assert (tmp_path / delivery.file_name).read_bytes() == (directory / delivery.file_name).read_bytes()


def test_no_two_objects_share_their_random_errors() -> None:
    """Each object has a seed of its own, or the errors of a pair would cancel; two that are one craft share theirs."""
    seeds = {member.seed for member in FLEET if member.id != "M20CS"}
    assert len(seeds) == len(FLEET) - 1
