"""What the command costs before it does anything, and where its commands stand."""

import json
import os
import subprocess
import sys

import click
import pytest

from nearpass.commands import COMMANDS, cli

HEAVY = {"numpy", "scipy", "skyfield", "matplotlib", "mkdocs", "jinja2", "pydantic", "spiceypy", "httpx", "tqdm"}


def loaded_by(*arguments: str) -> set[str]:
    """Top-level packages that the command loads with these arguments."""
    code = (
        f"import json, sys; sys.argv = {['nearpass', *arguments]!r}\n"
        "from nearpass.__main__ import main\n"
        "try:\n    main()\nfinally:\n    print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_list_of_commands_loads_none_of_them(option: str) -> None:
    """Version and help import no library but click: they answer as fast as Python starts."""
    assert loaded_by(option) & HEAVY == set()


@pytest.mark.parametrize(("chosen", "threads"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2"}, min(2, os.cpu_count() or 1))])
def test_matrices_are_multiplied_in_one_thread_unless_asked_otherwise(chosen: dict[str, str], threads: int) -> None:
    """A process of the command has one thread after numpy's work with matrices, or as many as the environment says."""
    code = (
        "import sys; sys.argv = ['nearpass', '--version']\n"
        "from nearpass.__main__ import main\n"
        "main()\n"
        "import numpy\n"
        "from pathlib import Path\n"
        "numpy.ones((500, 500)) @ numpy.ones((500, 500))\n"
        "print(len(list(Path('/proc/self/task').iterdir())))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | chosen
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)

    assert int(done.stdout.split()[-1]) == threads


def test_each_command_of_the_list_is_there_by_its_name() -> None:
    """Every command that help lists can be called by the name under which it is listed, and says what it does."""
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}

    assert {name: command.name for name, command in found.items() if command} == {name: name for name in found}
    assert all(command.help for command in found.values() if command)


def test_the_list_of_commands_is_told_in_its_sections() -> None:
    """Help gives each command one line below the title of its section."""
    context = click.Context(cli)
    told = cli.get_help(context)

    for title, section in COMMANDS.items():
        assert f"{title}:\n" in told
        assert all(f"{name} " in told and line in told for name, (_, line) in section.items())
