"""The leak test: whatever is planted in a built file is found, in every spelling, and nothing else is."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from edition_records import edition, marked_record
from nearpass.errors import LeakError
from nearpass.publish.delivered import Deliveries
from nearpass.publish.expected import Expected, expected
from nearpass.publish.leak import WORDS, check_leaks, vocabulary
from nearpass.publish.search import Leak
from nearpass.publish.search import leaks_in as search
from nearpass.publish.stage import all_plots
from nearpass.publish.workspace import Workspace
from nearpass.record.marking import Edition, MarkingRecord, Show, Tlp
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import reduced
from nearpass.report import wording
from nearpass.report.pages import cycle_pages
from nearpass.report.plots import Plot
from nearpass.report.verdicts import verdict
from nearpass.report.wording import said

RULES = {"MEX": Show.HIDDEN, "ODY": Show.ANONYMOUS, "TIANWEN-1": Show.METRICS}
PUBLIC = edition(RULES)
PLACE = Path("cycles/2021/03/15/T0000Z")


def secrets_of(record: CycleRecord, vocabulary: str = "") -> Expected:
    """What the public edition must not hold of a record whose deliveries are not at hand."""
    return expected(record, PUBLIC, WORDS, deliveries=Deliveries(lambda _: None), vocabulary=vocabulary)


def leaks_in(files: Sequence[tuple[str, bytes]], plots: Sequence[Plot], sought: Expected) -> list[Leak]:
    """What is found in files and pictures."""
    return list(search(files, sought, {f"plots/{plot.name}.svg": plot.drawing for plot in plots}))


@pytest.fixture(scope="module")
def full() -> CycleRecord:
    """The sample, with marks, notes and contacts."""
    return marked_record({})


@pytest.fixture(scope="module")
def shown(full: CycleRecord) -> CycleRecord:
    """What the public edition holds of it."""
    return reduced(full, PUBLIC)


@pytest.fixture(scope="module")
def secrets(full: CycleRecord) -> Expected:
    """What a site made from it must not hold."""
    return secrets_of(full)


@pytest.fixture(scope="module")
def marked(full: CycleRecord) -> Expected:
    """The same where the hidden object has the catalogue number 48276 and comes to 98.76543210987 km."""
    hidden = next(row for row in full.events if "MEX" in (row.primary, row.secondary))
    near = replace(hidden, miss_km=98.76543210987)
    objects = tuple(replace(item, catalogue_number=48276) if item.id == "MEX" else item for item in full.objects)
    return secrets_of(replace(full, objects=objects, events=tuple(near if e is hidden else e for e in full.events)))


def test_pages_of_a_reduced_record_hold_no_secret(shown: CycleRecord, secrets: Expected) -> None:
    """Nothing is found in any page, table, message or picture's data of the edition."""
    files = [(name, text.encode()) for name, text in cycle_pages(shown).items()]

    assert leaks_in(files, all_plots(shown), secrets) == []


def test_pages_of_the_full_record_are_found(full: CycleRecord, secrets: Expected) -> None:
    """Every page that names the hidden object, and every picture of it, is found when the full record is rendered."""
    pages = cycle_pages(full)
    named = {name for name, text in pages.items() if "MEX" in text + name and "{{" not in text}

    found = {leak.file for leak in leaks_in([(name, text.encode()) for name, text in pages.items()], (), secrets)}
    drawn = {leak.file for leak in leaks_in((), all_plots(full), secrets)}

    assert named <= found
    assert {"plots/object-MEX-orbit.svg"} <= drawn or any("MEX" in name for name in drawn)


