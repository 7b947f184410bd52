"""The page of measurements holds what the benchmark stored, and no figure that was typed by hand."""

import json
import re
import sys
from html import unescape
from pathlib import Path

import pytest
from mkdocs.config import load_config
from mkdocs.structure.files import Files

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

import compare
from figures import Beside, Row, store, stored

from nearpass.errors import InputError
from nearpass.report.measured_page import measured_tables, seconds_text

ROOT = Path(__file__).resolve().parents[2]
STORED = ROOT / "site/measured.json"
A_TIME = re.compile(r"\b\d[\d.,]*\s?(?:s|ms|µs|seconds|minutes|times|MB|GB)\b")


def rows_shown() -> list[str]:
    """The rows of the page's tables as mkdocs is given them, each with its cells between bars."""
    config = load_config(str(ROOT / "mkdocs.yml"))
    made = config.plugins.on_files(Files([]), config=config).get_file_from_path("measured.md")
    assert made is not None
    lines = re.findall(r"<tr>(.*?)</tr>", made.content_string, re.DOTALL)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL) for line in lines]
    return [f"| {' | '.join(unescape(re.sub('<[^>]*>', '', cell)) for cell in each)} |" for each in cells]


def test_the_page_shows_every_stored_row() -> None:
    """Each row of the stored table is a line of the page, with its time, its floor, its peer and their ratio."""
    shown = rows_shown()
    for row in json.loads(STORED.read_bytes())["rows"]:
        (line,) = [line for line in shown if line.startswith(f"| {row['what']}") and row["on"] in line]
        times = [one["seconds"] for one in (row, row["floor"], row["peer"]) if one]
        assert all(seconds_text(seconds) in line for seconds in times)
        assert not row["peer"] or f"| {row['seconds'] / row['peer']['seconds']:.2f} |" in line
        assert row["note"] in line


def test_no_figure_is_typed_by_hand() -> None:
    """The text around the tables gives no time, ratio or size: whatever the page claims comes from the benchmark."""
    assert A_TIME.findall((ROOT / "site/measured.md").read_text()) == []


def test_a_table_that_is_none_is_refused() -> None:
    """Text that is no table of the benchmark gives one error that names the file."""
    with pytest.raises(InputError, match=r"measured\.json"):
        measured_tables(b'{"rows": [{"stage": "Reading"}]}', "measured.json")


def test_rows_of_several_runs_stand_side_by_side(tmp_path: Path) -> None:
    """What is measured again replaces its row; rows of other keys stay; each says when and on what it was measured."""
    file = tmp_path / "rows.json"
    store(file, [Row(key="a", stage="A", what="one", seconds=1.0), Row(key="b", stage="B", what="two", seconds=2.0)])
    store(file, [Row(key="b", stage="B", what="two", seconds=1.5, peer=Beside(what="other", seconds=3.0))])
    rows = stored(file)
    assert [(key, row["seconds"]) for key, row in rows.items()] == [("a", 1.0), ("b", 1.5)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", str(row["on"])) for row in rows.values())
    assert "| 0.50 |" in measured_tables(file.read_bytes(), file.name)


def test_two_tables_are_compared_row_by_row(tmp_path: Path) -> None:
    """A comparison has the ratio of what both measured, and names what only one of them has."""
    before, now = tmp_path / "before.json", tmp_path / "now.json"
    store(
        before, [Row(key="a", stage="A", what="one", seconds=2.0), Row(key="old", stage="A", what="gone", seconds=1.0)]
    )
    store(now, [Row(key="a", stage="A", what="one", seconds=1.0), Row(key="new", stage="A", what="come", seconds=1.0)])
    _, *lines = compare.lines(stored(before), stored(now))
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    assert cells == [
        ["2.0000", "1.0000", "0.50", "A: one"],
        ["-", "1.0000", "-", "A: come"],
        ["1.0000", "-", "-", "A: gone"],
    ]
