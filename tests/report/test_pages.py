"""Pages as text: the same from a loaded record, safe with hostile text, silent about what cannot be known."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
import yaml

from hostile import HOSTILE, hostile_record
from nearpass.archive.archive import cycle_folder
from nearpass.encounter.alert import Level
from nearpass.errors import PublicationError
from nearpass.record.marking import Tlp
from nearpass.record.record import CycleRecord, NearestRecord, dump, load
from nearpass.record.release_record import EditionRecord
from nearpass.report import archive_pages, archive_views, pages, tables, verdicts
from nearpass.report.catalogue import detailed_events
from nearpass.report.html_pages import HTML_PAGE
from nearpass.report.verdicts import CycleSummary
from nearpass.report.wording import said
from records import quiet_record, sample_record

PHASE_UNKNOWN = "position along the orbit unknown: only crossings of the orbits are meaningful"


def _live(record: CycleRecord) -> dict[str, str]:
    return pages.live_pages(record, [verdicts.summarise(record)], [2021])


def _all(record: CycleRecord) -> dict[str, str]:
    frozen = {f"cycle/{name}": text for name, text in pages.cycle_pages(record).items()}
    return frozen | _live(record)


def test_pages_of_a_cycle() -> None:
    """A cycle has its page, those of detailed events, objects and pairs, twins of tables, messages and calendars."""
    record = sample_record()
    twins = ("events", "crossings", "solutions", "coverage")
    kinds = ("cdm", "cdm.xml", "cdm.json", "ics")
    assert set(pages.cycle_pages(record)) == {
        "index.md", "deliveries.md",
        *(f"{table}.{kind}" for table in twins for kind in ("csv", "json")),
        *(f"events/{event.event_id}.{kind}" for event in record.events for kind in kinds),
        *(f"events/{event.event_id}.md" for event in detailed_events(record)),
        *(f"objects/{item.id}.md" for item in record.objects),
        *(f"pairs/{pair.primary}--{pair.secondary}.md" for pair in record.pairs),
    }  # fmt: skip


def test_live_pages() -> None:
    """The root has the front page, permalinks of listed and departed events, objects, the archive and its scripts."""
    record = sample_record()
    left = [change.event_id for change in record.changes if change.kind in {"passed", "gone"}]
    assert left
    assert set(_live(record)) == {
        "index.md", "objects/index.md", "archive/index.md", "archive/2021/index.md", "archive/2021/03.md",
        "archive/find.md", "archive/changes.md", "live/latest.js", "live/cycles-2021-03.js", "live/events-2021-03.js",
        *(f"objects/{item.id}.md" for item in record.objects),
        *(f"events/{event.event_id}.md" for event in record.events),
        *(f"events/{event_id}.md" for event_id in left),
    }  # fmt: skip


def test_a_loaded_record_gives_the_same_bytes() -> None:
    """Pages made from the stored record equal those made from the fresh one, byte for byte."""
    record = sample_record()
    assert _all(load(dump(record), "record.json")) == _all(record)


def test_cycle_folder() -> None:
    """A cycle's folder follows from its id."""
    assert cycle_folder("2021-03-15T0000Z") == "cycles/2021/03/15/T0000Z"


def test_front_matter_holds_what_the_theme_needs() -> None:
    """The front matter of every page is YAML with a title, a description, a kind and the record's notice."""
    record = hostile_record()
    for name, text in _all(record).items():
        if name.endswith(".md"):
            meta = yaml.safe_load(text.split("---\n", maxsplit=2)[1])
            assert meta["title"], name
            assert meta["description"], name
            assert meta["kind"], name
            assert "not a statement" in meta["notice"], name


def test_no_number_or_date_of_a_sentence_breaks_at_its_hyphen() -> None:
    """In words each power of ten and each date stands where lines do not break; figures of drawings hold no markup."""
    seen = 0
    for name, text in _all(sample_record()).items():
        if name.endswith(".md"):
            body = text.partition("is HTML -->")[2]
            apart = r'<span class="nowrap">[^<]*</span>|<(?:time|text|tspan|title|code)[^>]*>[^<]*|<[^>]*>'
            loose = re.sub(apart, "\0", body)
            assert re.findall(r"\s\d[.\d]*e-\d+|\s\d{4}-\d\d-\d\d", loose) == [], name
            assert re.search(r"<(text|title|tspan|code)[^>]*>[^<]*<span", body) is None, name
            seen += len(re.findall(r'<span class="nowrap">\d\.\de-\d', body))
    assert seen > 5


