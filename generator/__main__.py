"""The command ``nearpass``: the only place that reads the clock and turns errors into exit codes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

    from nearpass.astro.epochs import Epoch

ENDED: Final = {signal.SIGINT: "interrupted", signal.SIGTERM: "told to end"}
"""What a run is ended by, the exit code being 128 more than its number, as shells have it."""

BLAS_THREADS: Final = "OPENBLAS_NUM_THREADS"
"""Matrices here are small: more threads than one wait for each other, beside workers for a fifth of a run's time."""


def main() -> None:
    """Run the command; one line for an error that the user can act on, and its exit code."""
    with _ended_by_signals() as received:
        try:
            _run()
        except (KeyboardInterrupt, SystemExit) as error:
            if isinstance(error, SystemExit) and not received:
                raise
            number = received[0] if received else signal.SIGINT
            print(f"nearpass: {ENDED[number]}; the last good site is untouched", file=sys.stderr)
            sys.exit(128 + number)


@contextmanager
def _ended_by_signals() -> Iterator[list[signal.Signals]]:
    """Signals raise SystemExit, which click leaves alone, and end all children at once without a word of theirs."""
    received: list[signal.Signals] = []
    own = os.getpid()

    def end(number: int, _: FrameType | None) -> None:
        if os.getpid() != own:  # a child that was forked, which has our handler
            os._exit(128 + number)
        received.append(signal.Signals(number))
        if "multiprocessing" in sys.modules:  # whoever leaves a pool waits for its work otherwise
            for child in sys.modules["multiprocessing"].active_children():
                child.kill()
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = {number: signal.signal(number, end) for number in ENDED}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _now() -> Epoch:
    from nearpass.astro.epochs import Epoch  # noqa: PLC0415  # leap seconds and TDB: not for a help text

    return Epoch.from_datetime(datetime.now(UTC))


def _run() -> None:
    os.environ.setdefault(BLAS_THREADS, "1")  # before numpy is loaded, which reads it once
    import click  # noqa: PLC0415  # loading may be interrupted as well

    from nearpass.commands import World, cli  # noqa: PLC0415  # as above
    from nearpass.errors import ConfigError, NearpassError, understood  # noqa: PLC0415  # as above

    world = World(instant=_now, sleep=time.sleep, environment=os.environ)
    try:
        cli(standalone_mode=False, obj=world)
    except NearpassError as error:
        for each in (error, *(error.others if isinstance(error, ConfigError) else ())):
            click.echo(f"nearpass: {each}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # whoever read has read enough
        sys.stdout = None
        sys.exit(0)
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001  # what nobody foresaw: one line here, too
        fault = understood(error)
        click.echo(f"nearpass: {fault}", err=True)
        sys.exit(fault.exit_code)


if __name__ == "__main__":
    main()
