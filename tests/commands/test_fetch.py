"""The command that retrieves, alone and before cycles."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fake_horizons import FakeBody, FakeHorizons
from interrupted import CONFIG, stubbed
from nearpass.archive.archive import Archive
from nearpass.commands import World, cli
from nearpass.commands.workspaces import TEMPLATES
from nearpass.config import load_config
from nearpass.ingest.ledger import read_ledger
from stub_cycles import quick
from web import NOW, Web, content, serving, status

Nearpass = Callable[..., tuple[int, str, str]]
OEM_LIKE = b"CCSDS_OEM_VERS = 2.0\n"


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as found:
        yield found


@pytest.fixture
def config(tmp_path: Path, web: Web) -> Path:
    """A workspace whose first object has a source; Horizons answers for nobody."""
    web.always = FakeHorizons(bodies={})
    fetch = f'[fetch]\nhosts = ["{web.host}"]\ntries = 1\nhorizons = "{web.url}/api"\n'
    text = CONFIG.replace('path = "a*.oem"', 'path = "e/a_*.oem", source = "horizons:-74"') + fetch
    (tmp_path / "nearpass.toml").write_text(text)
    return tmp_path / "nearpass.toml"


def test_a_failure_has_its_exit_code(nearpass: Nearpass, config: Path) -> None:
    """A source that gives nothing is told in one line, with the exit code of a refused delivery."""
    code, out, err = nearpass("fetch", "--config", config, "--log", config.parent / "log.jsonl")

    assert (code, out) == (4, "")
    assert err == "A: the Horizons number must name a body; no matches found\n"
    assert '"event": "retrieval_failed"' in (config.parent / "log.jsonl").read_text()


def test_a_dry_run_asks_nothing(nearpass: Nearpass, config: Path, web: Web) -> None:
    """With --dry-run it is said what would be asked of whom; no host is asked and nothing is written."""
    code, out, _ = nearpass("fetch", "--config", config, "--dry-run")

    assert (code, out) == (0, f"A: horizons:-74 from {web.url}/api into e/a_*.oem\n")
    assert web.requests == []
    assert [path.name for path in config.parent.iterdir()] == ["nearpass.toml"]


def test_a_configuration_without_sources(nearpass: Nearpass, config: Path, web: Web) -> None:
    """Where no source is configured, it is said how to configure one."""
    code, out, _ = nearpass("fetch", "--config", config, "--object", "B")

    assert (code, out) == (0, "no source is configured: add source = ... beside a path\n")
    assert web.requests == []


def test_an_object_that_does_not_exist(nearpass: Nearpass, config: Path) -> None:
    """An id that the configuration does not hold is refused as a fault of the question."""
    code, _, err = nearpass("fetch", "--config", config, "--object", "HOPE")

    assert code == 3
    assert "must be in the configuration, got 'HOPE'" in err


def test_a_cycle_runs_although_nothing_was_retrieved(nearpass: Nearpass, config: Path, web: Web) -> None:
    """With --fetch the sources are asked first; a failure leaves what is here, and the exit code tells it."""
    web.always = status(503)
    with stubbed():
        code, out, err = nearpass("run", "--config", config, "--fetch", "--jobs", 1)

    assert code == 4
    assert err.startswith("A: the host must answer with what was asked for, not with 503 Service Unavailable")
    assert out.strip().endswith("index.html")


def test_watch_retrieves(nearpass: Nearpass, config: Path, web: Web) -> None:
    """Watching asks the sources when they are due: at the first look, and not again at once."""
    with stubbed():
        first, _, _ = nearpass("watch", "--config", config, "--once", "--settle", 0)
        nearpass("watch", "--config", config, "--once", "--settle", 0)

    assert first == 0
    assert len(web.requests) == 1
    assert read_ledger(config.parent).attempts["horizons:-74 -> e/a_*.oem"].failure is not None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("hosts = [", "hosts = []\n#", "the host of a source must be named in fetch.hosts: 127.0.0.1"),
        ("horizons:-74", "horizons:MRO", "must read horizons or horizons:NUMBER"),
        ("horizons:-74", "horizons", "needs its number, or the object a naif_id"),
        ("horizons:-74", "ftp://a.example/b", "must begin with horizons, celestrak:, https:// or folder:"),
        ("horizons:-74", "http://a.example/b.oem", "must use https, unless fetch.hosts names http://a.example"),
        ("horizons:-74", "https://u:p@a.example/b", "must hold no user and password"),
        ("horizons:-74", "https://a.example/*/b.oem", "in the last part of an address only"),
        ("horizons:-74", "celestrak:stations", "must read celestrak:GROUP=name"),
        ("e/a_*.oem", "e/a.oem", "must hold one *, in its name"),
        ("e/a_*.oem", "../a_*.oem", "must lie in the workspace"),
        ("e/a_*.oem", "e/*", "must name its kind"),
        ("tries = 1", "trise = 1", "unknown key fetch.trise, did you mean 'tries'?"),
    ],
)
def test_a_source_that_breaks_a_rule(
    nearpass: Nearpass, config: Path, web: Web, old: str, new: str, words: str
) -> None:
    """What could not be retrieved, or must not, is refused when the configuration is read, with its line."""
    config.write_text(config.read_text().replace(old, new))
    code, _, err = nearpass("fetch", "--config", config)

    assert code == 3
    assert words in err
    assert "nearpass.toml:" in err
    assert web.requests == []


def test_plain_http_may_be_allowed(config: Path, web: Web) -> None:
    """A host named with http:// may be asked without TLS; the default stays HTTPS."""
    text = config.read_text().replace("horizons:-74", "http://drop.example/b.oem")
    config.write_text(text.replace('hosts = ["', 'hosts = ["http://drop.example", "'))
    web.always = content(OEM_LIKE)

    assert load_config(config)[0].fetch.hosts[0] == "http://drop.example"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_complete(nearpass: Nearpass, tmp_path: Path, name: str) -> None:
    """Each template is a valid configuration in which every object can be retrieved, from the hosts that it names."""
    code, out, _ = nearpass("init", tmp_path, "--template", name)
    config, text = load_config(tmp_path / "nearpass.toml")
    _, asked, _ = nearpass("fetch", "--config", tmp_path / "nearpass.toml", "--dry-run")

    assert code == 0
    assert "nearpass fetch" in out
    assert all(item.ephemeris[0].source is not None for item in config.objects)
    assert len(asked.splitlines()) >= len(config.objects) - 1
    assert all(re.search(rf"^{field} = .*# \S", text, re.MULTILINE) for field in ("hbr_m", "span_days"))
    assert re.findall(r"^(?:hbr_m|radius_km|naif_id) = [^#]*$", text.replace("naif_id = 40", "#"), re.MULTILINE) == []


