"""The commands on conjunction data messages."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import LOW, Kepler, write_workspace
from nearpass.messages.cdm_read import parse_cdm
from nearpass.messages.cdm_write import write_cdm_json

CDMS = Path(__file__).parent / "data" / "cdm"
AT = "2021-03-17T00:00:00"
ALFANO_3_PC_2D = 0.100351017  # Alfano 2009 (AAS 09-233), case 3, by CARA's rerun
ALFANO_3_MONTE_CARLO = 0.10034086  # the same, 1e8 trials
PRINTED = 1e-8  # the figure's last digit
MESSAGE_ROUNDING = 1e-3  # the message's own states and covariances have eight digits
SHARE_SAMPLED = 0.01  # the share of entries that are a pair's first, from 4000 draws

Nearpass = Callable[..., tuple[int, str, str]]


def test_pc_of_a_published_message(nearpass: Nearpass) -> None:
    """Alfano's case 3 has its published probability by the encounter plane and in three dimensions."""
    code, out, _ = nearpass("pc", CDMS / "alfano_2009_case_03.kvn", "--hbr-m", 15, "--json")
    found = json.loads(out)

    assert code == 0
    assert {"miss_km", "pc", "method", "methods", "max_pc", "in_dilution"} <= set(found)
    assert found["methods"]["FOSTER-1992"] == pytest.approx(ALFANO_3_PC_2D, rel=MESSAGE_ROUNDING)
    assert found["methods"]["HALL-2021-3D-NC"] == pytest.approx(ALFANO_3_MONTE_CARLO, rel=MESSAGE_ROUNDING)
    assert all(found["methods"][name] is not None or found["reasons"][name] for name in found["methods"])


def test_pc_in_words_says_what_it_rests_on(nearpass: Nearpass) -> None:
    """The text holds the probability, the method, each method's value or reason, and the maximum."""
    _, out, _ = nearpass("pc", CDMS / "itrf_ion_starlink.kvn", "--hbr-m", 15)

    assert "by FOSTER-1992" in out
    assert "MONTE-CARLO" in out
    assert "not asked for" in out
    assert "maximum Pc" in out


def test_pc_needs_a_hard_body_radius(nearpass: Nearpass) -> None:
    """A message without a radius and without the option is refused in one line."""
    code, _, err = nearpass("pc", CDMS / "itrf_ion_starlink.kvn")

    assert code == 8
    assert "hard-body radius" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [("pc", "no-such-file.cdm"), ("pc", __file__)])
def test_what_is_no_message_is_refused(nearpass: Nearpass, words: tuple[str, str]) -> None:
    """A missing file and a file that is no message give one line and the code of a refused input."""
    code, _, err = nearpass(*words, "--hbr-m", 10)

    assert code == 8
    assert err.count("\n") == 1