def test_every_page_says_which_edition_it_is() -> None:
    """The front matter of every page of an edition names for whom it is and its marking; without one it names none."""
    mark = EditionRecord(
        id="partners", audience="partner agencies", marking=Tlp.AMBER, statement=(), register_page=False,
    )  # fmt: skip
    for edition, expected in ((mark, "for partner agencies · TLP:AMBER"), (None, None)):
        for name, text in _all(replace(sample_record(), edition=edition)).items():
            if name.endswith(".md"):
                assert yaml.safe_load(text.split("---\n", maxsplit=2)[1])["edition"] == expected, name


def test_a_page_is_one_html_block() -> None:
    """Below the front matter a page says that it is HTML and is one element: Markdown has nothing to interpret."""
    for name, text in _all(sample_record()).items():
        if name.endswith(".md"):
            told, _, body = text.split("---\n", maxsplit=2)[2].strip().partition("\n")
            assert told == HTML_PAGE, name
            assert body.startswith('<div class="page '), name
            assert body.endswith("</div>"), name
            assert body.count("<div") == body.count("</div>"), name


@pytest.mark.parametrize("raw", ["<script", "<img src=x", "onerror=x>", "<b>&amp;</b>"])
def test_hostile_text_never_appears_raw(raw: str) -> None:
    """Markup in names, file names, reasons and the configuration reaches no page unescaped."""
    for name, text in _all(hostile_record()).items():
        if name.endswith(".md"):
            body = text.split("---\n", maxsplit=2)[2]
            assert raw not in body, name


def test_hostile_ids_are_refused() -> None:
    """An id that would name another folder makes no page at all."""
    record = sample_record()
    event = replace(record.events[0], event_id="../../index")
    with pytest.raises(PublicationError, match="an id must be letters"):
        pages.live_pages(replace(record, events=(event,)), [verdicts.summarise(record)], [2021])


def test_phase_unknown_never_shows_a_tca() -> None:
    """No page or file gives a time for an object whose phase is unknown, even where the record holds one."""
    record = sample_record()
    told = {event.event_id: event for event in record.events if "TIANWEN-1" in (event.primary, event.secondary)}
    tcas = {event.tca.iso(digits=0) for event in told.values()}
    nearest = NearestRecord(tca=next(iter(told.values())).tca, miss_km=1.9, at_boundary=False)
    forged = replace(
        record,
        objects=tuple(replace(o, phase="unknown") if o.id == "TIANWEN-1" else o for o in record.objects),
        pairs=tuple(
            replace(p, nearest=nearest, event_ids=tuple(told)) if "TIANWEN-1" in (p.primary, p.secondary) else p
            for p in record.pairs
        ),
    )
    assert any(tca.replace("T", " ") in text for text in _all(record).values() for tca in tcas)
    for name, text in _all(forged).items():
        for tca in tcas:
            assert tca[:16] not in text, name
            assert tca[:16].replace("T", " ") not in text, name
        if name.startswith("cycle/pairs/") and "TIANWEN-1" in name:
            assert PHASE_UNKNOWN in text.lower().replace("</p>", ""), name


def test_phase_unknown_crossings_have_no_timing() -> None:
    """A crossing with an object whose phase is unknown gives neither its passage nor a timing."""
    record = sample_record()
    forged = replace(
        record,
        objects=tuple(replace(o, phase="unknown") if o.id == "ODY" else o for o in record.objects),
        crossings=tuple(c for c in record.crossings if "ODY" in (c.primary, c.secondary)),
        events=(),
    )
    passages = {c.passage_secondary.iso(digits=6) for c in forged.crossings if c.passage_secondary}
    assert len(passages) == len(forged.crossings) > 0
    made = _all(forged)
    rows = json.loads(made["cycle/crossings.json"])["crossings"]
    assert len(rows) == len(forged.crossings)
    unknown = ("passage_secondary_utc", "oxt_s", "oxt_sigmas", "timing_sigma_s", "straight_line_cad_km")
    for row in rows:
        assert row["passage_primary_utc"] is not None
        assert [row[key] for key in unknown] == [None] * len(unknown)
    passage = min(passages)
    for name, text in made.items():
        assert passage not in text, name
        assert passage[:21].replace("T", " ") not in text, name


