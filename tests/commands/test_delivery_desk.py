"""What each source owes, through whole cycles: on the front page, on its own page, and in the receipt."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

from fleets import write_workspace

Command = Callable[..., tuple[int, str, str]]


def test_an_overdue_delivery_is_named_first_and_in_its_receipt(tmp_path: Path, nearpass: Command) -> None:
    """Owed daily at noon, made before 16 March at noon, looked at on the 17th at 0:10: overdue for 12 h 10 min."""
    config = write_workspace(tmp_path, span_days=0.1, limit_km=300.0)
    text = config.read_text()
    config.write_text(
        text.replace('path = "ephemerides/low', 'every_hours = 24\ndue = 2021-03-14T12:00:00Z\npath = "ephemerides/low')
    )
    for path in (tmp_path / "ephemerides").glob("*.oem"):
        path.write_text(re.sub(r"CREATION_DATE *= .*", "CREATION_DATE = 2021-03-15T11:00:00", path.read_text()))
    for at in ("2021-03-17T00:00", "2021-03-17T00:10"):
        assert nearpass("run", "--config", config, "--jobs", 1, "--at", at)[0] == 0
    front = (tmp_path / "public/index.html").read_text()
    page = (tmp_path / "public/cycles/2021/03/17/T0010Z/deliveries.html").read_text()

    words = "Overdue: LOW orbiter&#39;s ephemeris was due 16 March 2021 12:00 UTC, 12 h 10 min ago."
    assert words in front
    assert words in page
    assert "no schedule" in page
    folder = tmp_path / "receipts/TEST"
    assert {path.name[:16] for path in folder.iterdir()} == {"2021-03-17T0000Z"}  # each delivery once, by its first run
    assert len(list(folder.glob("*.txt"))) == len(list(folder.glob("*.json"))) == 3
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
    assert nearpass("receipts", "--config", config)[0] == 0
    told = [json.loads(path.read_text()) for path in folder.glob("2021-03-17T0010Z*.json")]
    assert {one["object"]: one["next_due_utc"] for one in told} == {
        "LOW": "2021-03-17T12:00:00.000Z", "ECC": None, "POLAR": None,
    }  # fmt: skip
    assert {one["late_s"] for one in told if one["object"] == "LOW"} == {43_800.0}
    assert nearpass("verify", "--config", config, "--rescreen", "2021-03-17T0010Z")[0] == 0


def test_a_run_writes_a_receipt_for_what_is_new_refused_or_not_yet_receipted(tmp_path: Path, nearpass: Command) -> None:
    """A second delivery and one that is refused have their own, with the reason; one that was lost is made again."""
    config = write_workspace(tmp_path, span_days=0.1, limit_km=300.0)
    first = tmp_path / "ephemerides/low_1.oem"
    text = first.read_text()
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:00")[0] == 0
    folder = tmp_path / "receipts/TEST"
    for path in folder.glob("*-ECC-*"):
        path.unlink()
    second = re.sub(r"CREATION_DATE *= .*", "CREATION_DATE = 2021-03-16T23:30:00", text)
    (tmp_path / "ephemerides/low_2.oem").write_text(second)
    broken = re.sub(r"CREATION_DATE *= .*", "CREATION_DATE = 2021-03-16T23:45:00", text)
    (tmp_path / "ephemerides/low_3.oem").write_text(re.sub(r"STOP_TIME *= .*", "STOP_TIME = 2000-01-01", broken))
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:10")[0] == 4

    told = {
        (one["object"], one["file"]): one
        for one in (json.loads(path.read_text()) for path in folder.glob("2021-03-17T0010Z*.json"))
    }
    assert set(told) == {("ECC", "ecc_1.oem"), ("LOW", "low_2.oem"), ("LOW", "low_3.oem")}
    assert told["LOW", "low_2.oem"]["used_for"] == "the ephemeris in use of LOW"
    assert told["LOW", "low_2.oem"]["sha256"] == hashlib.sha256(second.encode()).hexdigest()
    assert told["LOW", "low_3.oem"]["grade"] == "refused"
    assert "STOP_TIME" in told["LOW", "low_3.oem"]["refusal"]


def test_nothing_is_owed_of_what_flies_no_more(tmp_path: Path, nearpass: Command) -> None:
    """The same daily schedule after the end of the object's life: neither overdue nor scheduled."""
    config = write_workspace(tmp_path, span_days=0.1, limit_km=300.0)
    text = config.read_text()
    config.write_text(
        text.replace('id = "LOW"', 'id = "LOW"\nuntil = 2021-03-16T00:00:00Z').replace(
            'path = "ephemerides/low', 'every_hours = 24\ndue = 2021-03-14T12:00:00Z\npath = "ephemerides/low'
        )
    )
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:00")[0] == 0

    assert "Overdue:" not in (tmp_path / "public/index.html").read_text()
