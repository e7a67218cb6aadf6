"""Packages whose public names are imported on first use.

Importing TensorFlow takes seconds; `--help`, a usage error and a config file need none
of it. A package lists its names once and gets `__getattr__` and `__dir__` from here.
"""

import importlib
from collections.abc import Callable
from typing import Any


def lazy_names(
    package: str, modules: dict[str, tuple[str, ...]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Returns `__getattr__`, `__dir__` and `__all__` for a package.

    Args:
        package: the package's `__name__`.
        modules: for each module (relative to the package), the names it provides.
    """
    origin = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> Any:
        """Imports a name when it is first used."""
        if name not in origin:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{origin[name]}"), name)

    def names() -> list[str]:
        """Returns all names."""
        return sorted(origin)

    return get, names, sorted(origin)