def test_crossings_of_a_silent_object_are_prominent() -> None:
    """Pages of a silent object and its pair show where the orbits cross and say why there is no TCA."""
    made = pages.cycle_pages(sample_record())
    for name in ("objects/MGS.md", "pairs/MGS--MRO.md"):
        text = made[name]
        assert "osition along the orbit unknown: only crossings of the orbits are meaningful." in text, name
        assert "o time of closest approach can be given" in text, name
        assert text.index('<section id="crossings">') < text.index('<section id="inputs">'), name
        assert "data-to=" not in text, name
    assert "No TCA can be given: the position of" in made["pairs/MGS--MRO.md"]
    assert "Its orbit passes 1 other within 15 km: 1 red, 0 yellow." in made["objects/MGS.md"]


def test_event_page_tells_the_risk() -> None:
    """The page of a red event has its probability, the trade with the last useful burn marked, and its messages."""
    record = sample_record()
    event = next(event for event in record.events if event.trades)
    text = pages.cycle_pages(record)[f"events/{event.event_id}.md"]
    for heading in ("Collision probability", "Orbit crossings", "What could be done"):
        assert f"<h2>{heading} <a" in text
    assert f"The probability of collision is {event.probability.pc:.1e}".replace("e-0", "e-") in text
    assert 'class="marked"' in text
    assert f"last useful burn of {event.deadline_object}" in text
    assert f'href="../events/{event.event_id}.cdm"' in text
    assert f'href="../events/{event.event_id}.cdm.xml"' in text


def test_front_page_shows_crossing_orbits() -> None:
    """Red and yellow crossings have lines without a countdown below the approaches, and cards on the cycle's page."""
    text = _live(sample_record())["index.md"]
    lines = text.partition("Orbits that cross")[2].partition("</ul>")[0]
    assert lines.count("<li>") == 2
    assert "data-to=" not in lines
    assert "<time" not in lines
    assert text.index("row row-red") < text.index("Orbits that cross")
    whole = pages.cycle_pages(sample_record())["index.md"]
    assert len(re.findall(r'<article class="card card-crossing.*?</article>', whole, flags=re.DOTALL)) == 2
    assert "The orbits of 2 pairs cross: MGS – MRO (red) and MRO – ODY (red)." in text


def test_pair_page_begins_with_its_worst_level() -> None:
    """The heading of a pair has the worst level of its approaches and crossings, none where nothing is listed."""
    texts = _all(sample_record())
    worst = {"MRO--TIANWEN-1": "red", "HOPE--MEX": None}
    for name, level in worst.items():
        page = next(text for path, text in texts.items() if path.endswith(f"pairs/{name}.md"))
        heading = page.split("<h1>")[1].split("</h1>")[0]
        assert re.findall(r"level-(\w+)", heading) == ([level] if level else []), name


def test_pair_page_states_what_is_proven() -> None:
    """A pair's page says below which distance there is no approach, when, and that uncovered spans are excepted."""
    record = sample_record()
    text = pages.cycle_pages(record)["pairs/MRO--TGO.md"]
    pair = next(p for p in record.pairs if (p.primary, p.secondary) == ("MRO", "TGO"))
    assert pair.proven_no_closer_than_km is not None
    assert (
        f": nothing nearer than {pair.proven_no_closer_than_km:.10g} km between 2021-03-15 00:00 and 2021-04-12 00:00 "
        "UTC, except the uncovered spans."
    ) in text
    assert "no ephemeris of TGO" in text


def test_quiet_front_page_says_so_in_words() -> None:
    """With nothing listed the front page says that nothing needs a decision and names the nearest passages."""
    text = _live(quiet_record())["index.md"]
    assert "<h1>Nothing needs a decision in the time that is covered.</h1>" in text
    assert "Closest approaches" in text
    assert "This is the first cycle." in text


def test_bare_records_make_pages() -> None:
    """An event without B-plane, covariance, deadline or history, and a cycle without inputs, still make pages."""
    record = sample_record()
    bare = replace(
        record.events[0], b_plane=None, uncertainty=(), miss_sigma_km=None, miss_sigma_rtn_km=None, deadline=None,
        deadline_object=None, history=(), level=Level.RED,
    )  # fmt: skip
    made = _all(replace(record, events=(bare,), inputs=(), notice=None, publisher=None, next_expected=None))
    text = made[f"cycle/events/{bare.event_id}.md"]
    assert "no deadline" in text
    assert "No earlier cycle listed it." in text
    assert "No delivery is recorded." in text
    assert ">None<" not in text


