"""Retrieval into a workspace: what arrives, what stays, and what the ledger knows of it."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from element_texts import NAME, TLE, csv_text, json_text, kvn, xml
from fake_horizons import FakeBody, FakeHorizons
from faults import failing_at
from fleets import Kepler, message, segment
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle, setting_of
from nearpass.ephemeris.spk_write import write_spk
from nearpass.errors import ConfigError
from nearpass.ingest import ingest
from nearpass.ingest.ledger import read_ledger
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_write import write_oem
from nearpass.record.record import CycleRecord
from nearpass.retrieve import Outcome, due, errands, retrieve
from nearpass.watch import deliveries
from web import NOW, Reply, Waiting, Web, content, cut_off, serving, status

HEAD = """\
[cycle]
body = "MARS"
span_days = {span_days}
limit_km = 10000
[alert.red]
cad_km = 3
[alert.yellow]
cad_km = 10
[fetch]
hosts = ["{host}"]
timeout_s = 2.0
tries = 2
largest_mb = 5
keep = 2
horizons = "http://{host}/api/horizons.api"
celestrak = "http://{host}/NORAD/elements/gp.php"
"""
OBJECT = """\
[[object]]
id = "{id}"
name = "{id}"
naif_id = {naif_id}
hbr_m = 5
phase = "{phase}"
[[object.ephemeris]]
path = "{path}"
source = "{source}"
originator = "TEST"
{more}
"""
MESSAGE = message(segment(Kepler(3700.0, 0.01, 1.6), 0.0, 3600.0, 60.0))
OEM = write_oem(MESSAGE)
ORBITER = FakeBody(name="Mars Reconnaissance Orbiter (spacecraft)")
RELAY = FakeBody(name="TGO (spacecraft)", inclination_deg=74.0, anomaly_deg=90.0)


@dataclass
class Place:
    """A workspace, the server that it asks, and the world that it does so in."""

    directory: Path
    web: Web
    waiting: Waiting

    def lay_out(self, *objects: dict[str, object], span_days: float = 0.25) -> None:
        """Write the configuration; a second object is added where there is only one."""
        tables = [OBJECT.format(**{"naif_id": -1, "phase": "known", "more": "", **table}) for table in objects]
        if len(tables) == 1:
            tables.append(OBJECT.format(id="OTHER", naif_id=-2, phase="known", path="o*.oem", source="", more=""))
            tables[-1] = tables[-1].replace('source = ""\n', "")
        text = HEAD.format(host=self.web.host, span_days=span_days) + "".join(tables)
        (self.directory / "nearpass.toml").write_text(text)

    def fetch(self, only: str | None = None) -> list[Outcome]:
        """Retrieve once."""
        config, _ = load_config(self.directory / "nearpass.toml")
        return list(
            retrieve(
                errands(config, only),
                config,
                self.directory,
                self.waiting.outside(),
                stage=lambda _title, _steps: lambda _: None,
            )
        )

    def files(self) -> list[str]:
        """Everything in the workspace but its configuration and the ledger."""
        found = (path.relative_to(self.directory).as_posix() for path in self.directory.rglob("*") if path.is_file())
        return sorted(set(found) - {"nearpass.toml", "retrieved.json"})


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with serving() as web:
        yield Place(directory=tmp_path, web=web, waiting=Waiting())


MRO = {"id": "MRO", "naif_id": -74, "path": "ephemerides/mro_*.oem", "source": "horizons"}
TGO = {"id": "TGO", "naif_id": -143, "path": "ephemerides/tgo_*.oem", "source": "horizons:-143"}
DROP = {"id": "ISS", "path": "ephemerides/iss_*.oem"}


def test_horizons_end_to_end(place: Place) -> None:
    """Two objects arrive whole under the time of retrieval, with address, time, size and hash in the ledger."""
    place.web.always = FakeHorizons(bodies={-74: ORBITER, -143: RELAY})
    place.lay_out(MRO, TGO)
    outcomes = place.fetch()

    assert [outcome.state for outcome in outcomes] == ["arrived", "arrived"]
    assert place.files() == ["ephemerides/mro_20261125T120030Z.oem", "ephemerides/tgo_20261125T120030Z.oem"]
    for name in place.files():
        data = (place.directory / name).read_bytes()
        entry = read_ledger(place.directory).of(name, hashlib.sha256(data).hexdigest())
        assert entry is not None
        assert (entry.size_bytes, entry.at) == (len(data), NOW)
        assert entry.origin.startswith(f"{place.web.url}/api/horizons.api?COMMAND='-")


def test_what_was_fetched_is_used_and_attributed(place: Place) -> None:
    """The delivery is read like any other, and its record says from where and when it was retrieved."""
    place.web.always = FakeHorizons(bodies={-74: ORBITER, -143: RELAY})
    place.lay_out(MRO, TGO)
    place.fetch()
    config, _ = load_config(place.directory / "nearpass.toml")
    first, _ = ingest(config, setting_of(config, place.directory, NOW + -30.0), lambda _: None)
    (record,) = first.inputs

    assert first.trajectory is not None
    assert record.refusal is None
    assert record.retrieval is not None
    assert record.retrieval.at == NOW
    assert record.retrieval.origin.startswith(place.web.url)
    assert record.retrieval.failure is None


def test_what_was_fetched_screens_as_the_same_given_by_hand(place: Place) -> None:
    """A cycle from retrieved files differs from one of the same files laid there by hand in their origin alone."""
    place.web.always = FakeHorizons(bodies={-74: ORBITER, -143: RELAY})
    place.lay_out(MRO, TGO)
    place.fetch()
    fetched = cycle(place.directory)
    (place.directory / "retrieved.json").unlink()
    by_hand = cycle(place.directory)

    assert all(entry.retrieval for entry in fetched.inputs)
    assert not any(entry.retrieval for entry in by_hand.inputs)
    assert fetched.events
    assert replace(fetched, inputs=by_hand.inputs) == by_hand
    assert tuple(replace(entry, retrieval=None) for entry in fetched.inputs) == by_hand.inputs


def cycle(directory: Path) -> CycleRecord:
    """The record of a cycle at the minute of the retrieval."""
    config, text = load_config(directory / "nearpass.toml")
    return run_cycle(config, text, directory, NOW + -30.0, None, lambda _title, _steps: lambda _: None).record


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (status(503), "503 Service Unavailable"),
        (content(b"<html>maintenance</html>", "text/html"), "not with a web page"),
        (cut_off(b"x" * 1000, 10), "cut off"),
        (content(b'{"signature": {"source": "other", "version": "1.2"}, "result": ""}'), "must be signed"),
        (content(b'{"new": "form"}'), "JSON that has signature and result"),
    ],
    ids=["busy", "page", "cut", "other", "changed"],
)
def test_a_failed_answer_leaves_the_last_good_one(place: Place, reply: Reply, words: str) -> None:
    """After a failed or changed answer the last good file stays in use, byte for byte, and its record says so."""
    place.lay_out(MRO)
    place.web.always = FakeHorizons(bodies={-74: ORBITER})
    place.fetch()
    good = {name: (place.directory / name).read_bytes() for name in place.files()}
    place.web.always = reply
    place.waiting.now = NOW + 3600.0
    (outcome,) = place.fetch()
    config, _ = load_config(place.directory / "nearpass.toml")
    (record,) = ingest(config, setting_of(config, place.directory, NOW + -30.0), lambda _: None)[0].inputs

    assert outcome.state == "failed"
    assert words in outcome.words
    assert outcome.words.endswith("; ephemerides/mro_20261125T120030Z.oem stays")
    assert "\n" not in outcome.words
    assert {name: (place.directory / name).read_bytes() for name in place.files()} == good
    assert record.retrieval is not None
    assert record.retrieval.at == NOW
    assert record.retrieval.attempted == NOW + 3600.0
    assert record.retrieval.failure is not None
    assert words in record.retrieval.failure
    assert record.refusal is None


def test_a_source_that_never_gave_anything(place: Place) -> None:
    """An object without any delivery is told apart from one that nobody asked for: the record holds the failure."""
    place.lay_out(MRO)
    place.web.always = status(404)
    place.fetch()
    config, _ = load_config(place.directory / "nearpass.toml")
    (record,) = ingest(config, setting_of(config, place.directory, NOW + -30.0), lambda _: None)[0].inputs

    assert place.files() == []
    assert record.refusal is not None
    assert record.retrieval is not None
    assert record.retrieval.origin is None
    assert "404 Not Found" in str(record.retrieval.failure)


def test_a_file_at_an_address(place: Place) -> None:
    """A file arrives under the time of retrieval; unchanged by 304 or by content it does not arrive again."""
    place.lay_out({**DROP, "source": f"{place.web.url}/iss.oem"})
    place.web.replies = [
        content(OEM.encode(), ETag='"1"'),
        status(304),
        content(OEM.encode(), ETag='"2"'),
        content(OEM.encode() + b"\n", ETag='"3"'),
    ]
    states = []
    for _ in range(4):
        (outcome,) = place.fetch()
        states.append(outcome.state)
        place.waiting.now = place.waiting.now + 60.0

    assert states == ["arrived", "unchanged", "unchanged", "arrived"]
    assert [headers.get("if-none-match") for _, headers in place.web.requests] == [None, '"1"', '"1"', '"2"']
    assert place.files() == ["ephemerides/iss_20261125T120030Z.oem", "ephemerides/iss_20261125T120330Z.oem"]


def test_what_is_no_ephemeris_does_not_arrive(place: Place) -> None:
    """A file that breaks a rule of its kind is told with the line, and leaves nothing behind."""
    broken = OEM.replace("META_STOP", "META_END")
    place.lay_out({**DROP, "source": f"{place.web.url}/iss.oem"})
    place.web.always = content(broken.encode())
    (outcome,) = place.fetch()

    assert outcome.state == "failed"
    assert "iss_20261125T120030Z.oem:" in outcome.words
    assert place.files() == []


def test_old_files_go_but_not_those_of_others(place: Place) -> None:
    """Only the newest retrieved files of a source stay, as many as configured; a delivery laid there by hand stays."""
    place.lay_out({**DROP, "source": f"{place.web.url}/iss.oem"})
    (place.directory / "ephemerides").mkdir()
    (place.directory / "ephemerides" / "iss_by_hand.oem").write_text(OEM)
    for number in range(4):
        place.web.always = content((OEM + "\n" * number).encode())
        place.fetch()
        place.waiting.now = place.waiting.now + 60.0

    assert place.files() == [
        "ephemerides/iss_20261125T120230Z.oem",
        "ephemerides/iss_20261125T120330Z.oem",
        "ephemerides/iss_by_hand.oem",
    ]
    assert len(read_ledger(place.directory).files) == 2


LISTING = """<html><head><title>Index of /pub/naif/MRO/kernels/spk</title></head><body>
<h1>Index of /pub/naif/MRO/kernels/spk</h1>
<pre><a href="?C=N;O=D">Name</a>  <a href="?C=M;O=A">Last modified</a>  <a href="?C=S;O=A">Size</a><hr>
<a href="/pub/naif/MRO/kernels/">Parent Directory</a>                             -
<a href="mro_psp9.bsp">mro_psp9.bsp</a>             2009-02-01 10:22  120M
<a href="mro_psp10.bsp">mro_psp10.bsp</a>            2009-05-01 10:22  120M
<a href="mro_psp10.bsp.lbl">mro_psp10.bsp.lbl</a>        2009-05-01 10:22  2.1K
<a href="https://elsewhere.example/pub/naif/MRO/kernels/spk/mro_psp99.bsp">elsewhere</a>
<a href="../other/mro_psp98.bsp">another folder</a>
</pre></body></html>
"""


def test_the_newest_of_a_listing(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Of a listing the last file of the pattern arrives, numbers compared as numbers, if it holds its target."""
    kernel = tmp_path_factory.mktemp("kernel") / "orbit.bsp"
    write_spk(MESSAGE, kernel, target=-74)
    place.web.replies = [content(LISTING.encode(), "text/html"), content(kernel.read_bytes())]
    spk = {
        "id": "MRO",
        "path": "ephemerides/mro_*.bsp",
        "source": f"{place.web.url}/pub/naif/MRO/kernels/spk/mro_psp*.bsp",
    }
    place.lay_out({**spk, "naif_id": -74})
    (outcome,) = place.fetch()

    assert outcome.state == "arrived"
    assert [path for path, _ in place.web.requests][1] == "/pub/naif/MRO/kernels/spk/mro_psp10.bsp"
    assert place.files() == ["ephemerides/mro_20261125T120030Z.bsp"]
    (entry,) = read_ledger(place.directory).files
    assert entry.origin.endswith("/mro_psp10.bsp")

    place.lay_out({**spk, "naif_id": -53})
    place.waiting.now = NOW + 60.0
    place.web.replies = [content(LISTING.encode(), "text/html"), content(kernel.read_bytes() + b" ")]
    (outcome,) = place.fetch()
    assert "a kernel must hold its target, got -53" in outcome.words


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            content(b"<html><a href='x.bsp'>x.bsp</a></html>", "text/html"),
            "must hold a file of the pattern, got 'mro_*",
        ),
        (content(LISTING.encode(), "text/html"), "a kernel must begin with DAF/SPK, got 'no kerne'"),
    ],
    ids=["none", "no kernel"],
)
def test_listings_that_lead_nowhere(place: Place, reply: Reply, words: str) -> None:
    """A listing without such a file, and a file that is no kernel, are told; nothing arrives."""
    place.web.replies = [reply]
    place.web.always = content(b"no kernel at all")
    place.lay_out({"id": "MRO", "path": "e/mro_*.bsp", "source": f"{place.web.url}/pub/naif/MRO/kernels/spk/mro_*.bsp"})
    (outcome,) = place.fetch()

    assert words in outcome.words
    assert place.files() == []


