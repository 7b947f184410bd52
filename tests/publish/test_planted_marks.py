"""Nothing that was planted in what readers may not have comes back in anything that they are given.

The marks stand in every field of every input; what may be had is decided from the release lists alone
(:mod:`planted`), and nothing of the program decides what is searched for.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

import planted
from nearpass.__main__ import main
from nearpass.archive.archive import Archive
from nearpass.config import load_config
from nearpass.publish import Workspace, editions_of
from nearpass.publish.expected import Expected
from nearpass.publish.leak import delivered_by, sought_in
from nearpass.publish.search import leaks_in
from nearpass.record import event_record
from nearpass.record import record as records
from nearpass.record.marking import Edition
from nearpass.record.record import CycleRecord, dump
from nearpass.release.reduction import reduction
from nearpass.release.rules import RULES
from nearpass.release.values import keep
from nearpass.report.plots import Plot as DrawnPlot
from planted import READERS, Mark, Plot, Reader
from receivers import hooking, mailing

Drawn = tuple[DrawnPlot, bytes]
PERIOD = ("--from", "2021-03-01T00:00", "--to", "2099-01-01T00:00")


def nearpass(*words: object) -> None:
    """The command, in this process; it must succeed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["nearpass", *map(str, words)])
        code: object = None
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    assert not code


def whole_plots(plots: Sequence[DrawnPlot], *, jobs: int, progress: Callable[[int], object]) -> Iterator[Drawn]:
    """Instead of a picture all that it would be drawn from, with every digit: more than a drawing holds, in no time."""
    del jobs
    for plot in plots:
        progress(1)
        yield plot, f"<svg><desc>{html.escape(repr(plot))}</desc></svg>".encode()


@pytest.fixture(scope="module")
def plot() -> Plot:
    """The workspace and its marks."""
    return planted.planted()


@pytest.fixture(scope="module")
def workspace(plot: Plot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cycles published in all editions, so that the register's page tells of the first; a package of each.

    What was told of each edition, by a webhook and by mail, lies in ``told/``.
    """
    folder = tmp_path_factory.mktemp("planted")
    config = planted.write(plot, folder)
    with ExitStack() as open_, pytest.MonkeyPatch.context() as patch:
        hooks, boxes = {}, {}
        for name in (*(reader.id for reader in READERS), "own"):
            hooks[name] = open_.enter_context(hooking())
            boxes[name], address = open_.enter_context(mailing())
            patch.setenv(f"{name.upper()}_HOOK", hooks[name].address)
            patch.setenv(f"{name.upper()}_MAIL", address)
        for place in ("stage", "brief"):
            patch.setattr(f"nearpass.publish.{place}.draw_all", whole_plots)
        nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:00")
        planted.deliver(plot, folder)
        nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:30")
        nearpass("notify", "--config", config, "--at", "2021-03-17T01:15")
        for name in hooks:
            brief = ("--edition", name, "--week", "--no-pdf", "--out", folder / "briefs" / name)
            nearpass("brief", "--config", config, *brief)
    for name, hook in hooks.items():
        (folder / "told" / name).mkdir(parents=True)
        for number, post in enumerate(hook.posts):
            (folder / "told" / name / f"{number}.json").write_text(json.dumps(post))
        for number, mail in enumerate(boxes[name].messages):
            text = "".join(f"{key}: {value}\n" for key, value in mail.items())
            (folder / "told" / name / f"{number}.txt").write_text(f"{text}\n{mail.get_content()}")
    for reader in READERS:
        nearpass("package", reader.id, "--config", config, "--out", folder / f"{reader.id}.zip")
    return folder


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.id)
def test_an_edition_and_its_package_hold_no_mark_of_what_is_withheld(
    workspace: Path, plot: Plot, reader: Reader
) -> None:
    """Pages, tables, plots, feeds, messages, zips and the package: in no spelling, digits or unit."""
    forbidden = [mark for mark in plot.marks if mark.forbidden(reader)]
    package = (workspace / f"{reader.id}.zip").read_bytes()
    files = planted.delivered(workspace / "public" / reader.id) | dict(planted.unpacked("package.zip", package))

    assert len(forbidden) > 200
    assert len(files) > 100
    assert planted.found(files, forbidden) == []


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.id)
def test_what_is_told_of_an_edition_holds_no_mark_of_what_is_withheld(
    workspace: Path, plot: Plot, reader: Reader
) -> None:
    """Posts and mails of new approaches, deadlines, late deliveries and reminders: in no spelling, digits or unit."""
    forbidden = [mark for mark in plot.marks if mark.forbidden(reader)]
    files = planted.delivered(workspace / "told" / reader.id)

    assert len(files) >= 2
    assert planted.found(files, forbidden) == []


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.id)
def test_a_brief_of_an_edition_holds_no_mark_of_what_is_withheld(workspace: Path, plot: Plot, reader: Reader) -> None:
    """Its page, with the pictures in it, and its form: in no spelling, digits or unit."""
    forbidden = [mark for mark in plot.marks if mark.forbidden(reader)]
    files = planted.delivered(workspace / "briefs" / reader.id)

    assert {name.rpartition(".")[2] for name in files} == {"html", "yaml"}
    assert planted.found(files, forbidden) == []


def test_the_publisher_is_told_what_is_withheld_from_others(workspace: Path, plot: Plot) -> None:
    """The search can find: names of withheld objects stand in the publisher's own messages and briefs."""
    for place in ("told", "briefs"):
        there = {where for _, where in planted.found(planted.delivered(workspace / place / "own"), plot.marks)}
        assert {"DARKSAT: name", "PAIRSAT: name"} <= there


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.id)
def test_readers_are_given_what_is_released_to_them(workspace: Path, plot: Plot, reader: Reader) -> None:
    """The search can find: the package has the states and words of each newest delivery that its readers may have."""
    package = dict(planted.unpacked("package.zip", (workspace / f"{reader.id}.zip").read_bytes()))
    open_to = [mark for mark in plot.marks if reader.may(mark.level, mark.release)]
    states = {mark.where for mark in open_to if ": second state " in mark.where}
    who = tuple(f"second delivery: {word}" for word in ("ORIGINATOR", "MESSAGE_ID", "OBJECT_NAME"))
    there = {where for _, where in planted.found(package, open_to)}

    assert sorted(states - there) == []
    assert {mark.where for mark in open_to if mark.where.endswith(who)} <= there


