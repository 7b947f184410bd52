"""The board of the first screen: two rulers an approach, the sentence that decides, and the picture of the body."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from nearpass.astro.bodies import body_named, planetographic
from nearpass.encounter.alert import Level
from nearpass.record.record import BPlaneRecord, EventRecord
from nearpass.report import board
from nearpass.report.catalogue import Catalogue
from nearpass.report.drawn.globe import Scene, View, globe
from nearpass.report.drawn.rulers import MISS_KM, SIGMAS, MissMark, SigmaMark, miss_ruler, sigma_ruler
from records import level_events, sample_record


def with_plane(
    xi_km: float, zeta_km: float, covariance: tuple[tuple[float, float], tuple[float, float]]
) -> EventRecord:
    """A red event with this miss and covariance in the B-plane."""
    plane = BPlaneRecord(miss_xi_km=xi_km, miss_zeta_km=zeta_km, hbr_km=0.01, covariance_km2=covariance)
    return replace(level_events(Level.RED)[0], b_plane=plane)


def test_sigmas_from_a_hit_are_the_mahalanobis_distance() -> None:
    """The share of a Gaussian cloud that lies farther out than the miss is what the number of sigmas says."""
    covariance = np.array([[4.0, 1.2], [1.2, 0.5]])
    event = with_plane(1.0, -0.9, ((4.0, 1.2), (1.2, 0.5)))
    hit = board.hit_of(event)
    assert hit is not None
    drawn = np.random.default_rng(3).multivariate_normal([0.0, 0.0], covariance, 400_000)
    inside = np.einsum("ni,ij,nj->n", drawn, np.linalg.inv(covariance), drawn) < hit.sigmas**2

    assert inside.mean() == pytest.approx(chi2(2).cdf(hit.sigmas**2), abs=3e-3)  # a sample of 400 000
    assert hit.sigmas**2 == pytest.approx(np.array([1.0, -0.9]) @ np.linalg.inv(covariance) @ np.array([1.0, -0.9]))


@pytest.mark.parametrize(
    ("zeta_km", "words"),
    [
        (0.02, "A hit is not excluded: 2.0 sigmas."),
        (0.04, "A hit would need an error of 4.0 sigmas."),
        (0.2, "Whatever the timing, the orbits stay 0.200 km apart: 20.0 sigmas from a hit."),
    ],
)
def test_one_rule_says_whether_a_hit_is_possible(zeta_km: float, words: str) -> None:
    """Below 3 sigmas a hit is not excluded, from 6 on the orbits stay apart whatever the timing."""
    said = board.deciding(with_plane(0.0, zeta_km, ((4.0, 0.0), (0.0, 1e-4))))

    assert said is not None
    assert said.replace("\u00a0", " ") == words


def test_a_large_error_along_the_miss_does_not_count_as_orbits_apart() -> None:
    """Where only the long axis separates the two, timing could bring them together: that is not said to be safe."""
    said = board.deciding(with_plane(70.0, 0.0, ((100.0, 0.0), (0.0, 1e-4))))

    assert said == "A hit would need an error of 7.0 sigmas."


def test_without_covariances_nothing_is_said_of_a_hit() -> None:
    """No ruler of sigmas and no sentence, but the reason, where a covariance is missing."""
    record = sample_record()
    event = replace(level_events(Level.RED)[0], b_plane=None, miss_sigma_rtn_km=None)
    row = board.row(event, Catalogue(record))

    assert board.deciding(event) is None
    assert row.sigma_ruler is None
    assert "covariance" in row.no_sigmas


def test_nearer_in_kilometres_and_farther_from_a_hit_are_told_apart() -> None:
    """The trend relates both questions: nearer by distance, farther by sigmas."""
    event = with_plane(0.0, 0.2, ((4.0, 0.0), (0.0, 1e-4)))
    last = replace(event.history[-1], miss_km=event.miss_km + 10.0, b_plane_sigmas=7.7)
    said = board.trend(replace(event, history=(last,)))

    assert said is not None
    assert said.startswith("Nearer in kilometres")
    assert "but farther from a hit (7.7 to 20.0 sigmas)" in said


def test_rulers_place_values_on_their_fixed_logarithmic_axes() -> None:
    """A decade is as long everywhere: 1 km lies in the middle of 0.1 and 10, and what is drawn says its name."""
    assert MISS_KM(1.0) == pytest.approx((MISS_KM(0.1) + MISS_KM(10.0)) / 2)
    assert SIGMAS(3.0) - SIGMAS(0.3) == pytest.approx(SIGMAS(1000.0) - SIGMAS(100.0))
    drawn = str(
        miss_ruler([MissMark(name="<in use>", value_km=1.0, kind="used", level=Level.RED)], (3.0, 10.0), 'a "b"')
    )

    assert f"translate({MISS_KM(1.0):.1f} 11.0)" in drawn
    assert "&lt;in use&gt;" in drawn
    assert 'aria-label="a &#34;b&#34;"' in drawn


def test_the_sigma_ruler_marks_what_decides() -> None:
    """Components are dots, the B-plane a diamond, and the grey part ends at 3 sigmas."""
    drawn = str(
        sigma_ruler(
            [
                SigmaMark(axis="R", sigmas=8.7, said="8.7"),
                SigmaMark(axis="all", sigmas=20.0, said="20.0", decides=True),
            ],
            "label",
        )
    )
    [grey] = re.findall(r'class="z-band" x="([\d.]+)" y="0" width="([\d.]+)"', drawn)

    assert float(grey[0]) + float(grey[1]) == pytest.approx(SIGMAS(3.0), abs=0.2)  # written to a tenth of a pixel
    assert drawn.count("m-blue") == 1
    assert f"translate({SIGMAS(20.0):.1f} 28.0)" in drawn


@pytest.mark.parametrize("turn", [0.0, 1.0, 2.5, 4.0])
def test_the_picture_shows_the_approach_where_it_is(turn: float) -> None:
    """The mark lies where an orthographic projection of its planetographic latitude and longitude falls."""
    mars = body_named("MARS")
    first = level_events(Level.RED)[0]
    radius_km = 3700.0
    position = (radius_km * math.cos(turn), radius_km * math.sin(turn) * 0.8, radius_km * math.sin(turn) * 0.6)
    event = replace(first, primary_position_km=position)
    view = View(event, mars)
    latitude, _, _ = planetographic(mars, np.array([position]), event.tca, np.zeros(1))
    x, y = view.place(np.array(position))
    direction = view.surface(math.degrees(math.asin(float(np.array(position) @ view.pole) / radius_km)), 0.0)

    assert (x, y) == pytest.approx(view.place(radius_km * direction), abs=1e-6)
    assert math.degrees(float(latitude[0])) == pytest.approx(
        math.degrees(math.asin(float(np.array(position) @ view.pole) / radius_km)), abs=0.4  # oblateness of Mars
    )  # fmt: skip


def test_the_night_side_is_away_from_the_sun() -> None:
    """The middle of the night side's outline lies on the half of the disc that faces away from the Sun."""
    event = level_events(Level.RED)[0]
    for sun in ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.3, 0.5, 0.81)):
        unit = np.array(sun) / np.linalg.norm(sun)
        view = View(event, body_named("MARS"))
        drawn = str(
            globe(
                Scene(event=event, body=body_named("MARS"), names=("A", "B"), said=("", "", ""), others_km=(),
                      sun=tuple(unit), title="t")
            )
        )  # fmt: skip
        outline = re.search(r'class="night" d="M([^"]*)z"', drawn)
        assert outline is not None
        points = np.array([[float(number) for number in pair.split()] for pair in outline[1].split("L")])
        middle = points.mean(axis=0) - np.array([235.0, 230.0])
        toward = np.array([unit @ view.right, -(unit @ view.up)])

        assert middle @ toward < 0.0


