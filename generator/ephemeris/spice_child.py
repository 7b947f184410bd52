"""Work with CSPICE in a child process of its own.

A hostile or damaged kernel can abort the process that reads it, and CSPICE has one kernel pool per process; so each
call starts one child, with a time limit, and what goes wrong there becomes an :class:`~nearpass.errors.InputError`.
"""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.context
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from spiceypy.utils.exceptions import SpiceyError

from nearpass.errors import FAULTS, InputError, NearpassError, OwnFault
from nearpass.messages.encoding import name_in_words

_Answer = TypeVar("_Answer")


def in_child(
    work: Callable[..., _Answer],
    arguments: tuple[object, ...],
    time_limit_s: float,
    names: tuple[str, ...],
    target: int | None,
) -> _Answer:
    """What ``work``, a function of a module, returns in a process of its own.

    Args:
        work: What to do there.
        arguments: Its arguments.
        time_limit_s: How long it may take.
        names: The kernels at work, for the error.
        target: The object, for the error.

    Raises:
        InputError: for what CSPICE refuses, for a child that it stops, and beyond the time limit.
        OwnFault: for anything else that goes wrong there: no kernel is to blame for it.

    """
    file = name_in_words(", ".join(Path(name).name for name in names))
    object_id = None if target is None else str(target)
    try:
        run = _asked if _is_script() else _forked
        answer = run(work, arguments, time_limit_s)
    except TimeoutError:
        rule = f"a kernel must be read within {time_limit_s:g} s"
        raise InputError(rule, file=file, object_id=object_id) from None
    except ChildProcessError as stopped:
        raise _stopped(stopped.args[0]).at(file=file, object_id=object_id) from None
    if isinstance(answer, _Fault):
        logging.getLogger(FAULTS).error("%s in a child\n%s", answer.error.reference, answer.traceback)
        raise answer.error.at(file=file, object_id=object_id)
    if isinstance(answer, NearpassError):
        where = answer.file or file
        raise InputError(answer.rule, value=answer.value, file=where, line=answer.line, object_id=object_id)
    return answer  # type: ignore[no-any-return]  # a pipe carries objects of any type


def _forked(work: Callable[..., object], arguments: tuple[object, ...], time_limit_s: float) -> Any:
    """The answer of a child that is forked from a server."""
    context = _context()
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(sender, work, arguments), daemon=True)
    child.start()
    sender.close()
    try:
        if not receiver.poll(time_limit_s):
            raise TimeoutError
        return receiver.recv()
    except EOFError:
        child.join()
        raise ChildProcessError(child.exitcode) from None
    finally:
        child.kill()
        child.join()
        receiver.close()


def _is_script() -> bool:
    """Whether a file of somebody else's runs, which a child of multiprocessing would run a second time."""
    main = sys.modules["__main__"]
    return (
        getattr(main, "__spec__", None) is None and Path(getattr(main, "__file__", None) or "nearpass").suffix == ".py"
    )


def _asked(work: Callable[..., object], arguments: tuple[object, ...], time_limit_s: float) -> Any:
    """The answer of a new interpreter, which takes half a second to start and knows nothing of the script."""
    program = "from nearpass.ephemeris.spice_child import answer_asked; answer_asked()"
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter, and the program above
            [sys.executable, "-c", program],
            input=pickle.dumps((sys.path, work, arguments)),
            capture_output=True,
            timeout=time_limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    if done.returncode != 0:
        raise ChildProcessError(done.returncode)
    return pickle.loads(done.stdout)  # noqa: S301  # what our own child wrote


def answer_asked() -> None:
    """The child of :func:`_asked`: work that comes in, its result out; whatever else is printed goes elsewhere."""
    out = os.dup(1)
    os.dup2(2, 1)
    path, work, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301  # what our own parent wrote
    sys.path[:] = path
    with os.fdopen(out, "wb") as stream:
        pickle.dump(_result(work, arguments), stream)


@dataclass(frozen=True, slots=True)
class _Fault:
    """A fault of our own in a child, with its traceback: the child has no log of its own."""

    error: OwnFault
    traceback: str


def _stopped(exit_code: int | None) -> NearpassError:
    """Why a child ended without an answer: a signal, which CSPICE ran into, or something of our own."""
    if exit_code is not None and exit_code < 0:
        return InputError("a kernel must not make CSPICE stop", value=f"signal {-exit_code}")
    return OwnFault.of(RuntimeError(f"exit code {exit_code}"))


def _context() -> multiprocessing.context.ForkServerContext | multiprocessing.context.SpawnContext:
    """How children start: forked, where that is possible, from a server that has imported what they need, and no more.

    An import takes a second, and a cycle asks for a child for each object; the fork takes milliseconds, and its kernel
    pool is as empty as that of a new process.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "nearpass.ephemeris.spk"])
    return context


def _answer(sender: Connection, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    """The child: send the result, or the error as a value."""
    sender.send(_result(work, arguments))
    sender.close()


def _result(work: Callable[..., object], arguments: tuple[object, ...]) -> object:
    """What the work gives, or the error as a value."""
    try:
        return work(*arguments)
    except NearpassError as error:
        return InputError(error.rule, value=error.value, file=error.file, line=error.line)
    except SpiceyError as error:
        return InputError("a kernel must be readable by CSPICE", value=error.short)
    except MemoryError:
        return InputError("a kernel must fit in the memory of this machine")
    except Exception as error:  # noqa: BLE001  # whatever else it is, it is not the kernel's
        return _Fault(OwnFault.of(error), "".join(traceback.format_exception(error)))