def test_a_message_is_on_the_site_of_those_whom_it_is_released_to(workspace: Path, plot: Plot) -> None:
    """The search can find: both readers learn what a partner reports, by whose names."""
    files = planted.delivered(workspace / "public" / "pair")
    marks = [mark for mark in plot.marks if mark.where.startswith("message for both")]
    there = {where for _, where in planted.found(files, marks)}

    assert there >= {f"message for both: {what}" for what in ("originator", "name 1", "name 2")}


def test_an_exchange_is_on_the_site_of_its_parties(workspace: Path, plot: Plot) -> None:
    """The search can find: the edition of both parties has each word of their exchange but file names of notes."""
    files = planted.delivered(workspace / "public" / "pair")
    marks = [mark for mark in plot.marks if mark.where.startswith("exchange of both")]
    there = {where for _, where in planted.found(files, marks)}

    assert {mark.where for mark in marks} - there == {
        "exchange of both: statement", "exchange of both: name of the note",
    }  # fmt: skip


@pytest.mark.parametrize("party", ["ESA", "ISRO", "CNSA"])
def test_a_statement_holds_no_mark_that_its_party_may_not_know(
    workspace: Path, plot: Plot, party: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the fact and before it, in words, for machines and to print."""
    config = workspace / "nearpass.toml"
    reader = Reader(party, frozenset({"CLEAR", "GREEN", "named"}), frozenset({party}))
    forbidden = [mark for mark in plot.marks if mark.forbidden(reader) and "SIDESAT" not in mark.where]
    files = {}
    for form in ([], ["--json"], ["--html"]):
        for when in ([], ["--before"]):
            nearpass("certify", "--config", config, "--party", party, *PERIOD, *form, *when)
            files["".join([*form, *when]) or "words"] = capsys.readouterr().out.encode()

    assert all(text for text in files.values())
    assert planted.found(files, forbidden) == []


def readers_editions(workspace: Path) -> list[tuple[Reader, Edition]]:
    """Each reader with its edition."""
    config, _ = load_config(workspace / "nearpass.toml")
    sites = editions_of(Workspace(directory=workspace), config)
    editions = {site.edition.id: site.edition for site in sites if site.edition is not None}
    return [(reader, editions[reader.id]) for reader in READERS]


RULES_OF_WHO = [
    (records.CycleRecord, "objects"),
    (records.CycleRecord, "inputs"),
    (records.CycleRecord, "pairs"),
    (records.CycleRecord, "events"),
    (records.CycleRecord, "crossings"),
    (records.CycleRecord, "solutions"),
    (records.CycleRecord, "notes"),
    (records.CycleRecord, "changes"),
    (records.Provenance, "configuration"),
    (records.ObjectRecord, "declared"),
    (records.ObjectRecord, "contacts"),
    (records.ObjectRecord, "predictions"),
    (records.InputRecord, "comments"),
    (event_record.EventRecord, "uncertainty"),
]


@pytest.mark.parametrize(("kind", "name"), RULES_OF_WHO, ids=lambda value: getattr(value, "__name__", value))
def test_without_any_one_rule_a_mark_is_found(workspace: Path, plot: Plot, kind: type, name: str) -> None:
    """Each rule is needed: the record of an edition made without it holds a mark that its readers may not have."""
    archive = Archive(workspace / "archive")
    cycles = [archive.load(cycle_id) for cycle_id in archive.cycle_ids()]
    broken = {**RULES, kind: {**RULES[kind], name: keep}}

    pairs = readers_editions(workspace)

    assert any(told(full, edition, broken, plot, reader) for full in cycles for reader, edition in pairs)
    assert not any(told(full, edition, RULES, plot, reader) for full in cycles for reader, edition in pairs)


CODES: frozenset[str] = frozenset({
    "CycleRecord.funnel", "CycleRecord.unclaimed", "ObjectRecord.withheld", "EventRecord.reason",
    "ProbabilityRecord.method", "ProbabilityRecord.in_dilution", "TradeRecord.no_pc_reason", "CrossingRecord.reason",
    "ChangeRecord.reason", "ExchangeRecord.register_number",
})  # fmt: skip
"""Rules of fields that hold counts, codes, or here only what other fields hold: nothing of their own to find."""
UNPLANTED: frozenset[str] = frozenset({
    "CycleRecord.previous_cycle_id", "CycleRecord.supersedes", "CycleRecord.sweep", "CycleRecord.dormant",
    "CycleRecord.losses", "ThresholdsRecord.rules", "ObjectRecord.prediction_errors", "ObjectRecord.prediction_quality",
    "ObjectRecord.learned", "ObjectRecord.trusted",
    "InputRecord.manoeuvres", "EventRecord.history", "EventRecord.held", "ProbabilityRecord.max_pc_missing",
    "TradeRecord.target_pc", "TradeRecord.pc_rows", "TradeRecord.pc_uncertain_h", "SolutionEvent.compared",
    "SolutionEvent.miss_sigma_km", "SolutionEvent.pc", "SolutionEvent.method", "SolutionEvent.reason",
    "ChangeRecord.history", "Provenance.command", "ExchangeRecord.handed", "ExchangeRecord.received",
    "ExchangeRecord.notes", "DueRecord.late_s", "DueRecord.missed", "DueRecord.here",
    "MessageRecord.here", "MessageRecord.approaches", "StretchRecord.least_pc", "StretchRecord.most_pc",
    "StretchRecord.no_pc",
})  # fmt: skip
"""Rules of fields of which this workspace has nothing to withhold; tests/release holds them on records."""


def test_the_search_before_publication_sees_that_a_rule_is_missing(workspace: Path) -> None:
    """Of every rule for the release of a field: without it the search finds what an edition's record then holds.

    The exceptions are named; a field with a new rule of which nothing is planted fails here.
    """
    config, _ = load_config(workspace / "nearpass.toml")
    sites = [
        site for site in editions_of(Workspace(directory=workspace), config) if site.edition in editions(workspace)
    ]
    archive = Archive(workspace / "archive")
    full = archive.load(list(archive.cycle_ids())[-1])
    sought = [(site.edition, sought_in(delivered_by(archive), full, site)) for site in sites if site.edition]
    blind = []
    for kind, name in [(kind, name) for kind, table in RULES.items() for name in table if table[name] is not keep]:
        broken = {**RULES, kind: {**RULES[kind], name: keep}}
        if not any(seen(full, edition, broken, known) for edition, known in sought):
            blind.append(f"{kind.__name__}.{name}")

    assert not any(seen(full, edition, RULES, known) for edition, known in sought)
    assert set(blind) == CODES | UNPLANTED


def editions(workspace: Path) -> list[Edition]:
    """Those of the readers."""
    return [edition for _, edition in readers_editions(workspace)]


def seen(full: CycleRecord, edition: Edition, rules: object, known: Expected) -> bool:
    """Whether the search finds something in the record of an edition made by these rules, one value a line."""
    text = dump(reduction(full, edition, rules).record)  # type: ignore[arg-type]
    return next(leaks_in([("record.json", text.replace(b",", b",\n"))], known), None) is not None


def told(full: CycleRecord, edition: Edition, rules: object, plot: Plot, reader: Reader) -> list[tuple[str, str]]:
    """Marks in the record of an edition made by these rules."""
    text = dump(reduction(full, edition, rules).record)  # type: ignore[arg-type]
    return planted.found({"record.json": text}, [mark for mark in plot.marks if mark.forbidden(reader)])


def png(text: bytes) -> bytes:
    """A picture's bytes with a packed text in its metadata."""
    body = b"Comment\0\0" + zlib.compress(text)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    return b"\x89PNG\r\n\x1a\n" + chunk


def zipped(name: str, text: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, text)
    return out.getvalue()


FORMS: dict[str, Callable[[str], bytes]] = {
    "plain": lambda word: f"the {word}.".encode(),
    "in capitals": lambda word: word.upper().encode(),
    "an address": lambda word: "".join(f"%{ord(c):02X}" for c in word).encode(),
    "a quoted address": lambda word: quote(f"/x/{word}?").encode(),
    "HTML": lambda word: "".join(f"&#{ord(c)};" for c in word).encode(),
    "parted by tags": lambda word: f"{word[:4]}<b>{word[4:]}</b>".encode(),
    "JSON": lambda word: "".join(f"\\u{ord(c):04x}" for c in word).encode(),
    "base64": lambda word: b"x=" + base64.b64encode(b"abc" + word.encode() + b"de"),
    "base64, shifted": lambda word: base64.b64encode(b"a" + word.encode()),
    "base64 of addresses": lambda word: base64.urlsafe_b64encode(b"\xfb\xff" + word.encode()),
    "hexadecimal": lambda word: word.encode().hex().encode(),
    "gzip": lambda word: gzip.compress(word.encode()),
    "zip": lambda word: zipped("a.txt", word.encode()),
    "name in a zip": lambda word: zipped(f"{word}.txt", b""),
    "zip in a zip": lambda word: zipped("b.zip", zipped("a.txt", word.encode())),
    "metadata of a picture": lambda word: png(word.encode()),
    "path of a picture": lambda word: f"<svg><!-- {word} --><path d='M 1 2'/></svg>".encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_search_finds_a_word_in_every_form(form: str) -> None:
    """However a word is written or packed it is found, and a file without it gives nothing."""
    mark = Mark("here", "RED", (), word="zq0123abcd")
    files = dict(planted.unpacked("a", FORMS[form]("zq0123abcd")))

    assert {where for _, where in planted.found(files, [mark])} == {"here"}
    assert planted.found(dict(planted.unpacked("a", FORMS[form]("zq0123abce"))), [mark]) == []


def numbers() -> Iterator[tuple[str, str]]:
    """A number of 12.3456789012345 km as it may be printed, by another's arithmetic."""
    yield "kilometres", "12.3456789012345"
    yield "metres", "12345.6789012345"
    yield "rounded to ten digits", "12.34567890"
    yield "with an exponent", "1.23456789012345E+01"
    yield "a sign", "-12.3456789012345"
    yield "in a path", "M 12.3456789012345 7 L 3 4"
    yield "thousands of kilometres", "0.0123456789012345"
    yield "degrees of as many radians", f"{12.3456789012345 * 57.29577951308232:.11f}"
    yield "a day of as many a second", f"{12.3456789012345 * 86400:.9f}"


@pytest.mark.parametrize(("unit", "text"), list(numbers()), ids=lambda value: value[:20])
def test_the_search_finds_a_number_in_every_unit(unit: str, text: str) -> None:
    """Digits rounded and in other units are found."""
    mark = Mark("here", "RED", (), number=12.3456789012345)

    assert {where for _, where in planted.found({unit: text.encode()}, [mark])} == {"here"}
    assert planted.found({"other": b"12.3456788012345"}, [mark]) == []
