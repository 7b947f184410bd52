"""Whatever stops a run, the site is the old or the new one, the archive verifies, and the next run succeeds."""

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import pytest
from filelock import FileLock

from faults import failing_at
from interrupted import (
    FIRST,
    SECOND,
    THIRD,
    faults,
    lay_out,
    processes,
    run_stub,
    run_stub_killed_at,
    run_stub_patiently,
)
from nearpass.archive.archive import Archive
from nearpass.archive.verify import verify_archive
from nearpass.commands import shared
from nearpass.errors import ArchiveError, NearpassError, OwnFault
from nearpass.publish import Workspace
from nearpass.status import failed
from stub_cycles import tree

KILLS = 2
"""Of a process that does die; deaths all through a run, with several editions, are in test_kills.py."""
FAULTS = 6
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one cycle."""
    directory = tmp_path_factory.mktemp("interrupted") / "start"
    lay_out(directory)
    run_stub(directory, FIRST)
    assert faults(directory, settled=True) == []
    return directory


def test_a_killed_run_leaves_the_old_or_the_new_site(start: Path, tmp_path: Path) -> None:
    """SIGKILL at random moments of a run: archive and site verify, links resolve, and the next run is as any other."""
    chance = random.Random(3)  # noqa: S311 - repeatable as far as processes are
    _timed(start, tmp_path / "first")  # starts what later processes are forked from
    whole_s = _timed(start, tmp_path / "whole")
    killed = 0
    for number in range(KILLS):
        directory = tmp_path / str(number)
        shutil.copytree(start, directory)
        process = processes.Process(target=run_stub, args=(directory, SECOND))
        process.start()
        process.join(chance.uniform(0.0, whole_s))
        process.kill()
        process.join()
        killed += process.exitcode != 0
        assert faults(directory, settled=False) == []
        run_stub(directory, THIRD)
        assert faults(directory, settled=True) == []
        shutil.rmtree(directory)

    assert killed > 0


def test_a_run_killed_between_two_changes(start: Path, tmp_path: Path) -> None:
    """SIGKILL right before a change of the file system, anywhere in a run: the same holds."""
    chance = random.Random(5)  # noqa: S311 - repeatable trials, no secret
    for number in sorted(chance.sample(range(_changes(start, tmp_path / "counted")), KILLS)):
        directory = tmp_path / str(number)
        shutil.copytree(start, directory)
        process = processes.Process(target=run_stub_killed_at, args=(directory, SECOND, number))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert faults(directory, settled=False) == []
        run_stub(directory, THIRD)
        assert faults(directory, settled=True) == []
        shutil.rmtree(directory)


def _changes(start: Path, directory: Path) -> int:
    """How many changes of the file system a run makes."""
    shutil.copytree(start, directory)
    with failing_at(-1, 0, below=directory) as failure:
        run_stub(directory, SECOND)
    return failure.seen


def _timed(start: Path, directory: Path) -> float:
    """How long an undisturbed run takes in its own process."""
    shutil.copytree(start, directory)
    began = time.perf_counter()
    process = processes.Process(target=run_stub, args=(directory, SECOND))
    process.start()
    process.join()
    assert process.exitcode == 0
    return time.perf_counter() - began


def test_a_failing_write_leaves_the_old_or_the_new_site(start: Path, tmp_path: Path) -> None:
    """ENOSPC, EIO and EACCES at changes of the file system all through a run: as after a kill, and told in one line."""
    changes = _changes(start, tmp_path / "counted")
    chance = random.Random(4)  # noqa: S311 - repeatable trials, no secret
    for trial, number in enumerate(sorted(chance.sample(range(changes), FAULTS))):
        directory = tmp_path / str(trial)
        shutil.copytree(start, directory)
        with failing_at(number, ERRORS[trial % 3], below=directory) as failure:
            try:
                run_stub(directory, SECOND)
            except NearpassError as error:
                assert "writable" in str(error) or "mkdocs" in str(error)  # noqa: PT017 - some faults do no harm
        assert failure.happened
        assert faults(directory, settled=False) == []
        run_stub(directory, THIRD)
        assert faults(directory, settled=True) == []
        shutil.rmtree(directory)

    assert changes > 10 * FAULTS


def test_a_run_beside_another_leaves_with_a_clear_word(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another run holds the workspace, a second one changes nothing and says why."""
    directory = tmp_path / "busy"
    shutil.copytree(start, directory)
    before = tree(directory / "public", directory / "archive")
    monkeypatch.setattr(shared, "LOCK_WAIT_S", 0.05)
    with FileLock(directory / ".nearpass.lock"), pytest.raises(ArchiveError, match="only one run at a time"):
        run_stub(directory, SECOND)

    assert tree(directory / "public", directory / "archive") == before