def test_our_own_message_compares_as_equal(nearpass: Nearpass, tmp_path: Path) -> None:
    """A message that we published differs from our event by nothing, and its probability is the page's."""
    orbits = {"LOW": LOW, "NEAR": Kepler(LOW.a_km + 3.0, LOW.e, 1.0, node_rad=0.2, mean_anomaly_rad=0.05)}
    config = write_workspace(tmp_path, orbits=orbits, limit_km=2000.0)
    nearpass("run", "--config", config, "--at", AT)
    message = next((tmp_path / "public").rglob("*.cdm"))
    code, out, _ = nearpass("compare", message, "--config", config, "--json")
    rows = json.loads(out)["rows"]

    assert code == 0
    assert json.loads(out)["event_id"] == message.stem
    assert rows["miss distance"][2] == pytest.approx(0.0, abs=1e-9)
    assert rows["TCA"][2] == pytest.approx(0.0, abs=1e-9)

    own = parse_cdm(message.read_bytes(), message.name)
    summary = {
        "CDM_ID": "7", "TCA": own.relative.tca.iso(digits=6), "MIN_RNG": "125", "PC": None,
        "SAT_1_ID": own.object2.designator, "SAT_2_ID": own.object1.designator,
    }  # fmt: skip
    listed = tmp_path / "listed.json"
    listed.write_text(json.dumps([json.loads(write_cdm_json(own)), summary, summary | {"SAT_1_ID": "99999"}]))
    code, out, err = nearpass("compare", listed, "--config", config, "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(one["summary"], one["event_id"]) for one in told] == [(False, message.stem), (True, message.stem)]
    assert told[1]["rows"]["miss distance"][1:3] == ["125 (MIN_RNG, no unit given)", None]
    assert "1 of 3 messages are of no event" in err

    later = tmp_path / "later.cdm"
    later.write_text(message.read_text().replace("2021-03-17", "2021-03-19").replace("2021-03-18", "2021-03-20"))
    code, _, err = nearpass("compare", later, "--config", config)
    assert code == 8
    assert "must hold an event within half a period of the message's TCA" in err


@pytest.mark.parametrize("radius_m", ["inf", "nan", "-1"])
def test_a_radius_that_is_no_size_is_refused(nearpass: Nearpass, radius_m: str) -> None:
    """A radius that is infinite, no number or negative gives one message and no traceback."""
    code, _, err = nearpass("pc", CDMS / "itrf_ion_starlink.kvn", f"--hbr-m={radius_m}")

    assert code in {2, 8}
    assert "radius must be positive and finite" in err or "is not in the range" in err
    assert "Traceback" not in err


def test_a_simulation_without_a_hit_says_how_much_that_excludes(nearpass: Nearpass) -> None:
    """Its interval stands beside the zero; of no hit in n trials its upper end at 95 % is 1 - 0.025 ** (1 / n)."""
    trials = 1000
    message = CDMS / "itrf_ion_starlink.kvn"
    _, out, _ = nearpass("pc", message, "--hbr-m", 1e-3, "--monte-carlo", trials)
    high = 1.0 - 0.025 ** (1.0 / trials)  # Clopper and Pearson 1934

    assert f"simulated: between {0.0:.6e} and {high:.6e} at 95%, from {trials} pairs" in out


def test_an_unknown_centre_is_refused_with_the_file(nearpass: Nearpass, tmp_path: Path) -> None:
    """A message about a centre that is no known body names itself in the one line."""
    text = (CDMS / "itrf_ion_starlink.kvn").read_text()
    path = tmp_path / "odd.kvn"
    path.write_text(re.sub(r"(REF_FRAME\s*=.*)", r"ORBIT_CENTER = VULCAN\n\1", text))
    code, _, err = nearpass("pc", path, "--hbr-m", 10)

    assert code == 8
    assert "odd.kvn" in err
    assert err.count("\n") == 1


def test_pc_counts_the_span_that_is_asked_for(nearpass: Nearpass) -> None:
    """Without a span the answer says which time was counted; with one, that one; more time never lowers it."""
    message = CDMS / "alfano_2009_case_03.kvn"
    alone = json.loads(nearpass("pc", message, "--hbr-m", 15, "--json")[1])
    half = json.loads(nearpass("pc", message, "--hbr-m", 15, "--span-h", 6, "--json")[1])
    day = json.loads(nearpass("pc", message, "--hbr-m", 15, "--span-h", 24, "--json")[1])

    assert -60.0 < alone["span_s"][0] < 0.0 < alone["span_s"][1] < 60.0
    assert half["span_s"] == [-10_800.0, 10_800.0]
    assert day["span_s"] == [-43_200.0, 43_200.0]
    assert half["pc"] == pytest.approx(ALFANO_3_MONTE_CARLO, rel=MESSAGE_ROUNDING)
    assert day["method"] == "HALL-2021-3D-NC"
    assert day["pc"] >= half["pc"] * (1.0 - SHARE_SAMPLED)
    assert alone["warning"] is None


def test_a_message_of_a_slow_pair_warns_and_gives_both(nearpass: Nearpass, tmp_path: Path) -> None:
    """A pair whose encounter lasts too long for one passage: a warning, and a revolution either way beside it."""
    text = (CDMS / "alfano_2009_case_03.kvn").read_text()
    first, second = text.split("OBJECT2", 1)
    for key in ("X_DOT", "Y_DOT", "Z_DOT"):
        own = re.search(rf"^{key}\s*=\s*(\S+)", first, re.MULTILINE)[1]
        other = re.search(rf"^{key}\s*=\s*(\S+)", second, re.MULTILINE)[1]
        slow = float(own) + (float(other) - float(own)) / 2000.0
        second = re.sub(rf"^({key}\s*=\s*)\S+", rf"\g<1>{slow:.15f}", second, count=1, flags=re.MULTILINE)
    message = tmp_path / "slow.cdm"
    message.write_text(f"{first}OBJECT2{second}")
    found = json.loads(nearpass("pc", message, "--hbr-m", 15, "--json")[1])
    _, out, _ = nearpass("pc", message, "--hbr-m", 15)

    assert "slow pair" in found["warning"]
    assert found["wider"]["span_s"][1] > 3.5 * found["span_s"][1]
    assert found["wider"]["pc"] != found["pc"]
    assert "WARNING: a slow pair" in out
    assert "counted: collisions from" in out
