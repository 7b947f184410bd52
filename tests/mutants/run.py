"""Break the lines that keep promises, one at a time, and tell which breaks no test sees: `make mutants`.

Modules, the tests that hold each of them, and the breaks that change nothing stand in `promises.toml`. By name or by
share: `python tests/mutants/run.py alert history`, `python tests/mutants/run.py --share 2/4`.

Cosmic Ray makes the breaks. They are written into a copy of the tree, never into the tree itself, and the tests of each
run in a process that is forked after the libraries were imported, which is what most of the time would go into.
"""

import argparse
import ast
import contextlib
import difflib
import importlib
import os
import py_compile
import re
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cosmic_ray.ast
import cosmic_ray.mutating
import cosmic_ray.plugins
import pytest
from cosmic_ray.operators.operator import Operator
from parso.python.tree import Name

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
    "-W", "ignore:Module already imported so cannot be rewritten",
)  # fmt: skip
FIRST_LIMIT_S: Final = 600
SWAPPED: Final = {
    "min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor", "sin": "cos",
    "cos": "sin", "start": "stop", "stop": "start", "primary": "secondary", "secondary": "primary",
    "minimum": "maximum", "maximum": "minimum",
}  # fmt: skip


class SwapName(Operator):
    """``min`` for ``max``, the end of a span for its start, the one object of a pair for the other."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """The names that have an opposite, where they are used and not defined."""
        if isinstance(node, Name) and node.value in SWAPPED and not node.is_definition():
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The opposite in its place."""
        node.value = SWAPPED[node.value] if index == 0 else node.value
        return node

    @classmethod
    def examples(cls) -> tuple[()]:
        """None: Cosmic Ray's own tests would read them."""
        return ()


@dataclass(frozen=True, order=True)
class Break:
    """Another text of a module: what stood on the changed lines and what stands there now."""

    line: int
    was: str
    becomes: str
    source: str

    def __str__(self) -> str:
        return f"line {self.line}\n    - {self.was}\n    + {self.becomes}"


def breaks_of(source: str, wanted: re.Pattern[str]) -> list[Break]:
    """Every break of a module's text that changes what runs, once each, in the order of its lines."""
    names = [name for name in cosmic_ray.plugins.operator_names() if wanted.fullmatch(name)]
    classes = [SwapName, *map(cosmic_ray.plugins.get_operator, names)]
    meaning, found = _meaning(source), {}
    nodes = list(cosmic_ray.ast.ast_nodes(cosmic_ray.ast.get_ast(source)))
    for operator in (one() for one in classes if not one.arguments()):
        for occurrence in range(sum(len(list(operator.mutation_positions(node))) for node in nodes)):
            text = cosmic_ray.mutating.mutate_code(source, operator, occurrence)
            if text is not None and text not in found and _meaning(text) not in (None, meaning):
                found[text] = _named(source, text)
    return sorted(found.values())


def _named(source: str, text: str) -> Break:
    old, new = source.splitlines(), text.splitlines()
    spans = [
        span for span in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if span[0] != "equal"
    ]
    was = [line.strip() for _, start, stop, _, _ in spans for line in old[start:stop]]
    becomes = [" ".join(line.split()) for _, _, _, start, stop in spans for line in new[start:stop]]
    return Break(spans[0][1] + 1, " ".join(was), " ".join(becomes), text)


def _meaning(source: str) -> str | None:
    """The program without what is written for readers and checkers; None for a text that is no program."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            of = node.args  # how an argument is handed over is what mypy sees to
            of.args, of.posonlyargs, of.kwonlyargs = [*of.posonlyargs, *of.args, *of.kwonlyargs], [], []
            of.defaults, of.kw_defaults = [*of.defaults, *(one for one in of.kw_defaults if one)], []
        elif isinstance(node, ast.ClassDef):
            node.decorator_list = []  # frozen, with slots
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(value=None)
    return ast.dump(tree)


def tested(tests: list[str], copy: Path, limit_s: int, stale: Iterable[str] | None) -> tuple[bool, str]:
    """Whether tests pass in the copy, and what they said; in a child process that dies when its time is over.

    ``stale`` are the modules to be imported afresh; None before anything is broken, when compiled files may be kept.
    """
    told = copy / ".mutant-output"
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(limit_s)
            sys.dont_write_bytecode = stale is not None
            _forget(stale or ())
            with told.open("w") as output, contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
                code = int(pytest.main([*PYTEST, *tests]))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return status == 0, told.read_text(errors="replace")


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


def unseen_of(module: dict[str, Any], settings: dict[str, Any], copy: Path) -> int:
    """Run the breaks of one module, print what no test sees without a reason, and count it."""
    path = copy / module["path"]
    source, tests = path.read_text(), list(module["tests"])
    began_s = time.monotonic()
    passed, told = tested(tests, copy, FIRST_LIMIT_S, None)
    limit_s = int(20.0 + 4.0 * (time.monotonic() - began_s))  # a break may never end
    if not passed:
        sys.exit(f"{module['path']}: its tests fail before anything is broken\n{told}")
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
    reasons = {(one["was"], one["becomes"]): one["why"] for one in module.get("equivalent", [])}
    stale = _resting_on(".".join(["nearpass", *Path(module["path"]).with_suffix("").parts[1:]]), copy)
    met, counts = set(), Counter()
    for one in breaks_of(source, re.compile(settings["operators"], re.VERBOSE)):
        key = (one.was, one.becomes)
        if key in reasons:
            met.add(key)
            counts["equivalent"] += 1
            continue
        path.write_text(one.source)
        survives, _ = tested(tests, copy, limit_s, stale)
        counts["unseen" if survives else "seen"] += 1
        if survives:
            print(f"{module['path']}: no test sees {one}", flush=True)
    path.write_text(source)
    for was, becomes in reasons.keys() - met:
        print(f"{module['path']}: a reason is kept for a break that is not made\n    - {was}\n    + {becomes}")
    told = ", ".join(f"{counts[what]} {what}" for what in ("seen", "equivalent", "unseen"))
    print(f"{module['path']}: {told}", flush=True)
    return counts["unseen"] + len(reasons.keys() - met)


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
    asked = parser.parse_args()
    part, parts = map(int, asked.share.split("/"))
    modules = [one for one in settings["module"] if not asked.names or any(name in one["path"] for name in asked.names)]
    with tempfile.TemporaryDirectory() as folder:
        copy = _copied(Path(folder))
        unseen = sum(unseen_of(module, settings, copy) for module in modules[part - 1 :: parts])
        os.chdir(TREE)
    sys.exit(f"{unseen} breaks without a reason" if unseen else 0)


if __name__ == "__main__":
    main()
