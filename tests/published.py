"""Where published data lie: figures in this repository, whole files of others beside the clone, where there are any."""

from pathlib import Path
from typing import Final

FIGURES: Final = Path(__file__).resolve().parent / "data"
FILES: Final = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Kernels and messages of missions. A test that reads them is marked ``published_files("mars/x.bsp", ...)``: without
them it does not run, and the run says so in one line a data set."""


def missing(*names: str) -> str | None:
    """The data set of the first file that is not there."""
    return next((name.split("/")[0] for name in names if not (FILES / name).exists()), None)
