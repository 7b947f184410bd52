"""Partners' results beside ours: differences in sigmas, the judgement, and what they report that we do not have."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from nearpass.cycle.cdm_compare import Difference, compare_cdm, encounter_from_cdm, judgement
from nearpass.messages.cdm import Cdm
from nearpass.report import feeds
from nearpass.report.cdm_event import event_cdm
from nearpass.report.pages import cycle_pages, live_pages
from nearpass.report.partner_views import alarms, beside, judged, of_event, value
from nearpass.report.verdicts import summarise
from partner_messages import approach, message, moved, red_event
from records import RED_EVENT, sample_record

RECORD = sample_record()
EVENT = red_event(RECORD)
SAMPLED = 0.03
"""One sigma of a thousandfold of drawn states differs from that of their distribution by 1 part in sqrt(2 * 20,000)."""


TURNED = 1e-3
"""An object some kilometres elsewhere has its radial and transverse axes turned by that over its distance."""


def with_covariances(cdm: Cdm, scale: float = 1.0) -> Cdm:
    """The message with made-up covariances of both objects: metres, transverse dominated, with correlations."""
    root = np.diag([60.0, 900.0, 40.0, 0.4, 0.05, 0.03]) * scale
    root[0, 1], root[3, 1], root[2, 0] = 25.0 * scale, 0.3 * scale, 11.0 * scale
    matrix = tuple(map(tuple, (root @ root.T).tolist()))
    first, second = (replace(one, covariance_rtn_m=matrix, covariance_method="CALCULATED") for one in cdm.objects)
    return replace(cdm, object1=first, object2=second)


def test_sigmas_are_those_of_drawn_states() -> None:
    """States drawn from both messages' covariances: their TCA, miss distance, components and speed scatter as told."""
    ours = with_covariances(event_cdm(RECORD, EVENT))
    theirs = with_covariances(moved(ours, (0.0, 0.0, 0.0)), 0.5)
    rows = {row.name: row for row in compare_cdm(ours, theirs)}
    rng, drawn = np.random.default_rng(7), []
    for cdm in (ours, theirs):
        encounter = encounter_from_cdm(cdm).encounter
        states = []
        for state in encounter.states:
            assert state.covariance is not None
            mean = np.concatenate([state.position_km, state.velocity_km_s])
            states.append(rng.multivariate_normal(mean, state.covariance.matrix, size=20_000, method="cholesky"))
        apart = states[1] - states[0]
        position, velocity = apart[:, :3], apart[:, 3:]
        at_s = -np.sum(position * velocity, axis=1) / np.sum(velocity**2, axis=1)
        drawn.append({
            "TCA": at_s,
            "miss distance": position @ (encounter.miss_vector_km / encounter.miss_km),
            "relative speed": np.linalg.norm(velocity, axis=1),
            **{f"miss {axis}": (position @ encounter.to_rtn.T)[:, place] for place, axis in enumerate("RTN")},
        })  # fmt: skip

    for name in drawn[0]:
        assert rows[name].sigma == pytest.approx(np.std(drawn[1][name] - drawn[0][name]), rel=SAMPLED), name


def test_the_other_object_of_an_ephemeris_cancels() -> None:
    """Where theirs is another solution of one object, its covariances alone count."""
    ours = with_covariances(event_cdm(RECORD, EVENT))
    alone = replace(ours, object2=replace(ours.object2, covariance_rtn_m=None))
    rows = {row.name: row.sigma for row in compare_cdm(alone, alone, only=0)}
    one = encounter_from_cdm(ours).encounter.primary.covariance_rtn

    assert one is not None
    assert rows["miss R"] == pytest.approx(np.sqrt(2.0 * one[0, 0]))
    assert {row.sigma for row in compare_cdm(alone, alone) if row.name == "miss R"} == {None}


def test_what_neither_gives_has_no_row() -> None:
    """No Pc, no radius and no covariance on either side: no empty row is left."""
    bare = event_cdm(RECORD, EVENT)
    bare = replace(
        bare,
        relative=replace(bare.relative, collision_probability=None, comments=()),
        object1=replace(bare.object1, covariance_rtn_m=None),
        object2=replace(bare.object2, covariance_rtn_m=None),
    )
    rows = compare_cdm(bare, bare)

    assert not [row for row in rows if row.ours is None and row.theirs is None and row.difference is None]
    assert not [row for row in rows if "sigma" in row.name or "probability" in row.name]


def test_a_result_agrees_or_says_in_what_it_does_not() -> None:
    """A miss of 10 sigma more disagrees in what is along it, the same one agrees; without sigmas none is judged."""
    ours = with_covariances(event_cdm(RECORD, EVENT))
    encounter = encounter_from_cdm(ours).encounter
    rows = compare_cdm(ours, ours)
    sigma_km = next(row.sigma for row in rows if row.name == "miss distance")
    along = encounter.miss_vector_km / encounter.miss_km
    far = moved(ours, tuple(10.0 * (sigma_km or 0.0) * along))
    apart = compare_cdm(ours, far)
    bare = compare_cdm(event_cdm(RECORD, EVENT), far)

    assert judged("CNSA", judgement(rows), rows) == "CNSA agrees with us within 0.1 sigma."
    assert next(row.sigmas for row in apart if row.name == "miss distance") == pytest.approx(10.0, rel=TURNED)
    assert re.match(
        r"CNSA disagrees with us in .*miss distance \(10\.0 sigma\)", judged("CNSA", judgement(apart), apart)
    )
    assert judgement(tuple(replace(row, sigma=None) for row in bare)).most is None
    none = tuple(replace(row, sigma=None) for row in bare)
    assert judged("CNSA", judgement(none), none).startswith("Whether CNSA agrees with us cannot be judged")


