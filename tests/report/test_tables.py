"""The machine twins: exact headers, exact formats, and what the page on data formats says of them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

from nearpass.astro.epochs import Epoch
from nearpass.reasons.general import Prose
from nearpass.report import tables
from nearpass.report.sweep_views import APPROACH_COLUMNS
from nearpass.resources import resource
from records import sample_record

EVENT_HEADER = (
    "event_id,primary,secondary,tca_utc,tca_tdb,miss_km,relative_speed_km_s,"
    "miss_r_km,miss_t_km,miss_n_km,at_boundary,alert"
)
CROSSING_HEADER = "primary,secondary,passage_primary_utc,passage_secondary_utc,oxd_km,oxt_s"
COVERAGE_HEADER = "primary,secondary,covered_s,uncovered_s,proven_no_closer_than_km"


def test_events_header_starts_exactly_as_published() -> None:
    """The first twelve columns of events.csv have their published names, order and separators."""
    header = tables.EVENT_COLUMNS.csv(sample_record().events).split("\r\n", maxsplit=1)[0]
    assert header == EVENT_HEADER or header.startswith(f"{EVENT_HEADER},")


def test_coverage_header_starts_exactly_as_published() -> None:
    """The first five columns of coverage.csv have their published names, order and separators."""
    header = tables.COVERAGE_COLUMNS.csv(sample_record().pairs).split("\r\n", maxsplit=1)[0]
    assert header.startswith(f"{COVERAGE_HEADER},")


def test_crossings_header_starts_exactly_as_published() -> None:
    """The first six columns of crossings.csv have their published names, order and separators."""
    header = tables.CROSSING_COLUMNS.csv(sample_record().crossings).split("\r\n", maxsplit=1)[0]
    assert header.startswith(f"{CROSSING_HEADER},")


def test_crossings_row_formats() -> None:
    """Passages have six decimals and no zone letter; what is unknown is an empty field."""
    known = next(c for c in sample_record().crossings if c.oxt_s is not None)
    at = Epoch.parse("2021-03-21T04:12:33.5")
    known = replace(
        known, passage_primary=at, passage_secondary=at + 40.0, oxt_s=40.0, timing_sigma_s=16.0, oxd_km=0.12
    )
    unknown = replace(known, passage_primary=None, oxt_s=None, timing_sigma_s=None, straight_line_cad_km=None)
    text = tables.CROSSING_COLUMNS.csv([known, unknown])
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert first["passage_primary_utc"] == "2021-03-21T04:12:33.500000"
    assert first["passage_secondary_utc"] == "2021-03-21T04:13:13.500000"
    assert (first["oxd_km"], first["oxt_s"], first["oxt_sigmas"]) == ("0.120000", "40.000000", "2.500000")
    assert (second["passage_primary_utc"], second["oxt_s"], second["oxt_sigmas"]) == ("", "", "")


def test_probabilities_keep_their_digits() -> None:
    """A probability far below one is written with an exponent, equal in both twins; an absent one is empty."""
    record = sample_record()
    event = record.events[0]
    tiny = replace(event, probability=replace(event.probability, pc=3.14159265e-9, method="FOSTER-1992"))
    none = replace(event, probability=replace(event.probability, pc=None, method=None))
    rows = list(csv.DictReader(io.StringIO(tables.EVENT_COLUMNS.csv([tiny, none]), newline="")))
    assert (rows[0]["pc"], rows[0]["pc_method"]) == ("3.141593e-09", "FOSTER-1992")
    assert (rows[1]["pc"], rows[1]["pc_method"]) == ("", "")
    assert json.loads(tables.EVENT_COLUMNS.json(record, [tiny]))["events"][0]["pc"] == 3.141593e-9


def test_events_row_formats() -> None:
    """Times have six decimals and no zone letter, distances six decimals, truth values are lower-case words."""
    event = replace(
        sample_record().events[0], tca=Epoch.parse("2021-03-21T04:12:33.5"), miss_km=1.9, at_boundary=True
    )  # fmt: skip
    row = next(csv.DictReader(io.StringIO(tables.EVENT_COLUMNS.csv([event]), newline="")))
    assert row["tca_utc"] == "2021-03-21T04:12:33.500000"
    # TDB is 37 s + 32.184 s ahead of UTC in 2021, give or take 2 ms (USNO Circular 179)
    assert row["tca_tdb"].startswith("2021-03-21T04:13:42.68")
    assert row["miss_km"] == "1.900000"
    assert row["at_boundary"] == "true"
    assert row["alert"] in {"red", "yellow", "green"}


def test_lines_end_with_cr_lf() -> None:
    """Every line of the CSV ends with CR LF and nothing else, as RFC 4180 asks."""
    text = tables.EVENT_COLUMNS.csv(sample_record().events)
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n") == len(sample_record().events) + 1


def test_text_with_separators_survives_csv() -> None:
    """Commas, quotes and line breaks in a reason come back as they were."""
    reason = 'a "quoted", reason\r\nof two lines'
    event = replace(sample_record().events[0], reason=(Prose(text=reason),))
    row = next(csv.DictReader(io.StringIO(tables.EVENT_COLUMNS.csv([event]), newline="")))
    assert row["reason"] == reason


def test_json_and_csv_say_the_same() -> None:
    """Each field of events.json, printed as CSV prints it, equals the field of events.csv."""
    record = sample_record()
    document = json.loads(tables.EVENT_COLUMNS.json(record, record.events))
    rows = list(csv.DictReader(io.StringIO(tables.EVENT_COLUMNS.csv(record.events), newline="")))
    assert document["schema"] == 1
    assert document["cycle_id"] == record.cycle_id
    assert [column["key"] for column in document["columns"]] == list(rows[0])
    for in_json, in_csv in zip(document["events"], rows, strict=True):
        assert list(in_json) == list(in_csv)
        for key, text in in_csv.items():
            value = in_json[key]
            if isinstance(value, float):
                assert value == float(text)
            elif isinstance(value, bool):
                assert text == str(value).lower()
            else:
                assert text == ("" if value is None else value)


def test_coverage_json_parses() -> None:
    """coverage.json has one row a pair, with null where nothing is proven."""
    record = sample_record()
    document = json.loads(tables.COVERAGE_COLUMNS.json(record, record.pairs))
    assert len(document["pairs"]) == len(record.pairs)
    unscreened = [row for row in document["pairs"] if row["unscreened"] is not None]
    assert unscreened
    assert all(row["proven_no_closer_than_km"] is None for row in unscreened)


def test_formats_page_describes_every_column() -> None:
    """The page on data formats lists each column with the unit and the meaning declared in the code, in order."""
    page = (resource("site") / "formats.md").read_text(encoding="utf-8")
    declared = (tables.EVENT_COLUMNS, tables.CROSSING_COLUMNS, tables.SOLUTION_COLUMNS, tables.COVERAGE_COLUMNS)
    for columns in (*declared, APPROACH_COLUMNS):
        lines = "\n".join(f"| `{column.key}` | {column.unit or ''} | {column.meaning} |" for column in columns)
        assert lines in page