def test_departed_events_say_why() -> None:
    """The permalink of an event that left the list gives the reason and leads to the last cycle that listed it."""
    record = sample_record()
    gone = next(change for change in record.changes if change.kind == "gone")
    text = _live(record)[f"events/{gone.event_id}.md"]
    assert "this approach has left the list" in text
    assert said(gone.reason)[1:] in text
    assert f'href="../cycles/2021/03/14/T0000Z/index.html#{gone.event_id}"' in text


def test_funnel_on_the_page_adds_up() -> None:
    """The steps of the funnel as shown on the cycle's page sum to what entered."""
    text = pages.cycle_pages(sample_record())["index.md"]
    funnels = re.findall(r"table-box funnel.*?</table>", text, flags=re.DOTALL)
    assert len(funnels) == 2
    for funnel in funnels:
        counts = [int(value) for value in re.findall(r'<td class="num" data-v="(\d+)"', funnel)]
        assert counts[0] == sum(counts[1:])


def test_scripts_hold_plain_json() -> None:
    """The live scripts are an assignment of JSON, the months' cycles in order of time."""
    record = sample_record()
    cycles = [
        CycleSummary(
            cycle_id=f"2021-03-{day:02d}T0000Z", cutoff=record.window.start, red=0, yellow=1, green=2,
            pairs_screened=3, refused=0, verdict="Nothing needs a decision in the time that is covered.",
        )
        for day in (15, 2, 9)
    ]  # fmt: skip
    latest = archive_pages.latest_script(record, archive_views.months_of(cycles))
    month = archive_pages.month_script(cycles, 2021, 3)
    first = json.loads(latest.removeprefix("window.NEARPASS_LATEST = ").removesuffix(";\n"))
    assert first["cycle_id"] == record.cycle_id
    assert first["path"] == "cycles/2021/03/15/T0000Z"
    assert first["cutoff"] == "2021-03-15T00:00:00.000Z"
    listed = json.loads(month.removeprefix("window.NEARPASS_CYCLES = ").removesuffix(";\n"))
    assert [cycle["cycle_id"][8:10] for cycle in listed] == ["02", "09", "15"]
    assert {cycle["level"] for cycle in listed} == {"yellow"}


def test_calendar_shows_the_worst_level_of_a_day() -> None:
    """A day with a green and a red cycle is red and leads to the month, which lists both."""
    record = sample_record()
    shared = {"cutoff": record.window.start, "yellow": 0, "green": 1, "pairs_screened": 3, "refused": 0, "verdict": "."}
    cycles = [
        CycleSummary(cycle_id="2021-03-15T0000Z", red=1, **shared),
        CycleSummary(cycle_id="2021-03-15T1200Z", red=0, **shared),
    ]
    live = pages.live_pages(record, cycles, [2020, 2021])
    assert 'class="day day-red"><a href="03.html#day-15"' in live["archive/2021/index.md"]
    assert "15 March: 2 cycles, worst level red" in live["archive/2021/index.md"]
    assert 'href="2020/index.html"' in live["archive/index.md"]
    assert live["archive/2021/03.md"].count("/T0000Z/index.html") == 1
    assert live["archive/2021/03.md"].count("/T1200Z/index.html") == 1


def test_hostile_text_is_kept_in_the_twins() -> None:
    """The data files hold a reason as it is; only pages escape."""
    record = hostile_record()
    rows = json.loads(tables.COVERAGE_COLUMNS.json(record, record.pairs))["pairs"]
    assert HOSTILE in {row["unscreened"] for row in rows}


@pytest.mark.parametrize(("stored", "said"), [(None, "6.1 sigma of the previous estimate"), (6.1, "(6.1\u00a0σ)")])
def test_a_list_of_changes_says_once_how_a_distance_changed_and_by_how_many_sigmas(
    stored: float | None, said: str
) -> None:
    """On the front page as on the cycle's, both distances and the sigmas of the estimate before stand once."""
    record = sample_record()
    changes = tuple(replace(change, mahalanobis_distance=stored) for change in record.changes)
    record = replace(record, changes=changes)
    for page in (
        pages.cycle_pages(record)["index.md"],
        pages.live_pages(record, [verdicts.summarise(record)], [2021])["index.md"],
    ):
        entry = re.search(r'<li class="change change-worse">.*?</li>', page, re.DOTALL)

        assert entry is not None
        assert [entry[0].count(words) for words in ("14.250", said, "6.1")] == [1, 1, 1]
