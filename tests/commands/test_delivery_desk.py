"""What each source owes, through whole cycles: on the front page, on its own page, and in the receipt."""

from __future__ import annotations

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
    assert nearpass("receipts", "--config", config)[0] == 0
    told = [json.loads(path.read_text()) for path in (tmp_path / "receipts/TEST").glob("*.json")]
    assert {one["object"]: one["next_due_utc"] for one in told} == {
        "LOW": "2021-03-17T12:00:00.000Z", "ECC": None, "POLAR": None,
    }  # fmt: skip
    assert {one["late_s"] for one in told if one["object"] == "LOW"} == {43_800.0}
    assert nearpass("verify", "--config", config, "--rescreen", "2021-03-17T0010Z")[0] == 0
