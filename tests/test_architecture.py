"""Dependencies point one way, and importing is cheap."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tfgan_contra"

# Each layer may import the layers before it, and itself.
LAYERS = (
    ("lazy", "errors", "types", "memory"),
    ("config_tree",),
    ("config",),
    ("distribution", "row_noise", "optimizers", "random", "data"),
    ("losses", "layers"),
    ("networks", "augmentation", "text"),
    ("regularizers",),
    ("models",),
    ("metrics", "importers", "serving"),
    ("training",),
    ("analyses",),
    ("comparison",),
    ("experiments",),
    ("command_line",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
# What may import nothing of the package but these.
ONLY = {"data": {"config", "config_tree", "errors", "types", "lazy", "data"}}


def imports_of(path):
    """Yields the parts of the package that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "tfgan_contra" and len(parts) > 1 and parts[1] in RANK:
                yield parts[1]


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_dependencies_point_one_way(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for used in imports_of(path):
        assert RANK[used] <= RANK[own], f"{own} imports {used}"
        assert used in ONLY.get(own, {used}), f"{own} imports {used}"


def test_only_distribution_names_tf_distribute():
    users = [p for p in PACKAGE.rglob("*.py") if "tf.distribute" in p.read_text()]
    allowed = {PACKAGE / "distribution.py", PACKAGE / "training" / "trainer.py"}
    assert set(users) <= allowed


def test_flags_live_in_bin_and_export():
    users = [p for p in PACKAGE.rglob("*.py") if "flags.DEFINE" in p.read_text()]
    assert users == []


@pytest.mark.parametrize(
    "module",
    [
        "tfgan_contra",
        "tfgan_contra.config",
        "tfgan_contra.data.configs",
        "tfgan_contra.models.configs",
        "tfgan_contra.networks.configs",
        "tfgan_contra.losses",
        "tfgan_contra.command_line",
        "tfgan_contra.training.runs",
    ],
)
def test_importing_does_not_start_tensorflow(module):
    code = f"import sys, {module}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_lint_and_types():
    for command in (
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy", "tfgan_contra"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
