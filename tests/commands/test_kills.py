"""A run that dies before any change of the file system: sites and register of all editions are complete afterwards.

The process does not die: from the change on none is made, whatever cleans up, as if it had. One that does die is
killed in test_interruptions.py.
"""

import random
import shutil
from pathlib import Path

from faults import DEAD, Died, failing_at
from interrupted import FIRST, SECOND, THIRD, faults, lay_out, run_stub
from stub_cycles import bare

KILLS = 12
EDITIONS = """
[[edition]]
id = "own"
everything = true
[[edition]]
id = "public"
audience = "everybody"
levels = ["CLEAR"]
[[edition]]
id = "agencies"
audience = "two agencies"
parties = ["NASA", "CNSA"]
folder = "restricted/agencies"
"""


def test_whatever_a_run_dies_before_nothing_is_lost(tmp_path: Path) -> None:
    """Before changes all through a run that publishes three editions: nothing is broken, the next run completes it."""
    chance = random.Random(6)  # noqa: S311 - repeatable trials, no secret
    start = tmp_path / "start"
    lay_out(start, EDITIONS)
    with bare():
        run_stub(start, FIRST)
        assert faults(start, settled=True) == []
        shutil.copytree(start, tmp_path / "counted")
        with failing_at(-1, DEAD, below=tmp_path / "counted") as counted:
            run_stub(tmp_path / "counted", SECOND)
        died = 0
        for number in sorted(chance.sample(range(counted.seen), KILLS)):
            directory = tmp_path / str(number)
            shutil.copytree(start, directory)
            with failing_at(number, DEAD, below=directory):
                try:
                    run_stub(directory, SECOND)
                except Died:
                    died += 1
            assert faults(directory, settled=False) == []
            run_stub(directory, THIRD)
            assert faults(directory, settled=True) == []
            shutil.rmtree(directory)

    assert died == KILLS
    assert counted.seen > 100
