"""The layers of the program, in one table; data flows one way."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import nearpass

PACKAGE = Path(nearpass.__file__).parent
LAYERS = [
    "errors",
    "resources",
    "astro",
    "reasons",
    "messages",
    "ephemeris",
    "screening",
    "crossing",
    "encounter",
    "record",
    "validation",
    "config",
    "release",
    "archive",
    "ingest",
    "retrieve",
    "cycle",
    "disclosure",
    "report",
    "publish",
    "api",
    "status",
    "watch",
    "notify",
    "sample",
    "commands",
    "__main__",
]
LAYER_OF = {name: layer for layer, name in enumerate(LAYERS)}
MODULES = sorted(PACKAGE.rglob("*.py"))
TOUCH_FILES = {
    "api.py",  # reads the delivery that it is given
    "astro/frames.py",  # opens the planetary ephemeris
    "commands/shared.py",
    "commands/workspaces.py",
    "commands/from_files.py",
    "commands/conversion.py",  # reads and writes the files it is given
    "commands/messages.py",  # reads the message it is given
    "commands/whatif.py",  # the same
    "commands/validation.py",
    "config/reading.py",
    "archive/archive.py",
    "archive/durable.py",
    "archive/register.py",
    "archive/sightings.py",
    "publish/register.py",
    "publish/naming.py",  # reads the program's own words
    "publish/sharing.py",  # links equal files
    "archive/retention.py",
    "archive/signature.py",
    "archive/reading.py",  # what is checked
    "archive/verify.py",
    "ephemeris/meta_kernel.py",
    "commands/retrieval.py",  # reads files of credentials
    "commands/proof.py",  # reads and writes what goes to witnesses
    "ephemeris/spk.py",
    "ingest/elements.py",
    "ingest/catalogues.py",
    "ingest/ages.py",  # hashes kernels
    "ingest/exchanges.py",
    "ingest/kernels.py",
    "ingest/messages.py",
    "ingest/notes.py",
    "ingest/passes.py",
    "commands/log.py",
    "commands/dossiers.py",
    "commands/exchange.py",
    "commands/receiving.py",
    "ingest/received.py",  # writes the package
    "ingest/ledger.py",
    "notify/kept.py",
    "publish/check.py",
    "publish/leak.py",
    "publish/commit.py",
    "publish/build.py",
    "publish/hand_written.py",
    "publish/index.py",
    "publish/manifest.py",
    "publish/mirror.py",
    "publish/protection.py",
    "publish/offline.py",
    "publish/rebuild.py",
    "publish/site.py",
    "publish/stage.py",
    "publish/thinning.py",
    "publish/workspace.py",
    "report/rendering.py",
    "cycle/rescreen.py",
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
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("nearpass."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "nearpass":
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name.split(".")[1] for alias in node.names if alias.name.startswith("nearpass."))
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


def test_imports_point_down() -> None:
    """A module imports from its own folder or from folders above it in the table only."""
    against = [
        f"{name_of(path)} -> {name}"
        for path in MODULES
        if path.parent != PACKAGE or path.name != "__init__.py"
        for name in imports_of(path) - {path.relative_to(PACKAGE).parts[0].removesuffix(".py")}
        if LAYER_OF[name] >= layer_of(path)
    ]

    assert against == []


SEARCH = ("digits", "delivered", "readers", "withheld", "expected", "search")
"""Modules of ``publish/`` that decide what an edition must not hold, and look for it."""


def modules_reached_from(name: str) -> set[str]:
    """A module and all that it imports, and those in turn, as ``release/told.py``."""
    seen, waiting = set(), [name]
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        for node in ast.walk(ast.parse((PACKAGE / module).read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nearpass":
                parts = node.module.split(".")[1:]
                paths = ["/".join(parts), *("/".join([*parts, alias.name]) for alias in node.names)]
                files = [f"{path}{end}" for path in paths if path for end in (".py", "/__init__.py")]
                waiting += [file for file in files if (PACKAGE / file).exists()]
    return seen


def test_the_search_for_leaks_shares_nothing_with_the_reduction() -> None:
    """What decides what an edition must not hold, and looks for it, reaches no module of ``release/`` by any import."""
    reached = {name: modules_reached_from(f"publish/{name}.py") for name in SEARCH}
    entrance = ast.parse((PACKAGE / "publish/leak.py").read_text())
    own = {node.module for node in ast.walk(entrance) if isinstance(node, ast.ImportFrom)}

    assert "release/told.py" in modules_reached_from("publish/package.py")
    assert {name: [one for one in found if one.startswith("release/")] for name, found in reached.items()} == {
        name: [] for name in SEARCH
    }
    assert [name for name in own if (name or "").startswith("nearpass.release")] == []


def loaded_by(path: Path) -> set[str]:
    """Modules of the package, as ``report/pages.py``, that loading a module loads first."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nearpass":
            parts = (node.module or "").split(".")[1:]
            for names in ([*parts, alias.name] for alias in node.names):
                found |= {file for file in ("/".join(names) + ".py", "/".join(names[:-1]) + ".py") if file != ".py"}
    return {file for file in found if (PACKAGE / file).exists()}