def test_needed_kernels_come_too(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A kernel that others rest on is retrieved under its one name, and attributed like the others."""
    kernel = tmp_path_factory.mktemp("kernel") / "orbit.bsp"
    write_spk(MESSAGE, kernel, target=-74)
    place.web.always = content(kernel.read_bytes())
    more = f'kernels = ["kernels/mar097.bsp"]\nkernel_sources = ["{place.web.url}/mar097.bsp"]'
    place.lay_out(
        {"id": "MRO", "naif_id": -74, "path": "e/mro_*.bsp", "source": f"{place.web.url}/mro.bsp", "more": more}
    )
    outcomes = place.fetch()

    assert [outcome.state for outcome in outcomes] == ["arrived", "arrived"]
    assert place.files() == ["e/mro_20261125T120030Z.bsp", "kernels/mar097.bsp"]


NOT_UPDATED = (  # as CelesTrak says it, with status 403 or 200
    b"GP data has not updated since your last successful download of GROUP=stations at 2026-11-25 12:00:30 UTC.\n"
    b"Data is updated once every 2 hours.\n"
)
STATIONS = {"path": "ephemerides/stations_*.json", "source": "celestrak:GROUP=stations"}


def test_celestrak_is_asked_once_for_all_and_no_more_than_it_wants(place: Place) -> None:
    """Objects of one group share one download, and within two hours it is not asked again."""
    place.web.always = content(json_text().encode(), "application/json")
    place.lay_out({"id": "ISS", **STATIONS}, {"id": "CSS", **STATIONS})
    (first,) = place.fetch()
    place.waiting.now = NOW + 7100.0
    (second,) = place.fetch()
    place.waiting.now = NOW + 7201.0
    (third,) = place.fetch()

    assert (first.object_ids, first.state) == (("ISS", "CSS"), "arrived")
    assert second.state == "waiting"
    assert "until 2026-11-25T14:00:30 UTC" in second.words
    assert third.state == "unchanged"
    assert [path for path, _ in place.web.requests] == ["/NORAD/elements/gp.php?GROUP=stations&FORMAT=JSON"] * 2
    assert place.files() == ["ephemerides/stations_20261125T120030Z.json"]


@pytest.mark.parametrize("reply", [status(403, NOT_UPDATED), content(NOT_UPDATED)], ids=["403", "200"])
def test_celestrak_has_nothing_new(place: Place, reply: Reply) -> None:
    """Its word that nothing changed is no failure, whichever status it comes with, and what is here stays current."""
    place.web.always = content(json_text().encode(), "application/json")
    place.lay_out({"id": "ISS", **STATIONS})
    place.fetch()
    place.web.always = reply
    place.waiting.now = NOW + 7201.0
    (outcome,) = place.fetch()

    assert outcome.state == "unchanged"
    assert place.fetch()[0].state == "waiting"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'Invalid query: "GROUP=stations"', "must answer with element sets, got 'Invalid query"),
        (b"No GP data found", "got 'No GP data found'"),
        (b"[]", "must answer with element sets"),
        (b'[{"OBJECT_NAME": "ISS"}]', "must answer with element sets"),
        (json_text().encode()[:-40], "stations_20261125T120030Z.json"),
        (json_text({"NORAD_CAT_ID": 6}).encode(), "must hold the object's catalogue number, got 5"),
    ],
)
def test_celestrak_says_something_else(place: Place, body: bytes, words: str) -> None:
    """Words instead of element sets, none, or incomplete ones, do not arrive."""
    place.web.always = content(body)
    place.lay_out({"id": "ISS", **STATIONS, "more": "target = 5"})
    (outcome,) = place.fetch()

    assert words in outcome.words
    assert place.files() == []


@pytest.mark.parametrize(
    ("suffix", "form", "text"),
    [("xml", "XML", xml()), ("csv", "CSV", csv_text()), ("kvn", "KVN", kvn()), ("tle", "TLE", f"{NAME}\n{TLE}")],
)
def test_every_form_of_element_sets(place: Place, suffix: str, form: str, text: str) -> None:
    """The name of the place says in which form the sets are asked for, and they arrive as they came."""
    place.web.always = content(text.encode())
    place.lay_out({"id": "ISS", "path": f"e/five_*.{suffix}", "source": "celestrak:CATNR=5"})
    (outcome,) = place.fetch()

    assert outcome.state == "arrived"
    assert place.web.requests[0][0] == f"/NORAD/elements/gp.php?CATNR=5&FORMAT={form}"
    assert (place.directory / f"e/five_20261125T120030Z.{suffix}").read_bytes() == text.encode()


def test_a_folder_into_which_others_deliver(place: Place) -> None:
    """The newest settled file of a folder arrives once; one that still changes is waited for."""
    drop = place.directory / "drop"
    drop.mkdir()
    place.lay_out({**DROP, "source": "folder:drop/iss_*.oem"})
    unix_ns = round(NOW.datetime_utc().timestamp()) * 10**9
    for name, age_s in (("iss_old.oem", 4000), ("iss_new.oem", 100)):
        (drop / name).write_text(OEM + "\n" * age_s)
        os.utime(drop / name, ns=(unix_ns - age_s * 10**9,) * 2)
    first, again = place.fetch()[0], place.fetch()[0]
    (drop / "iss_now.oem").write_text(OEM + "\n")
    os.utime(drop / "iss_now.oem", ns=(unix_ns - 10**9,) * 2)
    early = place.fetch()[0]
    place.waiting.now = NOW + 100.0
    late = place.fetch()[0]

    assert [outcome.state for outcome in (first, again, early, late)] == ["arrived", "unchanged", "failed", "arrived"]
    assert (place.directory / "ephemerides/iss_20261125T120030Z.oem").read_text() == OEM + "\n" * 100
    assert "must not have changed for 60 s" in early.words
    assert read_ledger(place.directory).files[-1].origin == "iss_now.oem"


def test_what_is_no_file_in_a_folder(place: Place) -> None:
    """A folder or a link to nowhere in a folder is no delivery; the failure keeps no other source from being asked."""
    place.lay_out({**DROP, "source": "folder:drop/iss_*.oem"}, MRO)
    place.web.always = FakeHorizons(bodies={-74: ORBITER})
    (place.directory / "drop" / "iss_1.oem").mkdir(parents=True)
    (place.directory / "drop" / "iss_2.oem").symlink_to("nowhere")
    first, second = place.fetch()

    assert (first.state, second.state) == ("failed", "arrived")
    assert "a folder must hold a file of the pattern" in first.words


def test_one_that_is_gone_does_not_keep_the_others_from_theirs(place: Place) -> None:
    """Of a group that several objects share, the file arrives although it lacks one of them."""
    place.web.always = content(json_text().encode(), "application/json")
    place.lay_out({"id": "GONE", **STATIONS, "more": "target = 6"}, {"id": "FIVE", **STATIONS, "more": "target = 5"})
    (outcome,) = place.fetch()

    assert outcome.state == "arrived"


def test_a_clock_set_back_does_not_stop_retrieval(place: Place) -> None:
    """A time before which a source is left alone is believed for a week at most."""
    place.web.always = content(json_text().encode(), "application/json")
    place.lay_out({"id": "ISS", **STATIONS})
    place.waiting.now = NOW + 3650 * 86_400.0
    place.fetch()
    place.waiting.now = NOW

    assert place.fetch()[0].state == "unchanged"


def test_clocks_that_differ_are_told(place: Place) -> None:
    """Where this machine's clock and the source's differ by minutes, the outcome says so."""
    place.web.always = FakeHorizons(bodies={-74: ORBITER})
    place.lay_out(MRO)
    place.waiting.now = NOW + 3600.0

    assert place.fetch()[0].words.endswith("; this machine's clock is +3600 s from the source's")


@pytest.mark.parametrize("number", range(7))
def test_a_full_disk_leaves_nothing_half_written(place: Place, number: int) -> None:
    """Whichever change of the disk fails, the last good file and ledger stay readable, and the next run succeeds."""
    place.lay_out(MRO)
    place.web.always = FakeHorizons(bodies={-74: ORBITER})
    place.fetch()
    (good,) = place.files()
    before = (place.directory / good).read_bytes()
    place.waiting.now = NOW + 3600.0
    with failing_at(number, errno.ENOSPC, below=place.directory) as failure, suppress(OSError):
        place.fetch()
    assert (place.directory / good).read_bytes() == before
    assert read_ledger(place.directory).files[0].file == good
    assert all(name.endswith("Z.oem") and name.startswith("ephemerides/mro_") for name in place.files())
    for name in place.files():
        parse_oem((place.directory / name).read_bytes(), name)
    place.waiting.now = NOW + 7200.0

    assert failure.happened == (number < 6)
    assert place.fetch()[0].state == "arrived"


def test_when_to_ask_again(place: Place) -> None:
    """A source is due when not asked within the hours configured, an hour after a failure, or if a clock went back."""
    place.web.always = FakeHorizons(bodies={-74: ORBITER})
    place.lay_out(MRO)
    config, _ = load_config(place.directory / "nearpass.toml")
    assert len(due(config, place.directory, NOW)) == 1
    place.fetch()

    assert [len(due(config, place.directory, NOW + later_s)) for later_s in (21_599.0, 21_600.0, -60.0)] == [0, 1, 1]
    place.web.always = status(404)
    place.fetch()
    assert [len(due(config, place.directory, NOW + later_s)) for later_s in (3599.0, 3600.0)] == [0, 1]


def test_a_folder_is_due_when_it_has_news(place: Place) -> None:
    """A folder is due for a settled file that was not tried yet, whether it was of use or not, and for no other."""
    place.lay_out({**DROP, "source": "folder:drop/iss_*.oem"})
    config, _ = load_config(place.directory / "nearpass.toml")
    (place.directory / "drop").mkdir()
    unix_ns = round(NOW.datetime_utc().timestamp()) * 10**9
    seen = [due(config, place.directory, NOW)]
    for name, text in (("iss_1.oem", OEM), ("iss_2.oem", "no ephemeris")):
        path = place.directory / "drop" / name
        path.write_text(text)
        os.utime(path, ns=(unix_ns,) * 2)
        unix_ns += 10**9
        seen += [due(config, place.directory, NOW + 30.0), due(config, place.directory, NOW + 100.0)]
        place.waiting.now = NOW + 100.0
        place.fetch()
        seen.append(due(config, place.directory, NOW + 100.0))

    assert [len(each) for each in seen] == [0, 0, 1, 0, 0, 1, 0]


def test_one_object_alone(place: Place) -> None:
    """With an object named, only its sources are asked; one that does not exist is refused."""
    place.web.always = FakeHorizons(bodies={-74: ORBITER, -143: RELAY})
    place.lay_out(MRO, TGO)
    config, _ = load_config(place.directory / "nearpass.toml")

    assert [outcome.object_ids for outcome in place.fetch(only="TGO")] == [("TGO",)]
    with pytest.raises(ConfigError, match="must be in the configuration, got 'HOPE'"):
        errands(config, "HOPE")


def test_what_a_killed_retrieval_left_goes(place: Place) -> None:
    """A part of a file under its hidden name is no delivery, and the next retrieval removes it."""
    place.web.always = FakeHorizons(bodies={-74: ORBITER})
    place.lay_out(MRO)
    (place.directory / "ephemerides").mkdir()
    (place.directory / "ephemerides" / ".mro_20261125T110030Z.oem.part").write_text("half of")
    config, _ = load_config(place.directory / "nearpass.toml")
    seen = deliveries(config, place.directory)
    place.fetch()

    assert seen == ()
    assert place.files() == ["ephemerides/mro_20261125T120030Z.oem"]
