"""The first screen of an approach's page: quote, decision, rulers, the cycles, and the sums of its uncertainty."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from nearpass.encounter.alert import Level
from nearpass.record.event_record import BPlaneRecord
from nearpass.report import event_head, event_tables, event_views, pages, risk_views, wording
from nearpass.report.catalogue import Catalogue, Links
from records import RED_EVENT, sample_record

LINKS = Links(root="", cycle="")
RED = next(event for event in sample_record().events if event.event_id == RED_EVENT)


def test_the_sums_of_the_uncertainty_answer_each_its_question() -> None:
    """Components stand in their sigmas; the distance along the miss, the paths across the plane by Mahalanobis."""
    covariance = ((4.0, 0.0), (0.0, 0.01))
    event = replace(RED, b_plane=BPlaneRecord(miss_xi_km=3.0, miss_zeta_km=0.4, hbr_km=0.01, covariance_km2=covariance))
    rows = {row.cells[0].text: row.cells for row in event_tables.sure_table(event).rows}
    assert event.miss_rtn_km is not None
    assert event.miss_sigma_rtn_km is not None
    assert event.miss_sigma_km is not None
    inverse = np.linalg.inv(np.array(covariance))
    miss = np.array([3.0, 0.4])

    assert float(rows["R, radial"][3].sort or "") == pytest.approx(
        abs(event.miss_rtn_km[0]) / event.miss_sigma_rtn_km[0]
    )
    assert float(rows["Distance at TCA"][3].sort or "") == pytest.approx(event.miss_km / event.miss_sigma_km)
    assert float(rows["Paths apart, B-plane"][3].sort or "") == pytest.approx(math.sqrt(miss @ inverse @ miss))
    assert [cell.text for cell in rows["Paths apart, B-plane"][1:3]] == ["0.400", "0.100"]
    assert len({cells[4].text for cells in rows.values() if cells[4].text}) >= 2


def test_without_covariances_the_sums_are_absent() -> None:
    """No sigma is invented: without a covariance in the plane no row says how far the paths are apart."""
    plane = BPlaneRecord(miss_xi_km=3.0, miss_zeta_km=0.4, hbr_km=0.01, covariance_km2=None)
    bare = replace(RED, b_plane=plane, miss_sigma_km=None, miss_sigma_rtn_km=None)
    rows = event_tables.sure_table(bare).rows

    assert all(row.cells[0].text != "Paths apart, B-plane" for row in rows)
    assert {row.cells[2].text for row in rows} == {"–"}


def test_the_cycles_tell_kilometres_and_sigmas_from_a_hit() -> None:
    """At most five rows, the newest last; a cycle that kept no sigmas has a dash."""
    points = [
        replace(RED.history[-1], cycle_id=f"2021-03-{day:02d}T0000Z", miss_km=20.0 - day, b_plane_sigmas=sigmas)
        for day, sigmas in ((3, None), (5, 1.5), (7, 3.0), (9, 7.7), (11, None))
    ]
    table = event_head.by_cycle(replace(RED, history=tuple(points)), LINKS)
    assert table is not None

    assert [row.cells[0].text for row in table.rows] == ["5 Mar", "7 Mar", "9 Mar", "11 Mar", "this cycle"]
    assert [row.cells[3].text for row in table.rows[:4]] == ["1.5", "3.0", "7.7", "–"]
    assert event_head.by_cycle(replace(RED, history=()), LINKS) is None


def test_the_smallest_burn_is_the_least_at_the_last_useful_time() -> None:
    """Of the burns that are still useful the latest counts, and of two spacecraft the smaller one."""
    last_h = risk_views.last_burn_lead_h(RED)
    assert last_h is not None
    trade = replace(RED.trades[0], rows=((last_h - 1.0, 0.001), (last_h + 1.0, -0.3), (last_h + 20.0, 0.01)))
    other = replace(trade, object_id="OTHER", rows=((last_h + 1.0, 0.2),))
    said = event_head.smallest_burn(replace(RED, trades=(trade, other)))

    assert said is not None
    assert said.startswith("0.200\u00a0m/s by OTHER")
    unsure = event_head.smallest_burn(replace(RED, trades=(trade, replace(other, uncertain_h=(last_h + 1.0,)))))
    assert unsure is not None
    assert unsure.startswith("≈ 0.200\u00a0m/s by OTHER")
    assert event_head.smallest_burn(replace(RED, trades=())) is None


def test_the_paragraph_says_who_how_near_how_sure_and_by_when() -> None:
    """It can be read aloud without the page: both names, the distance, its sigma, whether a hit, level and deadline."""
    catalogue = Catalogue(sample_record())
    text = event_views.summary(RED, catalogue)
    assert RED.deadline is not None
    for part in (
        catalogue.name(RED.primary), catalogue.name(RED.secondary),
        f"will pass within {RED.miss_km:.3f}\u00a0km of each other", "Uncertainty (1 sigma along the miss)",
        "The approach is red:", f"A decision is due by {wording.moment_to_minute(RED.deadline)}.",
    ):  # fmt: skip
        assert part in text
    assert re.search(r"A hit (is not excluded|would need)|Whatever the timing", text)


def test_negligible_probability_is_one_sentence_and_its_tables_fold() -> None:
    """Below 1e-10 and never at the yellow limit: one sentence, with the rest folded; otherwise nothing folds."""
    record = sample_record()
    limit = record.thresholds.yellow_pc
    assert limit is not None
    small = replace(RED.probability, pc=1e-30, max_pc=limit / 10.0)
    told = risk_views.probability(replace(RED, probability=small), Catalogue(record))
    assert told.folded is not None
    assert told.folded.startswith("Negligible: below 1e-20")
    for found in (replace(small, max_pc=limit * 2.0), replace(small, pc=1e-9), replace(small, max_pc=None)):
        assert risk_views.probability(replace(RED, probability=found), Catalogue(record)).folded is None
    events = tuple(
        replace(event, probability=small) if event.event_id == RED_EVENT else event for event in record.events
    )
    page = pages.cycle_pages(replace(record, events=events))[f"events/{RED_EVENT}.md"]
    part = page[page.index('<section id="probable">') :].split("</section>")[0]
    assert part.index("Negligible") < part.index("<details>") < part.index("Every method")


def test_sections_keep_their_anchors_and_link_to_themselves() -> None:
    """Links from elsewhere name where, sure, probable, evolved, solutions, do, said and sources, in this order."""
    page = pages.cycle_pages(sample_record())[f"events/{RED_EVENT}.md"]
    found = re.findall(r'<section id="(\w+)"', page)
    wanted = ["where", "sure", "probable", "crossings", "evolved", "solutions", "do", "said", "sources"]

    assert [name for name in found if name in wanted] == wanted
    for name in wanted:
        assert f'class="self" href="#{name}"' in page


def test_the_decision_box_says_who_and_whether_commands_get_through() -> None:
    """The box of a red approach holds the deadline, who decides, whether it can be commanded, and the smallest burn."""
    catalogue = Catalogue(sample_record())
    page = event_views.event_page(RED, catalogue, LINKS)
    facts = {fact.label: fact.value for fact in page.decision.facts}

    assert page.decision.verb == "Decision due"
    assert page.decision.by == page.card.deadline
    assert facts["Who"] == "; ".join(filter(None, (page.card.decider, page.card.burn)))
    assert facts["Commands"].startswith(risk_views.commanding(RED, catalogue))
    assert facts["Smallest burn"].endswith(" km")
    quiet = event_views.event_page(replace(RED, level=Level.GREEN), catalogue, LINKS)
    assert quiet.decision.verb == "Last chance to act"