def spellings(full: CycleRecord) -> dict[str, str]:
    """What must not stand in the public edition, as the program could print it."""
    hidden = next(item for item in full.objects if item.id == "MEX")
    given = next(item for item in full.inputs if item.object_id == "MEX")
    event = next(e for e in full.events if "TIANWEN-1" in (e.primary, e.secondary))
    assert event.primary_position_km is not None
    assert event.relative_speed_km_s is not None
    x_km, y_km, _ = event.primary_position_km
    return {
        "name": hidden.name,
        "name in capitals": hidden.name.upper(),
        "name in a page": html.escape(f"<b>{hidden.name}</b>"),
        "name in an address": quote(hidden.name),
        "name in JSON": json.dumps(hidden.name.replace("M", "\u004d")).replace("M", "\\u004d"),
        "name across two lines": hidden.name.replace(" ", "\n"),
        "name in picture text": f"<text><tspan>{hidden.name}</tspan></text>",
        "id": f"about {hidden.id}.",
        "designator": f"OBJECT_DESIGNATOR = {hidden.naif_id}" if len(str(hidden.naif_id)) > 4 else hidden.name,
        "file": given.file,
        "file without folder": f"see {given.file.rsplit('/')[-1]} there",
        "hash": given.sha256 or "",
        "comment": given.comments[0],
        "note of the object": hidden.note or "",
        "channel": hidden.contacts[0].channel,
        "event id with its minute": event.event_id,
        "instant": event.tca.iso(digits=6),
        "instant in words": wording.moment(event.tca),
        "instant in a table": wording.instant(event.tca, 1),
        "minute beside both names": f"{event.primary} and {event.secondary}: {wording.minute(event.tca)}",
        "coordinate": f"{x_km:.10f}",
        "coordinates": f"{x_km:.6f}</td>\n<td>1</td>\n<td>{y_km:.6f}",
        "coordinates in metres": f"{x_km * 1000.0:.3f}, {y_km * 1000.0:.3f}",
        "coordinates with thin spaces": f"{wording.number(x_km, 6)} or {wording.number(y_km, 6)}",
        "rounded beside the pair": f"{event.primary} – {event.secondary} {event.relative_speed_km_s:.6f}",
        "configuration's hash": full.provenance.configuration_sha256 or "",
    }


@pytest.mark.parametrize("which", sorted(spellings(marked_record({}))))
def test_a_planted_secret_is_found(full: CycleRecord, secrets: Expected, which: str) -> None:
    """A secret in the middle of a page is found in each spelling, and the finding does not repeat it."""
    secret = spellings(full)[which]
    text = f"<p>first line</p>\n<p>before {secret} after</p>\n"

    found = leaks_in([("page.html", text.encode())], (), secrets)

    assert found
    assert secret not in str(found[0])
    assert re.match(r"page\.html(:\d+)? (holds|names) ", str(found[0]))


@pytest.mark.parametrize("kind", ["gz", "zip", "name"])
def test_compressed_files_and_names_are_searched(tmp_path: Path, full: CycleRecord, kind: str) -> None:
    """A secret inside a compressed file, or in a file's name, stops the edition with its place."""
    built = tmp_path / "built"
    built.mkdir()
    if kind == "gz":
        (built / "data.csv.gz").write_bytes(gzip.compress(b"x,y\nMars Express,1\n"))
    elif kind == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("inner.txt", "Mars Express")
        (built / "cycle.zip").write_bytes(packed.getvalue())
    else:
        (built / "MEX--MRO.html").write_text("nothing")
    places = {"gz": "data.csv:2", "zip": "cycle.zip/inner.txt:1", "name": "MEX--MRO.html"}
    workspace = Workspace(directory=tmp_path, edition=PUBLIC, alone=False)

    with pytest.raises(LeakError, match=re.escape(places[kind])) as caught:
        check_leaks(workspace, built, full)

    assert caught.value.edition == "public"
    assert caught.value.exit_code == 7


@pytest.mark.parametrize("written", ["site/news.md", "theme/main.html", "mkdocs.yml"])
def test_a_leak_of_the_publishers_own_words_is_told_where_they_wrote_them(
    tmp_path: Path, full: CycleRecord, written: str
) -> None:
    """Page, theme or settings with the line to mend, instead of a file of the built site; and not what stands there."""
    built, place = tmp_path / "built", tmp_path / written
    built.mkdir()
    (built / "news.html").write_text("<html>\n<head>\n</head>\n<p>Of Mars Express.</p>\n")
    place.parent.mkdir(exist_ok=True)
    place.write_text("# News\n\nOf Mars&nbsp;Express.\n")
    workspace = Workspace(directory=tmp_path, edition=PUBLIC, alone=False)

    with pytest.raises(LeakError) as caught:
        check_leaks(workspace, built, full)

    assert f": {written}:3 names a withheld object, got 'public'" in str(caught.value)
    assert "Express" not in str(caught.value)


def test_a_sentence_made_from_a_withheld_reason_is_found(full: CycleRecord) -> None:
    """A record holds codes; what pages say for them is searched for all the same, and only with these words known."""
    hidden = next(event for event in full.events if "MEX" in {event.primary, event.secondary})
    page = [("page.html", f"<p>{said(hidden.reason)}.</p>".encode())]

    assert leaks_in(page, (), secrets_of(full)) != []
    unsaid = replace(WORDS, said=lambda _: "")
    sought = expected(full, PUBLIC, unsaid, deliveries=Deliveries(lambda _: None))
    assert leaks_in(page, (), sought) == []


