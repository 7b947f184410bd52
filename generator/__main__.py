"""The command ``nearpass``: the only place that reads the clock and turns errors into exit codes."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime

import click

from generator.astro.epochs import Epoch
from generator.commands import World, cli
from generator.errors import NearpassError


def main() -> None:
    """Run the command; one line for an error that the user can act on, and its exit code."""
    world = World(instant=lambda: Epoch.from_datetime(datetime.now(UTC)), sleep=time.sleep, environment=os.environ)
    try:
        cli(standalone_mode=False, obj=world)
    except NearpassError as error:
        click.echo(f"nearpass: {error}", err=True)
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        click.echo("nearpass: interrupted; the last good site is untouched", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
