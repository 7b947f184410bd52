"""Where the slabs of a large fleet are screened: in this process, in several, or on a cluster.

All are given the same list of tasks through :mod:`concurrent.futures` and give its results in the list's order, so
that what comes of them does not depend on who did what, or how often. A task changes nothing but its result: one that
was lost with its worker is done again, and of two results of one task the first counts.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any, Final, Generic, Protocol, TypeVar

from nearpass.errors import InputError

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[int], None]

_ATTEMPTS: Final = 5


class Workers(Protocol):
    """Runs a list of tasks that share one thing."""

    def map(self, function: Callable[[S, T], R], shared: S, tasks: Sequence[T], progress: Progress | None) -> list[R]:
        """Results of ``function(shared, task)`` in order of the tasks; ``progress`` is told of each as it is done.

        Raises:
            InputError: if the workers cannot be had, or are lost again and again.

        """


class Serial:
    """Runs one task after the other in this process."""

    def map(self, function: Callable[[S, T], R], shared: S, tasks: Sequence[T], progress: Progress | None) -> list[R]:
        """As :meth:`Workers.map`."""
        results = []
        for task in tasks:
            results.append(function(shared, task))
            _tell(progress)
        return results


class Processes:
    """Runs tasks in several processes of this machine."""

    def __init__(self, count: int) -> None:
        self.count = count

    def map(self, function: Callable[[S, T], R], shared: S, tasks: Sequence[T], progress: Progress | None) -> list[R]:
        """As :meth:`Workers.map`."""
        held = _Held(function, shared)
        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        pool = partial(
            ProcessPoolExecutor,
            max(1, min(self.count, len(tasks))),
            mp_context=multiprocessing.get_context(method),
            initializer=_Held.prepare,
            initargs=(held,),
        )
        return _all_results(pool, _Held.run, tasks, progress)


class Cluster:
    """A Dask cluster: the one whose scheduler listens at ``address``, or processes of this machine if that is None."""

    def __init__(self, address: str | None, count: int, connect_s: float = 20.0) -> None:
        self.address = address
        self.count = count
        self.connect_s = connect_s

    def map(self, function: Callable[[S, T], R], shared: S, tasks: Sequence[T], progress: Progress | None) -> list[R]:
        """As :meth:`Workers.map`; what all tasks share is sent to each worker once."""
        with self._client() as client:

            @contextmanager
            def executor() -> Iterator[_WithShared]:
                held = client.scatter(shared, broadcast=True, hash=False)
                with client.get_executor(pure=False, retries=_ATTEMPTS) as plain:
                    yield _WithShared(plain, held)

            return _all_results(executor, function, tasks, progress)

    @contextmanager
    def _client(self) -> Iterator[Any]:
        try:
            distributed: Any = import_module("distributed")  # an extra that few installations have
        except ImportError:
            rule = "a scheduler needs the package distributed: pip install 'nearpass[cluster]'"
            raise InputError(rule) from None
        if self.address is None:
            with (
                distributed.LocalCluster(n_workers=self.count, threads_per_worker=1, dashboard_address=None) as cluster,
                distributed.Client(cluster) as client,
            ):
                yield client
            return
        try:
            client = distributed.Client(self.address, timeout=self.connect_s)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(f"the scheduler must answer: {error}", value=self.address) from None
        with client:
            yield client


class _WithShared:
    """An executor whose tasks all have one argument more."""

    def __init__(self, plain: Executor, shared: object) -> None:
        self._plain = plain
        self._shared = shared

    def submit(self, function: Callable[..., R], task: object) -> Future[R]:
        """Hand a task to the executor, with what all share as its first argument."""
        return self._plain.submit(function, self._shared, task)


class _Held(Generic[S, T, R]):
    """What a process was started with, so that it is sent once and not with every task."""

    current: _Held[Any, Any, Any]

    def __init__(self, function: Callable[[S, T], R], shared: S) -> None:
        self.function = function
        self.shared = shared

    @staticmethod
    def prepare(held: _Held[Any, Any, Any]) -> None:
        _Held.current = held

    @staticmethod
    def run(task: Any) -> Any:
        return _Held.current.function(_Held.current.shared, task)


def _all_results(
    executor: Callable[[], Any], function: Callable[..., R], tasks: Sequence[T], progress: Progress | None
) -> list[R]:
    """Results by number of task; with new workers for those whose worker was lost."""
    results: dict[int, R] = {}
    lost = _lost_errors()
    for _ in range(_ATTEMPTS):
        try:
            with executor() as workers:
                waiting = {workers.submit(function, task): n for n, task in enumerate(tasks) if n not in results}
                for done in as_completed(waiting):
                    results.setdefault(waiting[done], done.result())
                    _tell(progress)
        except lost:
            continue
        return [results[number] for number in range(len(tasks))]
    raise InputError("the workers must live until their tasks are done", value=f"lost {_ATTEMPTS} times")


def _lost_errors() -> tuple[type[BaseException], ...]:
    """What tells that a worker is gone, not that its task was wrong."""
    try:
        killed: type[BaseException] = import_module("distributed.scheduler").KilledWorker
    except ImportError:
        return BrokenProcessPool, CancelledError
    return BrokenProcessPool, CancelledError, killed


def _tell(progress: Progress | None) -> None:
    if progress is not None:
        progress(1)
