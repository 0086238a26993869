"""The house's rules, checked by machine."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [path for part in ("app", "engine") for path in sorted((ROOT / part).rglob("*.py"))]
LONGEST = 320


def test_the_import_contracts_are_kept() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert checked.returncode == 0, checked.stdout


def test_opening_the_cockpit_imports_nothing_heavy() -> None:
    """Contracts see imports at a module's top; this sees what really happens."""
    script = (
        "import sys, app.startup; app.startup.look_for_no_plugins();"
        "import app.cli, app.cockpit, engine.service;"
        # Whose schema is built at the first record that is read.
        "from engine.experiment.record import ExperimentRecord; ExperimentRecord.model_rebuild();"
        "heavy = {'tensorflow', 'keras', 'keras_tuner', 'numpy', 'pandas', 'sklearn', 'scipy',"
        "'PIL', 'importlib.metadata', 'email'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert ran.stdout.split() == []


def test_the_commands_do_not_import_textual() -> None:
    script = "import sys, app.__main__, app.cli; print('textual' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert ran.stdout.strip() == "False"


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p.name == "__init__.py"], ids=lambda p: str(p.parent.name)
)
def test_a_package_begins_with_a_docstring_and_nothing_else(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert len(body) <= 1
    assert all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in body)


def test_no_file_is_longer_than_one_can_take_in() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in SOURCES
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