def test_the_headline_names_the_pair_distance_and_day() -> None:
    """One red approach is the headline; several give the verdict's own sentence."""
    record = sample_record()
    one = board.hero(Catalogue(record), "verdict")
    both = replace(record, events=tuple(replace(event, level=Level.RED) for event in record.events))

    assert (
        one.headline.replace("\u00a0", " ").replace("\u2011", "-")
        == "MRO and Tianwen-1 pass 1.9 km apart on Sun 21 March 2021"
    )
    assert board.hero(Catalogue(both), "verdict").headline == "verdict"


def test_the_picture_shows_the_approach_that_is_decided_first() -> None:
    """Of two red ones that with the earlier deadline is drawn, though the other is nearer; both are named below."""
    record = sample_record()
    red = next(event for event in record.events if event.level is Level.RED)
    near = replace(red, event_id="E0000-00002", miss_km=red.miss_km / 2.0, deadline=red.tca, tca=red.tca + 3600.0)
    early = replace(red, event_id="E0000-00001", deadline=red.tca + -86_400.0)
    both = replace(record, events=(early, near))

    found = board.hero(Catalogue(both), "verdict")

    assert found.globe is not None
    assert f"{red.miss_km:.3f}" in found.globe.replace("\u00a0", " ")
    assert len(found.lead) == 2
    assert all("Tianwen-1" in line for line in found.lead)
