"""The commands of ``nearpass``. They print; the clock is handed to them. Each is imported when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

import nearpass
from nearpass.commands.world import World

__all__ = ["World", "cli"]

EXIT_CODES = """
\b
Exit codes:
  0  done
  1  a fault of nearpass itself
  2  the command line was not understood
  3  nearpass.toml breaks a rule; nothing was written
  4  done, but not whole: a delivery was refused or could not be retrieved, a part could not be made, or a
     message not be sent; everything else is in place, and page or status.json say what is missing
  5  the archive cannot be read or must not be changed
  6  the site could not be built; the last good one stays
  7  an edition would have held what it must not, or gone to a party outside an open exchange; its last good
     site stays, the others are published
  8  what the command was given cannot be read or used; nothing was made
"""

COMMANDS: Final = {
    "Begin": {
        "demo": ("workspaces:demo", "Publish the sample: four cycles of the Mars fleet of 2021."),
        "init": ("workspaces:init", "Lay out a workspace: configuration, folders, an mkdocs project."),
        "check": ("workspaces:check", "Read the configuration and every current delivery; write nothing."),
    },
    "Each cycle": {
        "fetch": ("retrieval:fetch", "Retrieve what is current from the sources of the configuration."),
        "run": ("cycles:run", "Run one whole cycle: read, screen, archive, publish into public/."),
        "notify": ("notify:notify_command", "Tell those whom the configuration names of what is due."),
        "watch": ("cycles:watch", "Run a cycle whenever a delivery has arrived, and when one is due."),
        "serve": ("workspaces:serve", "Serve public/ on this machine, for looking at it."),
    },
    "Archive": {
        "history": ("archives:history", "What every cycle said of an event, in order of time."),
        "rules": ("alert_rules:rules", "Print the alert rules, or replay them over the archive."),
        "verify": ("proof:verify", "Check that nothing in the archive was changed or removed."),
        "build": ("archives:build", "Render and build the newest cycle again from the archive."),
        "rebuild": ("archives:rebuild", "Render and build every cycle again from the archive."),
        "prune": ("archives:prune", "Drop stored inputs that only old cycles rest on."),
        "keygen": ("proof:keygen", "Make a key that signs the archive, and print its public half."),
        "rotate": ("proof:rotate", "Hand over from the archive's key to another."),
        "countersign": ("proof:countersign", "Sign the archive's head as a partner, or keep such a signature."),
        "stamp": ("proof:stamp", "Have the archive's head time-stamped by an authority."),
    },
    "Partners": {
        "compare": ("comparing:compare", "Lay partners' CDM, OPM, OCM and OEM beside our own events."),
        "receive": ("receiving:receive", "Take partners' messages and notes, to be shown beside our events."),
        "exchange": ("dossiers:exchange_command", "Begin the dossier of an exchange, and say what each lacks."),
        "log": ("log:log_command", "Write consultations and decisions, one file each in log/."),
        "brief": ("brief:brief_command", "Make the pack for a meeting: two pages an approach, and a form."),
        "receipts": (
            "exchange:receipts_command",
            "Write a receipt for each delivery of a cycle.",
        ),
        "package": ("exchange:package_command", "Pack for a partner what an edition may have."),
        "certify": (
            "exchange:certify",
            "State what came from a party, and where it went.",
        ),
    },
    "Tools": {
        "whatif": ("whatif:whatif", "Which approaches a burn would remove, worsen or bring."),
        "convert": ("conversion:convert_command", "Convert between OEM, SPK and mean elements."),
        "pc": ("messages:pc", "Probability of collision of any conjunction data message."),
        "validate": ("validation:validate_command", "Hold the program against published and independent numbers."),
    },
}
"""Where each command stands, and its line in the list, so that the list and the version cost no import of any."""


class _Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's own signature
        """Their names, in the order of the list."""
        return [name for section in COMMANDS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        """Import one; None if there is none of this name."""
        place = next((section[cmd_name][0] for section in COMMANDS.values() if cmd_name in section), None)
        if place is None:
            return None
        module, name = place.split(":")
        command: click.Command = getattr(import_module(f"nearpass.commands.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        """Each section of the table."""
        for title, section in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(name, line) for name, (_, line) in section.items()], col_max=12)


@click.group(
    cls=_Commands,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(nearpass.__version__, prog_name="nearpass")
def cli() -> None:
    """Screen ephemerides for close approaches and publish each cycle as an archived site."""
