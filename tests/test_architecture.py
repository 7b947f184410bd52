"""The layers of the program, in one table; data flows one way."""

import ast
from pathlib import Path

import pytest

import generator

PACKAGE = Path(generator.__file__).parent
LAYERS = {
    0: ["errors", "resources"],
    1: ["astro", "origins"],
    2: ["ephemeris"],
    3: ["screening"],
    4: ["encounter"],
    5: ["cycle"],
    6: ["validation"],
    7: ["report"],
    8: ["config", "ledger"],
    9: ["ingest", "publish", "sample", "status", "watch"],
    10: ["sweep", "retrieve", "encounters"],
    11: ["assemble"],
    12: ["pipeline"],
    13: ["rescreen"],
    14: ["commands"],
    15: ["__main__"],
}
LAYER_OF = {name: layer for layer, names in LAYERS.items() for name in names}
MODULES = sorted(PACKAGE.rglob("*.py"))
TOUCH_FILES = {
    "astro/frames.py",  # opens the planetary ephemeris
    "commands/shared.py",
    "commands/workspaces.py",
    "commands/conversion.py",  # reads and writes the files it is given
    "commands/messages.py",  # reads the message it is given
    "commands/validation.py",
    "config/reading.py",
    "cycle/archive.py",
    "cycle/durable.py",
    "cycle/register.py",
    "publish/register.py",
    "cycle/retention.py",
    "cycle/signature.py",
    "cycle/verify.py",
    "ephemeris/spk.py",
    "ingest/elements.py",
    "ingest/catalogues.py",
    "ingest/kernels.py",
    "ingest/messages.py",
    "ingest/notes.py",
    "commands/log.py",
    "commands/exchange.py",  # writes the package
    "ledger.py",
    "publish/check.py",
    "publish/leak.py",
    "publish/commit.py",
    "publish/index.py",
    "publish/manifest.py",
    "publish/mirror.py",
    "publish/offline.py",
    "publish/rebuild.py",
    "publish/site.py",
    "publish/stage.py",
    "publish/workspace.py",
    "report/rendering.py",
    "rescreen.py",
    "retrieve/addresses.py",
    "retrieve/arrival.py",
    "report/site_hooks.py",
    "resources.py",
    "sample/__init__.py",
    "status.py",
    "validation/published.py",
}
FILE_CALLS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "rename", "rmtree"}
CLOCK_CALLS = {"now", "today", "utcnow", "time", "monotonic", "perf_counter"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def layer_of(path: Path) -> int:
    return LAYER_OF[path.relative_to(PACKAGE).parts[0].removesuffix(".py")]


def imports_of(path: Path) -> set[str]:
    """Top-level parts of the package that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("generator."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "generator":
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name.split(".")[1] for alias in node.names if alias.name.startswith("generator."))
    return found & set(LAYER_OF)


def calls_of(path: Path) -> set[str]:
    """Names of the functions and methods that a module calls."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                names.add(node.func.attr)
            elif isinstance(node.func, ast.Name):
                names.add(node.func.id)
    return names


def third_party_of(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
    return names


def test_every_module_has_a_layer() -> None:
    """Each top-level module or folder of the package stands in the table of layers."""
    tops = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}

    assert set(LAYER_OF) == tops


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.parent != PACKAGE or path.name != "__init__.py"], ids=name_of
)
def test_imports_point_down(path: Path) -> None:
    """A module imports from its own or lower layers only."""
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    above = {name for name in imports_of(path) if name != own and LAYER_OF[name] >= layer_of(path)}

    assert above == set()


@pytest.mark.parametrize("path", [path for path in MODULES if name_of(path) not in TOUCH_FILES], ids=name_of)
def test_only_the_shell_touches_files(path: Path) -> None:
    """Files are read and written in the named modules only."""
    assert calls_of(path) & FILE_CALLS == set()


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__main__.py"], ids=name_of)
def test_only_main_reads_the_clock(path: Path) -> None:
    """No module but the command reads the clock."""
    assert calls_of(path) & CLOCK_CALLS == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_drawing_and_templates_stay_in_the_report(path: Path) -> None:
    """Matplotlib is used for plots only and without pyplot, jinja2 in one module that renders."""
    libraries = third_party_of(path)
    text = path.read_text()

    assert "pyplot" not in text.replace("never pyplot", "")
    if "report/plots" not in name_of(path):
        assert "matplotlib" not in libraries
    if name_of(path) != "report/rendering.py":
        assert "jinja2" not in libraries


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_retrieval_speaks_http(path: Path) -> None:
    """The HTTP client is used in the package that retrieves ephemerides and nowhere else."""
    if not name_of(path).startswith("retrieve/"):
        assert "httpx" not in third_party_of(path)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_public_things_say_what_they_are(path: Path) -> None:
    """Each module, public class and public function has a docstring."""
    tree = ast.parse(path.read_text())
    bare = [] if ast.get_docstring(tree) else [path.name]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            bare += [] if ast.get_docstring(node) else [node.name]

    assert bare == []


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.rglob("test_*.py")), ids=lambda path: path.name)
def test_each_test_states_a_fact(path: Path) -> None:
    """Each test has a docstring, the sentence that it asserts."""
    bare = [
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert bare == []


def test_floats_of_records_carry_their_unit() -> None:
    """Each float of the cycle record ends in its unit, but for dimensionless ones that are named here."""
    probabilities = {"pc", "max_pc", "least_pc", "most_pc", "yellow_pc", "red_pc", "target_pc"}
    dimensionless = {"eccentricity", "max_pc_scale", "mahalanobis_distance"} | probabilities
    tables = {"dilution", "hbr_sensitivity", "scale_plane", "rows", "pc_rows"}  # columns: in the docstring
    units = ("_km", "_km_s", "_m", "_s", "_h", "_deg", "_km2", "_km3_s2", "days")
    fields = [
        node.target.id
        for module in ("record.py", "event_record.py", "input_record.py", "solution_record.py")
        for node in ast.walk(ast.parse((PACKAGE / "cycle" / module).read_text()))
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and any(kind in ast.unparse(node.annotation) for kind in ("float", "Vector", "Series"))
    ]

    assert fields
    assert [name for name in fields if not name.endswith(units) and name not in dimensionless | tables] == []
