"""The command in this process."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

from nearpass.__main__ import main


def called(*words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of ``nearpass`` with these words."""
    out, err = io.StringIO(), io.StringIO()
    with patch.object(sys, "argv", ["nearpass", *map(str, words)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()
