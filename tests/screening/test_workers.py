"""Serial, in processes and on a cluster: the same results, whoever is lost."""

import os
import signal
import time
from pathlib import Path

import pytest

from nearpass.errors import InputError
from nearpass.screening.workers import Cluster, Processes, Serial, Workers

TASKS = list(range(12))


def power(base: int, exponent: int) -> tuple[int, int]:
    """A task whose result shows what it was made of."""
    return base**exponent, exponent


def dies_once(flag: Path, task: int) -> int:
    """Task 5 ends its worker by force the first time."""
    if task == 5 and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task * task


def first_waits_for_last(flag: Path, task: int) -> int:
    """The first task is not done before the last one is."""
    if task == TASKS[-1]:
        flag.touch()
    while task == TASKS[0] and not flag.exists():
        time.sleep(0.001)
    return task * task


def always_dies(_: None, task: int) -> int:
    """Nobody survives this task."""
    os.kill(os.getpid(), signal.SIGKILL)
    return task


def fails(_: None, task: int) -> int:
    """A fault of the task, not of its worker."""
    raise InputError("a task must not be odd", value=task)


@pytest.mark.parametrize("workers", [Serial(), Processes(2)], ids=["serial", "processes"])
def test_results_come_in_order_with_progress(workers: Workers) -> None:
    """Each task is done once, told of once, and its result stands in its place."""
    told: list[int] = []
    assert workers.map(power, 3, TASKS, told.append) == [(3**k, k) for k in TASKS]
    assert told == [1] * len(TASKS)
    assert workers.map(power, 3, [], None) == []


def test_a_lost_process_loses_nothing(tmp_path: Path) -> None:
    """After a worker was killed midway all results are there, and each task is told of once."""
    told: list[int] = []
    assert Processes(2).map(dies_once, tmp_path / "flag", TASKS, told.append) == [k * k for k in TASKS]
    assert (tmp_path / "flag").exists()
    assert told == [1] * len(TASKS)


def test_a_slow_worker_changes_nothing(tmp_path: Path) -> None:
    """A worker that needs for one task as long as the other for all the rest has its result in its place."""
    assert Processes(2).map(first_waits_for_last, tmp_path / "flag", TASKS, None) == [k * k for k in TASKS]


def test_processes_that_cannot_live_are_given_up() -> None:
    """A task that kills every worker ends with one clear error."""
    with pytest.raises(InputError, match="workers must live"):
        Processes(2).map(always_dies, None, TASKS, None)


@pytest.mark.parametrize("workers", [Serial(), Processes(2)], ids=["serial", "processes"])
def test_a_fault_of_a_task_is_told_as_it_is(workers: Workers) -> None:
    """An error that a task raises is not taken for a lost worker."""
    with pytest.raises(InputError, match="must not be odd"):
        workers.map(fails, None, TASKS, None)


def test_a_scheduler_that_does_not_answer_is_named() -> None:
    """An address at which nobody listens gives one error with the address."""
    with pytest.raises(InputError, match=r"scheduler must answer.*tcp://127\.0\.0\.1:9"):
        Cluster("tcp://127.0.0.1:9", 1, connect_s=1).map(power, 3, TASKS, None)
