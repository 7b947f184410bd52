"""The breaks of a module's text: what Cosmic Ray makes of it, and a few of our own."""

import ast
import contextlib
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final

import cosmic_ray.ast
import cosmic_ray.mutating
import cosmic_ray.plugins
from cosmic_ray.operators.operator import Operator
from parso.python.tree import Name

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
            with contextlib.suppress(AttributeError):  # Cosmic Ray 8.4 on "except (a.Error, b.Error)"
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
        compile(tree, "break", "exec")  # finds more than a parser, as a keyword given twice
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


def swaps(old: CodeType, new: CodeType) -> dict[tuple[str, int], CodeType] | None:
    """The code of each function that differs; None where something differs that runs when the module is imported."""
    found: dict[tuple[str, int], CodeType] = {}
    ours, theirs = (tuple(one for one in code.co_consts if isinstance(one, CodeType)) for code in (old, new))
    runs = [
        (code.co_code, code.co_names, [one for one in code.co_consts if not isinstance(one, CodeType)])
        for code in (old, new)
    ]
    if runs[0] != runs[1] or len(ours) != len(theirs):
        return None
    for mine, other in zip(ours, theirs, strict=True):
        if mine == other:
            continue
        is_function = mine.co_flags & 1 and (mine.co_name == "<lambda>" or not mine.co_name.startswith("<"))
        key = (mine.co_qualname, mine.co_firstlineno)
        inner = {key: other} if is_function else swaps(mine, other) if not mine.co_flags & 1 else None
        if inner is None or inner.keys() & found.keys():
            return None
        found |= inner
    return found