def test_the_mars_template_is_the_whole_job(tmp_path: Path, web: Web) -> None:
    """init, fetch and run of the Mars template end in a site that screened whatever has an ephemeris, moving or not."""
    bodies = {
        -74: FakeBody(name="MRO (spacecraft)"),
        -53: FakeBody(name="Odyssey (spacecraft)", periapsis_km=3780.0, inclination_deg=93.1, anomaly_deg=80.0),
        -41: FakeBody(name="MEX (spacecraft)", periapsis_km=3730.0, eccentricity=0.57, inclination_deg=86.9),
        -143: FakeBody(name="TGO (spacecraft)", periapsis_km=3780.0, inclination_deg=74.0, anomaly_deg=200.0),
        -62: FakeBody(name="EMM (spacecraft)", periapsis_km=23_400.0, eccentricity=0.33, inclination_deg=25.0),
        -202: FakeBody(
            name="MAVEN (spacecraft)",
            periapsis_km=3546.0,
            eccentricity=0.38,
            inclination_deg=75.0,
            ends=datetime.fromisoformat("2026-03-01T00:58:50"),
        ),
        402: FakeBody(name="Deimos", periapsis_km=23_455.0, eccentricity=0.0003, inclination_deg=37.0),
    }
    web.always = FakeHorizons(bodies=bodies)
    world = World(instant=lambda: NOW, sleep=lambda _: None)
    path = tmp_path / "nearpass.toml"

    def command(*words: object) -> Result:
        return CliRunner().invoke(cli, [*map(str, words), "--config", str(path)], obj=world)

    CliRunner().invoke(cli, ["init", str(tmp_path), "--template", "mars-public"], obj=world)
    here = f'hosts = ["{web.host}"]\nhorizons = "{web.url}/api"'
    text = path.read_text().replace('hosts = ["ssd.jpl.nasa.gov"]', here)
    path.write_text(text.replace("span_days = 21", "span_days = 0.2"))
    fetched = command("fetch")
    with quick():
        ran = command("run", "--jobs", 1)
    archive = Archive(tmp_path / "archive")
    record = archive.load(str(archive.latest_id()))
    pages = {item.id: (tmp_path / "public" / "objects" / f"{item.id}.html").read_text() for item in record.objects}

    assert fetched.exit_code == 4  # two are unknown to this service
    assert [line.split(":")[0] for line in fetched.stderr.splitlines()] == ["MOM", "PHOBOS"]
    assert ran.exit_code == 4
    assert [line.split("(object ")[1] for line in ran.stderr.splitlines()] == ["MOM)", "PHOBOS)"]
    assert [item.id for item in record.objects if not item.coverage] == ["MOM"]  # of Phobos there is the theory
    assert "declared by the publisher, not delivered" in pages["MRO"]
    assert f"Retrieved from {web.url}/api" in pages["MRO"]
    assert f"Retrieved from {web.url}/api" in pages["MAVEN"]
    assert "Retrieval failed at" in pages["MOM"]