@pytest.mark.parametrize("text", ["Mars&nbsp;Express\u2011B", "Mars\u202fExpress\u2010B", "mars\u2009express-b"])
def test_a_name_with_blanks_and_hyphens_that_do_not_break_is_found(full: CycleRecord, text: str) -> None:
    """Pages part words of a headline so that no line ends within them: a withheld name is found all the same."""
    named = replace(
        full,
        objects=tuple(replace(item, name="Mars Express-B") if item.id == "MEX" else item for item in full.objects),
    )

    assert leaks_in([("page.html", f"<h1>{text} passes</h1>".encode())], (), secrets_of(named)) != []


def test_common_numbers_are_no_secret(secrets: Expected) -> None:
    """Numbers with few digits, and those that the edition holds itself, are not taken for secrets."""
    text = b"<td>3396.19</td><td>28</td><td>0.5</td><td>2021-03-15T00:00:00Z</td><td>100</td><td>3.14159</td>\n"

    assert leaks_in([("page.html", text)], (), secrets) == []


def test_long_numbers_that_are_met_by_chance_stop_nothing(secrets: Expected) -> None:
    """Of a hundred thousand random numbers of nine digits some are withheld ones, and none is taken for a leak.

    Where two of the same record stand in one text, chance is no explanation any more.
    """
    random = np.random.default_rng(20210317).uniform(0.0, 9_999.0, (2_000, 50))
    files = [(f"{place}.csv", ",".join(f"{value:.9g}" for value in row).encode()) for place, row in enumerate(random)]
    withheld = {f"{size:.8f}" for size in secrets.alone.sizes}

    assert any(f"{value:.8e}".split("e")[0] in withheld for value in random.flat)
    assert leaks_in(files, (), secrets) == []


def test_a_finer_spelling_of_an_instant_decides(full: CycleRecord, secrets: Expected) -> None:
    """A second in which a withheld approach falls is none where the same cell tells another instant of that second."""
    hidden = next(event for event in full.events if "MEX" in (event.primary, event.secondary))
    second, fine = hidden.tca.iso(digits=0), hidden.tca.iso(digits=6)
    other = (hidden.tca + 0.01).iso(digits=6)
    cell = '<time datetime="{}">{}</time>'

    assert second == other[:19]
    assert leaks_in([("a.html", cell.format(other, second).encode())], (), secrets) == []
    assert leaks_in([("a.html", cell.format(fine, second).encode())], (), secrets) != []
    assert leaks_in([("a.html", cell.format(second, second).encode())], (), secrets) != []
    for digits in (2, 4):  # not known to the search, so that it must not clear the second beside it
        odd = cell.format(hidden.tca.iso(digits=digits), second)
        assert leaks_in([("a.html", odd.encode())], (), secrets) != []


def test_a_cycle_that_the_edition_has_is_no_secret_of_a_withheld_approach(full: CycleRecord) -> None:
    """The history of a hidden approach names cycles; their ids stand in the archive, unless the edition skips them."""
    hidden = next(event for event in full.events if "MEX" in (event.primary, event.secondary))
    point = replace(next(event.history[0] for event in full.events if event.history), cycle_id="2021-03-08T0600Z")
    events = tuple(replace(row, history=(point,)) if row is hidden else row for row in full.events)
    page = [("archive/2021/03.html", f"<td>{point.cycle_id}</td>".encode())]
    none = Deliveries(lambda _: None)

    for hours, told in ((None, False), (24.0, True)):
        known = expected(replace(full, events=events), replace(PUBLIC, every_hours=hours), WORDS, deliveries=none)
        assert bool(leaks_in(page, (), known)) is told


def test_the_samples_of_a_shown_series_are_no_secret(full: CycleRecord, shown: CycleRecord) -> None:
    """A withheld instant in a second at which a shown range profile has a sample stops nothing, but its fraction does.

    With hundreds of withheld passages some always fall on one of the thousands of samples.
    """
    profile = next(pair.profile for pair in shown.pairs if pair.profile)
    sample = profile.start + 7 * profile.step_s
    passage = sample + 0.25
    hidden = next(row for row in full.events if "MEX" in (row.primary, row.secondary))
    changed = replace(hidden, tca=passage)
    record = replace(full, events=tuple(changed if row is hidden else row for row in full.events))
    found = secrets_of(record)
    row = f"{sample.iso(digits=0)}Z,1.0,2.0\n"

    assert leaks_in([("range.csv", row.encode())], (), found) == []
    assert leaks_in([("range.csv", f"{passage.iso(digits=3)}Z\n".encode())], (), found) != []