def test_the_page_of_the_event_shows_both_results() -> None:
    """Whichever object stands first in theirs: each quantity by ours, theirs, difference and sigmas, and its source."""
    theirs = approach(RECORD)
    turned = replace(theirs, primary=theirs.secondary, secondary=theirs.primary, objects=theirs.objects[::-1])
    both = (message(theirs), message(turned, path="messages/esa/b.cdm", originator="ESA"))
    record = replace(RECORD, messages=both)
    page = cycle_pages(record)[f"events/{RED_EVENT}.md"]
    first, second = of_event(EVENT, record)

    assert "CNSA beside us" in page
    assert "ESA beside us" in page
    assert "messages/esa/b.cdm" in page
    assert [row.cells[3].text for row in (first.table.rows if first.table else ())] == [
        row.cells[3].text for row in (second.table.rows if second.table else ())
    ]
    assert all(
        abs(row.difference or 0.0) < 1e-6 for row in beside(turned, EVENT, record) if row.name != "hard-body radius"
    )


def test_an_object_whose_name_begins_with_the_other_s_keeps_its_rows() -> None:
    """Theirs tells of MAVEN 2 alone: its position and velocity are compared although the other one is called MAVEN."""
    names = dict(zip((EVENT.primary, EVENT.secondary), ("MAVEN 2", "MAVEN"), strict=True))
    renamed = tuple(replace(item, name=names.get(item.id, item.name)) for item in RECORD.objects)
    rows = beside(approach(RECORD, only=EVENT.primary), EVENT, replace(RECORD, objects=renamed))

    assert {row.name for row in rows if row.place is not None} >= {f"MAVEN 2 position {axis}" for axis in "RTN"}
    assert not [row for row in rows if row.whose == "MAVEN"]


@pytest.mark.parametrize(
    ("difference", "told"), [(-2.2e-44, "0"), (3.14e-5, "+3.1e-5"), (-3.14e-5, "\u22123.1e-5"), (-0.25, "\u22120.25")]
)
def test_a_difference_of_probabilities_has_its_sign_and_none_that_means_nothing(difference: float, told: str) -> None:
    """As probabilities are told elsewhere; below what is told of any there is no difference."""
    row = Difference(what="probability of collision", unit="", ours=None, theirs=None, difference=difference)

    assert value(difference, row) == told


def test_a_newer_message_takes_the_place_of_the_older_one() -> None:
    """By when it was made, whatever its name: one table, that of the newest, and a line of what the older one said."""
    ours = with_covariances(event_cdm(RECORD, EVENT))
    apart = approach(RECORD, moved(ours, (0.0, 0.0, 40.0)))
    older = message(apart, path="messages/cnsa/z.cdm")
    newer = message(approach(RECORD, ours), created=older.created + 3600.0)  # type: ignore[operator]
    record = replace(RECORD, messages=(newer, older))
    page = cycle_pages(record)[f"events/{RED_EVENT}.md"]
    (view,) = of_event(EVENT, record)
    (alone,) = of_event(EVENT, replace(RECORD, messages=(older,)))

    assert (view.path, view.agrees, alone.agrees) == (newer.path, True, False)
    assert [line.endswith(f"{alone.sentence} (messages/cnsa/z.cdm)") for line in view.earlier] == [True]
    assert f"<dt>Partners</dt><dd>{view.sentence}" in page
    assert '<a href="#partners">Partners</a>' in page
    assert "#partners" not in cycle_pages(RECORD)[f"events/{RED_EVENT}.md"]
    assert (page.count("It takes the place of:"), page.count("messages/cnsa/z.cdm")) == (1, 1)
    assert page.count("In sigmas") == cycle_pages(replace(RECORD, messages=(newer,)))[f"events/{RED_EVENT}.md"].count(
        "In sigmas"
    )


def test_an_approach_that_we_do_not_have_is_an_alarm() -> None:
    """On the front page, the cycle's page and in the feed, until its time has passed."""
    lost = approach(RECORD, event_id=None)
    record = replace(RECORD, messages=(message(lost, tie="no event"),))
    said = "CNSA reports an approach that this cycle does not have: "
    past = replace(lost, tca=RECORD.window.start + -60.0)
    feed = feeds.feed(record, (), path=feeds.ALL, title="all")

    assert said in live_pages(record, [summarise(record)], [2021])["index.md"]
    assert said in cycle_pages(record)["index.md"]
    assert said in feed
    assert alarms(replace(record, messages=(message(past, tie="no event"),))) == ()
    assert alarms(replace(record, messages=(message(approach(RECORD)),))) == ()
    assert feeds.feed(record, (), path="feeds/objects/ODY.xml", title="x", object_id="ODY").count("<entry>") == 0
