"""The command ``nearpass``: the only place that reads the clock and turns errors into exit codes."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nearpass.astro.epochs import Epoch

INTERRUPTED = 130


def main() -> None:
    """Run the command; one line for an error that the user can act on, and its exit code."""
    try:
        _run()
    except KeyboardInterrupt:
        print("nearpass: interrupted; the last good site is untouched", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _now() -> Epoch:
    from nearpass.astro.epochs import Epoch  # noqa: PLC0415  # leap seconds and TDB: not for a help text

    return Epoch.from_datetime(datetime.now(UTC))


def _run() -> None:
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
