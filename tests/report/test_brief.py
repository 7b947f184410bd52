"""The pack for a meeting: two pages an approach, what they say, and an agenda from what the parties said."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from exchange_records import day, exchange
from nearpass.astro.epochs import DAY_S
from nearpass.encounter.alert import Level
from nearpass.record.coordination import STATEMENTS
from nearpass.record.record import CycleRecord, EventRecord, NoteKind, NoteRecord
from nearpass.report.agenda import agenda, open_questions
from nearpass.report.brief_views import brief_page, of_week, plots_of
from nearpass.report.catalogue import Catalogue
from nearpass.report.pages import cycle_pages
from nearpass.report.plots import draw_all
from records import CUT_OFF, RED_EVENT, sample_record

PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")


def packed(record: CycleRecord, *events: EventRecord) -> str:
    plots = [plot for event in events for plot in plots_of(record, event)]
    drawn = draw_all(plots, jobs=1, progress=lambda _: None)
    pictures = {plot.name: f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}" for plot, svg in drawn}
    return brief_page(record, events, pictures)


def note(kind: NoteKind, party: str, hours: float, **more: object) -> NoteRecord:
    settings = {
        "file": f"log/{hours:05.1f}.md", "event_id": RED_EVENT, "time": CUT_OFF + (hours - 48.0) * 3600.0, "kind": kind,
        "parties": (party,), "marking": None, "text": "", "refusal": None, **more,
    }  # fmt: skip
    return NoteRecord(**settings, party=party if kind in STATEMENTS else None)  # type: ignore[arg-type]


def the_red(record: CycleRecord) -> EventRecord:
    return next(event for event in record.events if event.event_id == RED_EVENT)


def pages(page: str) -> int:
    """Pages on which WeasyPrint lays it out."""
    try:
        import weasyprint  # noqa: PLC0415 - it needs a library of the machine
    except OSError as error:
        pytest.skip(f"no Pango on this machine: PDFs are not tested: {error}")
    return len(weasyprint.HTML(string=page).render().pages)


LONG = "Both navigation teams went through their solutions and their covariances by telephone for an hour. " * 12


@pytest.mark.parametrize("by", ["Chromium", "WeasyPrint"])
def test_each_approach_prints_on_two_pages(by: str, request: pytest.FixtureRequest) -> None:
    """By a browser and as PDF, every red and yellow one of the sample, also with long notes."""
    record = sample_record()
    notes = tuple(note("consultation", "NASA", hour, text=LONG) for hour in range(6))
    record = replace(record, notes=notes)
    events = [event for event in record.events if event.level is not Level.GREEN]
    assert len(events) >= 2
    for event in events:
        page = packed(record, event)
        if by == "WeasyPrint":
            assert pages(page) == 2
            continue
        chromium: Browser = request.getfixturevalue("chromium")
        tab = chromium.new_context().new_page()
        tab.set_content(page)
        printed = tab.pdf(prefer_css_page_size=True, print_background=True)
        tab.context.close()
        assert len(PAGE.findall(printed)) == 2


def test_a_pack_of_several_begins_with_a_list() -> None:
    """One page of all, then two an approach."""
    record = sample_record()
    events = [event for event in record.events if event.level is not Level.GREEN][:2]

    assert pages(packed(record, *events)) == 5


def test_a_brief_says_what_how_sure_who_and_what_next() -> None:
    """Distance, deadline, sigmas, smallest burn and open questions of the record stand on the page."""
    record = sample_record()
    event = the_red(record)
    page = packed(record, event)
    text = re.sub(r"<[^>]+>", " ", page)

    for words in ("Decide by", "Uncertainty", "Options", "Open questions", "Agenda", "Decided", event.event_id):
        assert words in text
    assert f"{event.miss_km:.3f}" in text
    assert "Smallest burn" in text
    assert page.count("data:image/svg+xml") == len(plots_of(record, event)) > 0


@pytest.mark.parametrize(
    ("notes", "item"),
    [
        ((), "Who moves?"),
        ((note("request", "CNSA", 1.0, to=("NASA",)),), "Who moves?"),
        ((note("claim", "NASA", 1.0),), "Does the burn stand, and does everybody know it?"),
        ((note("claim", "NASA", 1.0), note("claim", "CNSA", 2.0)), "Who moves, and who takes it back?"),
        ((note("claim", "NASA", 1.0), note("flown", "NASA", 2.0)), "Did the burn do what it should, by tracking?"),
        ((note("claim", "NASA", 1.0), note("cancelled", "NASA", 2.0)), "Who moves?"),
        ((note("claim", "NASA", 1.0), note("closed", "NASA", 2.0)), "Is it closed for everybody?"),
    ],
)
def test_the_agenda_asks_what_the_parties_left_open(notes: tuple[NoteRecord, ...], item: str) -> None:
    """The item about who moves follows from the last word of each party."""
    record = replace(sample_record(), notes=notes)

    assert agenda(the_red(record), Catalogue(record))[2].title == item


def names_of(record: CycleRecord, event: EventRecord) -> list[str]:
    return [plot.name for plot in plots_of(record, event)]


def test_the_agenda_begins_with_the_exchange_that_the_parties_speak_under() -> None:
    """Its title and state, and what is missing of it; one that is over is no ground to speak on."""
    open_, over = exchange(channel=None), exchange(exchange_id="old", title="Old", closed=day("2021-03-06"))
    record = replace(sample_record(), exchanges=(open_, over))
    first = agenda(the_red(record), Catalogue(record))[0]

    assert first.title == "Under which exchange do we speak?"
    assert first.known == (
        "Safety of flight at Mars: Open since 5 March 2021. The channel is missing: how things are handed over."
    )
    page = cycle_pages(record)[f"events/{RED_EVENT}.md"]
    assert '<a href="../exchanges/mars-2021.html">Safety of flight at Mars</a> Open since 5 March 2021.' in page


def test_a_deadline_that_passed_is_said_to_have_and_asks_nothing_once_it_is_closed() -> None:
    """The box says that the decision was due; whether anything can be commanded is asked of what is still open."""
    asked = "has passed: can anything still be commanded?"
    open_ = replace(sample_record(), notes=())
    closed = replace(open_, notes=(note("closed", "NASA", 1.0),))
    event = replace(the_red(open_), deadline=CUT_OFF + -3600.0)

    assert "Decision was due" in brief_page(open_, (event,), dict.fromkeys(names_of(open_, event), "data:,"))
    assert [asked in " ".join(open_questions(event, Catalogue(record))) for record in (open_, closed)] == [True, False]


def test_open_questions_name_whose_answer_is_missing() -> None:
    """A party that was asked, a covariance that nobody gave, a deadline that passed, an end of coverage."""
    record = replace(sample_record(), notes=(note("request", "CNSA", 1.0, to=("NASA",)),))
    event = replace(the_red(record), uncertainty=(), at_boundary=True, deadline=CUT_OFF + -3600.0)
    found = " ".join(open_questions(event, Catalogue(record)))

    assert "NASA was asked and has not answered." in found
    assert found.count("No covariance of") == 2
    assert "has passed: can anything still be commanded?" in found
    assert "at an end of coverage" in found


def test_a_week_holds_what_is_red_or_yellow_or_due_in_it() -> None:
    """An approach after the week counts if its deadline is in it; green ones and later ones do not."""
    record = sample_record()
    event = the_red(record)

    def counts(**changes: object) -> bool:
        one = replace(event, **{"deadline": None, **changes})  # type: ignore[arg-type]
        return bool(of_week(replace(record, events=(one,))))

    assert counts(tca=CUT_OFF + 6.9 * DAY_S)
    assert not counts(tca=CUT_OFF + 7.1 * DAY_S)
    assert counts(tca=CUT_OFF + 9.0 * DAY_S, deadline=CUT_OFF + 6.9 * DAY_S)
    assert not counts(tca=CUT_OFF + 1.0 * DAY_S, level=Level.GREEN)
