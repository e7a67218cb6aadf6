"""Pictures from a run folder alone."""

from pathlib import Path
from typing import Any, Optional

import numpy as np

from tfgan_contra.data.specs import class_index
from tfgan_contra.errors import DataError, UsageError
from tfgan_contra.training.pictures import image_grid, save_png
from tfgan_contra.training.runs import RunFolder, load_run
from tfgan_contra.training.sampling import make_sampler
from tfgan_contra.types import DataSpec


def generate_to_folder(
    workdir: str,
    output: Path,
    *,
    label: Optional[str] = None,
    num_images: int = 100,
    seed: int = 0,
    checkpoint: str = "best",
    changes: Optional[dict[str, Any]] = None,
) -> Path:
    """Writes pictures and a grid of them; the data set is not needed.

    Args:
        workdir: the run folder.
        output: folder for the files.
        label: name or number of the class; None: all classes in turn.
        num_images: how many.
        seed: picture i depends on `seed + i` and its class only.
        checkpoint: as in `load_run`.
        changes: of the run's `statistics` and `truncation`; None keeps one.

    Returns:
        The grid's path.

    Raises:
        UserError: for a folder, checkpoint, class or option that cannot be used.
    """
    _check_run(workdir)
    run = load_run(workdir, checkpoint)
    labels = _labels(run.spec, label, num_images)
    given = {name: v for name, v in (changes or {}).items() if v is not None}
    try:
        sampler = make_sampler(run.gan, run.config, **given)
    except ValueError as error:
        raise UsageError(str(error)) from error
    images = sampler(labels, np.arange(seed, seed + num_images))
    for i, image in enumerate(images):
        name = "" if labels is None else f"-class-{labels[i]}"
        save_png(output / f"seed-{seed + i}{name}.png", image)
    grid = output / "grid.png"
    save_png(grid, _grid(images, labels, run.spec))
    return grid


def _check_run(workdir: str) -> None:
    method = RunFolder(workdir).config().method
    name = type(method).__name__.removesuffix("Config")
    if method.is_translation:  # type: ignore[attr-defined]
        raise UsageError(
            f"{workdir} is a {name} run, which makes pictures from pictures; use "
            "bin/translate.py"
        )
    if method.takes_captions:  # type: ignore[attr-defined]
        raise UsageError(
            f"{workdir} is a {name} run, which makes pictures from captions and knows "
            "no classes; give --caption or --captions_file, and no --label"
        )


def _grid(
    images: np.ndarray, labels: Optional[np.ndarray], spec: DataSpec
) -> np.ndarray:
    """Lays the pictures out with one class per row where there are several."""
    if labels is None or len(set(labels)) == 1:
        return image_grid(images, min(len(images), 10))
    columns = -(-len(images) // spec.num_classes)
    return image_grid(images[np.argsort(labels, kind="stable")], columns)


def _labels(spec: DataSpec, label: Optional[str], count: int) -> Optional[np.ndarray]:
    if not spec.num_classes:
        if label is not None:
            raise UsageError(f"--label: this model has no classes. Received: {label!r}")
        return None
    if label is None:
        return np.arange(count) % spec.num_classes
    try:
        return np.full(count, class_index(spec, label))
    except DataError as error:
        raise UsageError(f"--label: {error}") from error
