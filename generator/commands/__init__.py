"""The commands of ``nearpass``. They print; the clock is handed to them."""

from __future__ import annotations

import click

import nearpass
from nearpass.commands.archives import build, history, keygen, prune, rebuild, verify
from nearpass.commands.conversion import convert_command
from nearpass.commands.cycles import run, watch
from nearpass.commands.exchange import certify, package_command
from nearpass.commands.log import log_command
from nearpass.commands.messages import compare, pc
from nearpass.commands.retrieval import fetch
from nearpass.commands.shared import World
from nearpass.commands.validation import validate_command
from nearpass.commands.workspaces import check, demo, init, serve

__all__ = ["World", "cli"]

EXIT_CODES = """
\b
Exit codes:
  0  done
  1  a fault of nearpass itself
  2  the command line was not understood
  3  nearpass.toml breaks a rule; nothing was written
  4  a delivery was refused or could not be retrieved; the cycle was made from the others
  5  the archive cannot be read or must not be changed
  6  the site could not be built; the last good one stays
  7  an edition would have held what it must not; its last good site stays, the others are published
"""


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(nearpass.__version__, prog_name="nearpass")
def cli() -> None:
    """Screen ephemerides for close approaches and publish each cycle as an archived site."""


for command in (
    init,
    fetch,
    check,
    run,
    watch,
    build,
    rebuild,
    verify,
    history,
    prune,
    keygen,
    convert_command,
    compare,
    pc,
    validate_command,
    log_command,
    package_command,
    certify,
    serve,
    demo,
):
    cli.add_command(command)
