"""Reads the reference numbers in tests/golden (see the INDEX of their origin)."""

from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).parent / "golden"


def load_golden(name: str) -> dict[str, np.ndarray]:
    """Returns all arrays of a file, those stored as recipes included."""
    with np.load(GOLDEN / name) as file:
        arrays = {key: file[key] for key in file.files}
    for key in [key for key in arrays if key.startswith("recipe_shape_")]:
        target = key.removeprefix("recipe_shape_")
        seed, scale = arrays[f"recipe_{target}"]
        random = np.random.RandomState(int(seed))
        values = random.standard_normal(tuple(arrays[key])) * scale
        arrays[target] = values.astype(np.float32)
    if "recipe_in/images_nhwc_seed" in arrays:
        random = np.random.RandomState(int(arrays["recipe_in/images_nhwc_seed"]))
        shape = tuple(arrays["recipe_in/images_nhwc_shape"])
        arrays["in/images_nhwc"] = np.tanh(random.standard_normal(shape)).astype(
            np.float32
        )
    return arrays


def part(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Returns the arrays below a prefix, without it."""
    return {
        k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)
    }


def relative_error(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest difference, relative to the largest reference value."""
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    return float(np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-12))
