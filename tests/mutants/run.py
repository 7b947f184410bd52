"""Break the lines that keep promises, one at a time, and tell which breaks no test sees: `make mutants`.

Modules, the tests that hold each of them, and the breaks that change nothing stand in `promises.toml`. By name or by
share: `python tests/mutants/run.py alert history`, `python tests/mutants/run.py --share 2/4`.

Cosmic Ray makes the breaks, in a copy of the tree. The tests of a module run once whole, to see which of them reach
which line. Then a process is forked for each break, takes the broken function in the place of the whole one, and runs
the tests that reach it, the shortest first; where none of them falls, all of them, with nothing remembered from before.
A break of what runs at import is written to the copy, and all that rests on the module is imported afresh.
"""

import argparse
import ast
import contextlib
import functools
import gc
import importlib
import json
import os
import py_compile
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, Final

import hypothesis
import pytest
from breaks import breaks_of, swaps

HERE: Final = Path(__file__).resolve().parent
TREE: Final = HERE.parents[1]
NOT_COPIED: Final = (".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "demo", "dist", ".site")
LIBRARIES: Final = (
    "numpy", "scipy.optimize", "scipy.stats", "scipy.integrate", "scipy.interpolate", "skyfield.api", "spiceypy",
    "sgp4.api", "pydantic", "hypothesis", "click", "tqdm", "filelock", "httpx", "tenacity", "yaml", "jinja2",
    "xml.etree.ElementTree", "importlib.metadata", "_pytest.assertion.rewrite", "_hypothesis_pytestplugin",
)  # fmt: skip
PYTEST: Final = (
    "-x", "-q", "--no-header", "--tb=line", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin",
    "--import-mode=importlib", "--override-ini=addopts=",
    "-W", "ignore:Module already imported so cannot be rewritten", "-o", "tmp_path_retention_policy=none",
)  # fmt: skip


class Breaking:
    """A run of pytest that measures its tests, then breaks one function after the other and runs them again."""

    def __init__(self, path: Path, breaks: dict[int, dict[tuple[str, int], CodeType]], at: dict[int, int], quick: bool):
        self.path, self.breaks, self.at, self.quick = str(path), breaks, at, quick
        self.has_failed, self.unseen = False, list[int]()
        self.reaching: dict[int, set[pytest.Item]] = defaultdict(set)
        self.cost_s: dict[pytest.Item, float] = {}

    def pytest_configure(self) -> None:
        """A failing example need not be made smaller."""
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("once", hypothesis.settings.get_profile("steady"), phases=phases)
        hypothesis.settings.load_profile("once")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure."""
        self.has_failed |= report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """All tests once, then those of each break."""
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            began_s, lines = time.process_time(), set[int]()
            sys.settrace(self._tracer(lines))
            _run(item, following)
            sys.settrace(None)
            self.cost_s[item] = time.process_time() - began_s
            for line in lines:
                self.reaching[line].add(item)
        if self.has_failed:
            return True
        functions = [one for one in gc.get_objects() if isinstance(one, FunctionType)]
        own = [one for one in functions if one.__code__.co_filename == self.path]
        remembered = [one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper)]
        mine = [one for one in remembered if one.__module__ == own[0].__module__]
        limit_s = int(20.0 + 4.0 * sum(self.cost_s.values()))  # a break may never end
        if not self.quick and not self._survives({}, own, session.items, remembered, limit_s):
            raise pytest.UsageError("tests that do not pass a second time in one process would seem to see every break")
        for number, codes in self.breaks.items():
            near = sorted(self.reaching.get(self.at[number], session.items), key=self.cost_s.__getitem__)
            survives = self._survives(codes, own, near, mine, limit_s)
            if survives and not self.quick:
                survives = self._survives(codes, own, session.items, remembered, limit_s)
            if survives:
                self.unseen.append(number)
        return True

    def _tracer(self, lines: set[int]) -> Callable[[FrameType, str, Any], Any]:
        def line(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                lines.add(frame.f_lineno)
            return line

        return lambda frame, *_: line if frame.f_code.co_filename == self.path else None

    def _survives(
        self, codes: dict[tuple[str, int], CodeType], own: list[FunctionType], items: list[pytest.Item],
        remembered: list[Any], limit_s: int,
    ) -> bool:  # fmt: skip
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
            signal.alarm(20 * limit_s)
            for function in own:
                key = (function.__code__.co_qualname, function.__code__.co_firstlineno)
                function.__code__ = codes.get(key, function.__code__)
            for one in remembered:
                one.cache_clear()
            code = 1
            with contextlib.suppress(BaseException):
                for item, following in zip(items, [*items[1:], None], strict=True):
                    _run(item, following)
                    if self.has_failed:
                        break
                code = int(self.has_failed)
            os._exit(code)
        return os.waitpid(child, 0)[1] == 0


def _run(item: pytest.Item, following: pytest.Item | None) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def tested(tests: list[str], copy: Path, stale: Iterable[str], *plugins: Breaking) -> tuple[int, str]:
    """The exit status of the tests in a child process and what they said, with stale modules imported afresh."""
    told = copy / ".mutant-output"
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _forget(stale)
            with told.open("w") as output, contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
                code = int(pytest.main([*PYTEST, f"--basetemp={copy}/.tmp", *tests], plugins=plugins))
            (copy / ".unseen").write_text(json.dumps([one for plugin in plugins for one in plugin.unseen]))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return status, told.read_text(errors="replace")


def _forget(names: Iterable[str]) -> None:
    for name in names:
        parent, _, last = name.rpartition(".")
        if sys.modules.pop(name, None) is not None and last in vars(sys.modules.get(parent, object)):
            delattr(sys.modules[parent], last)


def _resting_on(name: str, copy: Path) -> set[str]:
    """The module and all that import it, directly or not."""
    imports: dict[str, set[str]] = {}
    for path in (copy / "generator").rglob("*.py"):
        parts = path.relative_to(copy / "generator").with_suffix("").parts
        needed = imports.setdefault(".".join(["nearpass", *(part for part in parts if part != "__init__")]), set())
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                needed |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
            elif isinstance(node, ast.Import):
                needed |= {one.name for one in node.names}
    found = {name}
    while more := {one for one, needed in imports.items() if one not in found and needed & found}:
        found |= more
    return found


def unseen_of(module: dict[str, Any], settings: dict[str, Any], copy: Path, asked: argparse.Namespace) -> int:
    """Run the breaks of one module, print what no test sees without a reason, and count it."""
    path = copy / module["path"]
    source, tests = path.read_text(), list(module["tests"])
    reasons = {(one["was"], one["becomes"]): one["why"] for one in module.get("equivalent", [])}
    breaks = breaks_of(source, re.compile(settings["operators"], re.VERBOSE))
    met = {(one.was, one.becomes) for one in breaks} & reasons.keys()
    first, last = asked.lines
    left = [one for one in breaks if (one.was, one.becomes) not in reasons and first <= one.line <= last][
        :: asked.every
    ]
    whole = compile(source, str(path), "exec")
    found = {number: swaps(whole, compile(one.source, str(path), "exec")) for number, one in enumerate(left)}
    inside = {number: one for number, one in found.items() if one}
    imported = copy / "dev" / "nearpass" / Path(module["path"]).relative_to("generator")
    plugin = Breaking(imported, inside, {number: one.line for number, one in enumerate(left)}, asked.reaching)
    status, told = tested(tests, copy, (), plugin)
    if status:
        sys.exit(f"{module['path']}: its tests fail before anything is broken\n{told}")
    unseen = set(json.loads((copy / ".unseen").read_text()))
    stale = _resting_on(".".join(["nearpass", *Path(module["path"]).with_suffix("").parts[1:]]), copy)
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
    for number in found.keys() - inside.keys():
        path.write_text(left[number].source)
        if tested(tests, copy, stale)[0] == 0:
            unseen.add(number)
    path.write_text(source)
    for number in sorted(unseen):
        print(f"{module['path']}: no test sees {left[number]}", flush=True)
    for was, becomes in reasons.keys() - met:
        print(f"{module['path']}: a reason is kept for a break that is not made\n    - {was}\n    + {becomes}")
    print(f"{module['path']}: {len(left) - len(unseen)} seen, {len(met)} equivalent, {len(unseen)} unseen", flush=True)
    return len(unseen) + len(reasons.keys() - met)


def _copied(folder: Path) -> Path:
    """A copy of the tree, ready to be imported from; its compiled files are written once, before anything breaks."""
    copy = folder / "tree"
    shutil.copytree(TREE, copy, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for path in (copy / "generator").rglob("*.py"):
        py_compile.compile(str(path))
    os.chdir(copy)
    os.environ |= {
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy / "dev"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }  # fmt: skip
    sys.path.insert(0, str(copy / "dev"))
    own = [".".join(["nearpass", *path.relative_to(copy / "generator").with_suffix("").parts]) for path in
           sorted((copy / "generator").rglob("*.py")) if not path.stem.startswith("__")]  # fmt: skip
    for name in [*LIBRARIES, *own]:
        importlib.import_module(name)
    sys.dont_write_bytecode = True
    return copy


def main() -> None:
    """Run what was asked for."""
    settings = tomllib.loads((HERE / "promises.toml").read_text())
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="parts of modules' paths; all of them where none is given")
    parser.add_argument("--share", default="1/1", help="2/4: the second of four shares of the modules")
    parser.add_argument(
        "--lines", default=(1, 10**6), type=lambda text: tuple(map(int, text.split("-"))), help="163-279"
    )
    parser.add_argument("--every", default=1, type=int, help="each n-th break alone")
    parser.add_argument(
        "--reaching", action="store_true", help="only the tests that reach the line: quick, not the last word"
    )
    asked = parser.parse_args()
    part, parts = map(int, asked.share.split("/"))
    modules = [one for one in settings["module"] if not asked.names or any(name in one["path"] for name in asked.names)]
    with tempfile.TemporaryDirectory() as folder:
        copy = _copied(Path(folder))
        unseen = sum(unseen_of(module, settings, copy, asked) for module in modules[part - 1 :: parts])
        os.chdir(TREE)
    sys.exit(f"{unseen} breaks without a reason" if unseen else 0)


if __name__ == "__main__":
    main()
