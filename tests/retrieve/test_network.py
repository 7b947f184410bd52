"""The real services, where there is a network; they change, and this says when they have."""

import os
import socket
import time
from pathlib import Path

import pytest

from nearpass.astro.epochs import Epoch
from nearpass.config import load_config
from nearpass.cycle.pipeline import setting_of
from nearpass.ingest import ingest
from nearpass.retrieve import Outside, errands, retrieve

SERVICE = "ssd.jpl.nasa.gov"
PASSING = ("must be reachable", "must not be silent", "cut off", "not with 5", "not with 429")
"""What a service that is busy or out of reach comes to; that is no fault of ours."""
CONFIG = """\
[cycle]
body = "MARS"
span_days = 2.0
limit_km = 100
[alert.red]
cad_km = 3
[alert.yellow]
cad_km = 10
[fetch]
hosts = ["ssd.jpl.nasa.gov"]
timeout_s = 30
tries = 2
[[object]]
id = "MRO"
name = "MRO"
naif_id = -74
hbr_m = 7.6
ephemeris = [{ path = "e/mro_*.oem", source = "horizons", originator = "JPL" }]
[[object]]
id = "PHOBOS"
name = "Phobos"
naif_id = 401
radius_km = 13
ephemeris = [{ path = "e/phobos_*.oem", source = "horizons", originator = "JPL" }]
"""


def _no_network() -> str | None:
    """Why the real service cannot be asked."""
    try:
        socket.create_connection((SERVICE, 443), timeout=3.0).close()
    except OSError as error:
        return f"{SERVICE} is out of reach: {error}"
    return None


REASON = _no_network()


@pytest.mark.network
@pytest.mark.skipif(REASON is not None, reason=str(REASON))
def test_horizons_gives_what_can_be_screened(tmp_path: Path) -> None:
    """A spacecraft and a moon arrive from JPL Horizons and cover the window of a cycle."""
    (tmp_path / "nearpass.toml").write_text(CONFIG)
    config, _ = load_config(tmp_path / "nearpass.toml")
    now = Epoch.from_unix_ns(time.time_ns())
    outside = Outside(instant=lambda: now, sleep=time.sleep, environment=os.environ)
    outcomes = list(retrieve(errands(config), config, tmp_path, outside, stage=lambda _title, _steps: lambda _: None))
    for outcome in outcomes:
        if any(words in outcome.words for words in PASSING):
            pytest.skip(f"the service does not answer now: {outcome.words}")
    results = ingest(config, setting_of(config, tmp_path, now), lambda _: None)

    assert [outcome.state for outcome in outcomes] == ["arrived", "arrived"], [each.words for each in outcomes]
    for result in results:
        assert result.trajectory is not None
        assert sum(stop - start for start, stop in result.trajectory.spans_s) == pytest.approx(2 * 86_400.0)
