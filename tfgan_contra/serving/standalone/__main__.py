"""Checks one version of a served model; prints a line per check, exits 1 on failure."""

import argparse
import importlib.abc
import json
import os
import sys
import types
from collections.abc import Iterator
from typing import Any

PACKAGE = "tfgan_contra"
REFERENCE_FILE = "assets.extra/reference.npz"


class Blocker(importlib.abc.MetaPathFinder):
    """Makes importing the library fail, even where it is installed."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        """Refuses the library and leaves every other module to the next finder."""
        if fullname.partition(".")[0] == PACKAGE:
            raise ImportError(f"{PACKAGE} is out of reach here on purpose")


def main(arguments: argparse.Namespace) -> int:
    """Runs all checks; returns the number of failures, capped at 1."""
    sys.meta_path.insert(0, Blocker())
    failures = total = 0
    try:
        for name, passed, detail in all_checks(arguments):
            total += 1
            failures += not passed
            mark, end = "ok  " if passed else "FAIL", f": {detail}" if detail else ""
            print(f"{mark} {name}{end}")
    except Exception as error:  # a model that cannot even run is a result
        total, failures = total + 1, failures + 1
        reason = (str(error).strip() or repr(error)).splitlines()[0]
        print(f"FAIL the check could not go on: {reason}")
    print(f"{total - failures} of {total} checks passed: {arguments.version_dir}")
    return min(failures, 1)


def all_checks(arguments: argparse.Namespace) -> Iterator[tuple[str, bool, str]]:
    """Yields (check, passed, detail), cheapest first."""
    # The modules beside this file as a package, so that they can import one another.
    package = types.ModuleType("standalone")
    package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
    sys.modules["standalone"] = package
    import numpy as np
    from standalone import behaviour, captions, lint, translation

    yield from lint.lint(arguments.version_dir)
    with open(os.path.join(arguments.version_dir, lint.FACTS_FILE)) as file:
        known = json.load(file)
    path = arguments.reference or os.path.join(arguments.version_dir, REFERENCE_FILE)
    with np.load(path) as archive:
        reference = dict(archive)
    names, run = behaviour.load(arguments.version_dir)
    tolerance = arguments.tolerance or known["tolerance"]
    special: dict[str, Any] = {"translation": translation, "text_to_image": captions}
    checks = special.get(known["kind"], behaviour)
    yield from checks.check_behaviour(names, run, known, reference, tolerance)
    present = PACKAGE in sys.modules
    yield f"nothing of {PACKAGE} was imported", not present, ""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version_dir")
    parser.add_argument("--reference", default="")
    parser.add_argument("--tolerance", type=float, default=0.0)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main(parser.parse_args()))