def test_an_edition_of_everything_is_not_searched(tmp_path: Path, full: CycleRecord) -> None:
    """The publisher's own edition holds everything by right."""
    (tmp_path / "page.html").write_text("Mars Express")
    workspace = Workspace(directory=tmp_path, edition=Edition(id="own", everything=True))

    check_leaks(workspace, tmp_path, full)


def test_what_an_open_object_shares_is_no_secret(full: CycleRecord) -> None:
    """A hidden object's operator that also operates a visible one is not searched for."""
    shared = replace(full, objects=tuple(replace(item, operator="NASA") for item in full.objects))

    assert "nasa" not in secrets_of(shared).words
    assert "mars express" in secrets_of(full).words


def test_an_edition_does_not_speak_for_what_it_withholds(full: CycleRecord) -> None:
    """A quiet edition that withholds something says only that nothing it shows needs a decision."""
    calm = replace(full, events=(), crossings=())

    assert verdict(calm).headline.startswith("Nothing needs a decision")
    assert verdict(reduced(calm, PUBLIC)).headline == "Nothing that this edition shows needs a decision."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0.48276,", False),
        ("1.48276e-3", False),
        ("12.482761", False),
        ("48276,41000", True),
        ("pair-48276-41000.csv", True),
        ("objects 12 and 48276.", True),
        ("7. 48276", True),
    ],
)
def test_decimals_are_no_catalogue_number(marked: Expected, text: str, told: bool) -> None:
    """A withheld catalogue number is found wherever it stands by itself, and not as the decimals of a distance."""
    assert bool(leaks_in([("page.html", text.encode())], (), marked)) is told


@pytest.mark.parametrize(("name", "searched"), [("other", False), ("zq-plan", True)])
def test_a_solution_may_be_called_by_a_common_word(full: CycleRecord, name: str, searched: bool) -> None:
    """A withheld solution called "other" stops no edition that has this word; one with a name of its own would."""
    named = tuple(replace(item, name=name) for item in full.solutions)
    red = MarkingRecord(originator="X", level=Tlp.RED, words=None, release=())
    named = tuple(replace(item, inputs=tuple(replace(one, marking=red) for one in item.inputs)) for item in named)
    known = secrets_of(replace(full, solutions=named), vocabulary())

    assert bool(leaks_in([("page.html", f"the {name} object".encode())], (), known)) is searched


@pytest.mark.parametrize(
    ("unit", "factor"), [("km", 1.0), ("m", 1e3), ("thousands of km", 1e-3), ("square metres of km2", 1e6)]
)
def test_a_number_is_found_in_each_unit_that_pages_print(marked: Expected, unit: str, factor: float) -> None:
    """A hidden distance is found in metres, and a hidden area in square metres, as the units are defined (SI)."""
    assert leaks_in([("a.csv", f"{98.76543210987 * factor:.13g},{unit}".encode())], (), marked) != []
    assert leaks_in([("a.csv", f"{98.76543210937 * factor:.13g},{unit}".encode())], (), marked) == []


@pytest.mark.parametrize("kept", ["environment", "file"])
@pytest.mark.parametrize("everything", [True, False])
def test_what_opens_a_source_stops_every_site(
    tmp_path: Path, full: CycleRecord, monkeypatch: pytest.MonkeyPatch, kept: str, everything: bool
) -> None:
    """A password, whole or as a header carries it, is found in a page of any edition, also in the publisher's own."""
    built = tmp_path / "built"
    built.mkdir()
    place = "LOGIN" if kept == "environment" else "file:login"
    (tmp_path / "nearpass.toml").write_text(f'[fetch]\ncredentials = {{ "one.example" = "{place}" }}\n')
    (tmp_path / "login").write_text("zquser7431:zqpass0925\n")
    monkeypatch.setenv("LOGIN", "zquser7431:zqpass0925")
    one = Edition(id="own", everything=True) if everything else PUBLIC
    workspace = Workspace(directory=tmp_path, edition=one, alone=False)
    (built / "page.html").write_text("Nothing is told here.")
    check_leaks(workspace, built, reduced(full, PUBLIC))

    header = base64.b64encode(b"zquser7431:zqpass0925").decode()
    for text in ("it is zqpass0925.", f"<p>Authorization: Basic {header}</p>", "zquser7431%3Azqpass0925"):
        (built / "page.html").write_text(text)
        with pytest.raises(LeakError, match=r"page\.html:1 holds the credentials of one\.example") as caught:
            check_leaks(workspace, built, reduced(full, PUBLIC))
        assert "zqpass" not in str(caught.value)
