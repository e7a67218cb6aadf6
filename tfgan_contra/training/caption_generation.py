"""Pictures of captions from a run folder alone."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

import numpy as np

from tfgan_contra.errors import UsageError
from tfgan_contra.models.caption_sampler import CaptionSampler
from tfgan_contra.training.caption_pictures import attention_panel, caption_grid
from tfgan_contra.training.pictures import save_png
from tfgan_contra.training.runs import RunFolder, load_run, write_text
from tfgan_contra.training.sampling import caption_sampler_of_run
from tfgan_contra.training.text_encoders import load_text_encoder

PICTURES_OF_EACH = 8
# What the grid shows at most.
GRID_CAPTIONS, GRID_PICTURES = 40, 8
CAPTIONS_FILE = "captions.tsv"


class _Drawn(NamedTuple):
    """Pictures of one caption, with the names of their files without ending."""

    caption: str
    images: np.ndarray
    names: list[str]
    attention: Optional[np.ndarray]


def draw_captions(
    workdir: str,
    output: Path,
    captions: Sequence[str],
    *,
    num_images: int = PICTURES_OF_EACH,
    seed: int = 0,
    checkpoint: str = "best",
    changes: Optional[dict[str, Any]] = None,
    attention: bool = False,
) -> Path:
    """Writes pictures of captions and a grid of them; the data set is not needed.

    One PNG per picture, `captions.tsv` that gives each its caption, and `grid.png` with
    the captions underneath (of the first 40). What the text encoder will not hear of a
    caption, unknown words and what is cut off, is printed.

    Args:
        workdir: the run folder.
        output: folder for the files.
        captions: what to draw.
        num_images: pictures of each caption.
        seed: picture i of a caption depends on `seed + i` and the caption only.
        checkpoint: as in `load_run`.
        changes: of the run's `statistics` and `truncation`; None keeps one.
        attention: whether to write beside each picture where its words were read.

    Returns:
        The grid's path.

    Raises:
        UserError: for a folder, checkpoint, caption or option that cannot be used.
    """
    config = RunFolder(workdir).config()
    _check_method(workdir, config.method)
    texts = [" ".join(caption.split()) for caption in captions]
    encoder = load_text_encoder(workdir, config)
    for line in encoder.check(texts):
        print(f"warning: {line}", flush=True)
    run = load_run(workdir, checkpoint)
    given = {name: v for name, v in (changes or {}).items() if v is not None}
    try:
        sampler = caption_sampler_of_run(run, config, encoder, **given)
    except ValueError as error:
        raise UsageError(str(error)) from error
    seeds = np.arange(seed, seed + num_images)
    per_pass = max(config.evaluation.batch_size // num_images, 1)
    rows: list[str] = []
    shown: list[np.ndarray] = []
    for drawn in _drawn(sampler, texts, seeds, per_pass, attention):
        _save(output, drawn, encoder.places(drawn.caption))
        rows += [f"{name}.png\t{drawn.caption}\n" for name in drawn.names]
        if len(shown) < GRID_CAPTIONS:
            shown.append(drawn.images[:GRID_PICTURES])
    write_text(output / CAPTIONS_FILE, "".join(rows))
    grid = output / "grid.png"
    columns = 2 if num_images <= GRID_PICTURES // 2 else 1
    save_png(grid, caption_grid(np.stack(shown), texts[: len(shown)], columns))
    if len(shown) < len(texts):
        print(f"{grid} shows the first {len(shown)} of {len(texts)} captions")
    return grid


def _check_method(workdir: str, method: Any) -> None:
    if not method.takes_captions:
        name = type(method).__name__.removesuffix("Config")
        raise UsageError(
            f"{workdir} is a {name} run, which knows no captions; leave out --caption "
            "and --captions_file"
        )


def _drawn(
    sampler: CaptionSampler,
    captions: Sequence[str],
    seeds: np.ndarray,
    per_pass: int,
    attention: bool,
) -> Iterator[_Drawn]:
    """Yields the pictures of one caption after another, `per_pass` drawn at once."""
    digits = len(str(len(captions)))
    for start in range(0, len(captions), per_pass):
        chosen = captions[start : start + per_pass]
        repeated = [caption for caption in chosen for _ in seeds]
        repeated_seeds = np.tile(seeds, len(chosen))
        images = np.split(sampler(repeated, repeated_seeds), len(chosen))
        maps: Sequence[Optional[np.ndarray]] = [None] * len(chosen)
        if attention:
            maps = np.split(sampler.attention(repeated, repeated_seeds), len(chosen))
        for i, caption in enumerate(chosen):
            number = f"{start + i + 1:0{digits}d}"
            names = [f"caption-{number}-seed-{seed}" for seed in seeds]
            yield _Drawn(caption, images[i], names, maps[i])


def _save(output: Path, drawn: _Drawn, words: Sequence[str]) -> None:
    """Writes the pictures of a caption, and their maps of attention if there are."""
    for i, (name, image) in enumerate(zip(drawn.names, drawn.images, strict=True)):
        save_png(output / f"{name}.png", image)
        if drawn.attention is not None:
            panel = attention_panel(image, drawn.attention[i], words)
            save_png(output / f"{name}-attention.png", panel)