def test_two_runs_at_once_lose_nothing(start: Path, tmp_path: Path) -> None:
    """Two runs started together both end in archive and site, one after the other."""
    directory = tmp_path / "both"
    shutil.copytree(start, directory)
    runs = [processes.Process(target=run_stub_patiently, args=(directory, cutoff)) for cutoff in (SECOND, THIRD)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert [run.exitcode for run in runs] == [0, 0]
    assert verify_archive(Archive(directory / "archive")).cycles == 3
    assert faults(directory, settled=True) == []


def test_a_failed_run_is_told_by_the_status(start: Path, tmp_path: Path) -> None:
    """After a failure status.json names the error and still the last good cycle."""
    directory = tmp_path / "failed"
    shutil.copytree(start, directory)
    with failing_at(12, errno.ENOSPC, below=directory / "archive"), pytest.raises(NearpassError):
        run_stub(directory, SECOND)
    status = json.loads(Workspace(directory=directory).status.read_text())

    assert status["state"] == "failed"
    assert "No space left" in status["error"]["message"]
    assert status["last_good_cycle"]["cycle_id"] == "2021-03-30T0000Z"


def test_a_full_disk_is_told_by_the_status(start: Path, tmp_path: Path) -> None:
    """Where no file can be made any more, status.json is written over in place: whole JSON that says failed."""
    directory = tmp_path / "full"
    shutil.copytree(start, directory)
    path = Workspace(directory=directory).status
    with failing_at(0, errno.ENOSPC, below=directory) as failure:
        failed(path, "No space left on device", 6, SECOND)
    status = json.loads(path.read_text())
    with failing_at(0, errno.ENOSPC, below=directory):
        failed(path, "too long for the room that there is: " + "x" * 5000, 6, THIRD)
    later = json.loads(path.read_text())

    assert failure.happened
    assert (status["state"], status["error"]["exit_code"]) == ("failed", 6)
    assert (later["state"], later["at_utc"]) == ("failed", "2021-04-01T00:00:00Z")
    assert [left.name for left in directory.iterdir() if left.name.startswith(".status")] == []


def test_a_fault_of_our_own_is_told_by_the_status(start: Path, tmp_path: Path) -> None:
    """A run that dies of anything else than a known error says so in status.json as well, and keeps its traceback."""
    directory = tmp_path / "bug"
    shutil.copytree(start, directory)
    broken = patch("nearpass.commands.one_cycle.fingerprint", side_effect=ZeroDivisionError("no divisor"))
    with broken, pytest.raises(OwnFault, match="ZeroDivisionError"):
        run_stub(directory, SECOND)
    status = json.loads(Workspace(directory=directory).status.read_text())

    assert (status["state"], status["error"]["exit_code"]) == ("failed", 1)
    assert "ZeroDivisionError" in status["error"]["message"]
    assert status["last_good_cycle"]["cycle_id"] == "2021-03-30T0000Z"


def test_an_interruption_while_the_program_loads() -> None:
    """Ctrl-C before the first command runs ends in one line and the usual exit code, without a traceback."""
    program = """
import sys

class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
from nearpass.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 130
    assert done.stderr == "nearpass: interrupted; the last good site is untouched\n"


WORKING = """
import sys, time
from unittest.mock import patch
from nearpass.__main__ import main
from nearpass.screening.workers import Processes

def at_work(*_):
    def told(_):
        print("at work", flush=True)
    Processes(2).map(_wait, 0.0, [0.0] + [600.0] * 5, told)

def _wait(_, seconds):
    time.sleep(seconds)

sys.argv = ["nearpass", "run", "--config", sys.argv[1], "--at", "2021-03-31", "--jobs", "1"]
with patch("nearpass.commands.one_cycle.run_cycle", at_work):
    main()
"""


@pytest.mark.parametrize(
    ("number", "whole_group", "words"),
    [(signal.SIGTERM, False, "told to end"), (signal.SIGINT, True, "interrupted")],
)
def test_a_run_that_is_told_to_end_does_so_at_once(
    start: Path, tmp_path: Path, number: signal.Signals, whole_group: bool, words: str
) -> None:
    """SIGTERM as Ctrl-C, alone or with its workers: one line, 128 and its number; the next run is as any other."""
    directory = tmp_path / "told"
    shutil.copytree(start, directory)
    command = [sys.executable, "-c", WORKING, str(directory / "nearpass.toml")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "at work\n"
        (os.killpg if whole_group else os.kill)(run.pid, number)
        _, err = run.communicate(timeout=20)  # its workers would wait for half an hour
    assert (run.returncode, err) == (128 + number, f"nearpass: {words}; the last good site is untouched\n")
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)
    assert faults(directory, settled=False) == []
    run_stub(directory, SECOND)
    assert faults(directory, settled=True) == []
