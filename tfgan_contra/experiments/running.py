"""From a plan to files, with the numbers on the screen."""

import time
from typing import Any

from tfgan_contra.experiments.planning import Plan


def run_experiment(plan: Plan) -> dict[str, Any]:
    """Runs the experiment of a plan and prints its numbers.

    Returns:
        The report, which also lies in the output folder.
    """
    experiment = plan.config.build()
    started = time.monotonic()
    report = experiment(plan.workdirs, plan.output)
    for name, value in _numbers(report["results"]):
        print(f"{name:48} {value:.5g}")
    stem = plan.output / plan.config.name
    seconds = time.monotonic() - started
    print(f"{seconds:.0f} s; written to {stem}.json and {stem}.png", flush=True)
    return report


def _numbers(results: Any, path: str = "") -> list[tuple[str, float]]:
    """Returns all single numbers of nested results by their path; lists are left out.

    Curves stand in the file and the picture; a screen has no use for them.
    """
    if isinstance(results, dict):
        found = []
        for name, value in results.items():
            found += _numbers(value, f"{path}.{name}" if path else str(name))
        return found
    is_number = isinstance(results, int | float) and not isinstance(results, bool)
    return [(path, results)] if is_number else []