def test_whichever_module_is_loaded_first_loads() -> None:
    """No module loads itself by way of those that it loads."""
    graph = TopologicalSorter({name_of(path): loaded_by(path) for path in MODULES if path.name != "__init__.py"})
    graph.prepare()


def test_only_the_shell_touches_files() -> None:
    """Files are read and written in the named modules only, and each of these exists."""
    found = {name_of(path) for path in MODULES if calls_of(path) & FILE_CALLS}

    assert found <= TOUCH_FILES
    assert {name for name in TOUCH_FILES if not (PACKAGE / name).exists()} == set()


def test_only_main_reads_the_clock() -> None:
    """No module but the command reads the clock."""
    found = [name_of(path) for path in MODULES if path.name != "__main__.py" and calls_of(path) & CLOCK_CALLS]

    assert found == []


def test_drawing_and_templates_stay_in_the_report() -> None:
    """Matplotlib is used for plots only and without pyplot, jinja2 in one module that renders."""
    drawing = {name_of(path) for path in MODULES if "matplotlib" in third_party_of(path)}
    templates = {name_of(path) for path in MODULES if "jinja2" in third_party_of(path)}
    stateful = [name_of(path) for path in MODULES if "pyplot" in path.read_text().replace("never pyplot", "")]

    assert all(name.startswith("report/plots/") for name in drawing)
    assert templates == {"report/rendering.py"}
    assert stateful == []


def test_only_retrieval_speaks_http() -> None:
    """The HTTP client is used in the package that retrieves ephemerides and nowhere else."""
    found = {name_of(path) for path in MODULES if "httpx" in third_party_of(path)}

    assert found
    assert all(name.startswith("retrieve/") for name in found)


def test_public_things_say_what_they_are() -> None:
    """Each module, public class and public function has a docstring."""
    bare = []
    for path in MODULES:
        tree = ast.parse(path.read_text())
        bare += [] if ast.get_docstring(tree) else [name_of(path)]
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                bare += [] if ast.get_docstring(node) else [f"{name_of(path)}: {node.name}"]

    assert bare == []


def test_each_test_states_a_fact() -> None:
    """Each test has a docstring, the sentence that it asserts."""
    bare = [
        f"{path.name}: {node.name}"
        for path in sorted(Path(__file__).parent.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert bare == []


def test_floats_of_records_carry_their_unit() -> None:
    """Each float of the cycle record ends in its unit, but for dimensionless ones that are named here."""
    probabilities = {"pc", "max_pc", "least_pc", "most_pc", "yellow_pc", "red_pc", "target_pc"}
    dimensionless = {
        "eccentricity", "max_pc_scale", "mahalanobis_distance", "b_plane_sigmas", "sun_direction",
    } | probabilities  # fmt: skip
    tables = {"dilution", "hbr_sensitivity", "scale_plane", "rows", "pc_rows"}  # columns: in the docstring
    units = ("_km", "_km_s", "_m", "_s", "_h", "_deg", "_km2", "_km3_s2", "_kg", "days")
    fields = [
        node.target.id
        for module in ("record.py", "event_record.py", "input_record.py", "solution_record.py")
        for node in ast.walk(ast.parse((PACKAGE / "record" / module).read_text()))
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and any(kind in ast.unparse(node.annotation) for kind in ("float", "Vector", "Series"))
    ]

    assert fields
    assert [name for name in fields if not name.endswith(units) and name not in dimensionless | tables] == []
