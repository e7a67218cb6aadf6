"""R-precision: whether an image finds its caption among others; NumPy.

Shapes: `N` images with a caption each, `F` embedding, `K` candidates.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Optional

import numpy as np

from tfgan_contra.errors import DataError

# Cosines that differ by less are equal but for rounding.
_TIE = 1e-9
# Candidates' embeddings held at once: 64 MB of float64.
_BLOCK_ELEMENTS = 2**23


class RPrecision(NamedTuple):
    """A share of images with the protocol that it was found by.

    Attributes:
        value: the share of images whose own caption came first.
        chance: what embeddings without meaning would give, `1 / candidates`.
        candidates: captions that an image chooses from, its own among them.
        num_images: images that chose.
    """

    value: float
    chance: float
    candidates: int
    num_images: int


def r_precision(
    image_embeddings: np.ndarray,
    caption_embeddings: np.ndarray,
    *,
    caption_keys: Optional[Sequence[Any]] = None,
    candidates: int = 100,
    seed: int = 0,
) -> RPrecision:
    """Returns how often an image is nearer to its own caption than to all others.

    Every image is a query. Its candidates are the caption it was generated from and
    `candidates - 1` mismatched ones, drawn from the other rows without repetition; it
    scores if its own has the largest cosine (top 1). A tie counts as a miss, so
    embeddings that are all alike score 0.

    The embeddings have to come from an encoder that the generator's training never
    saw: one that was trained on generates well for itself.

    Args:
        image_embeddings: `[N, F]`, of generated images.
        caption_embeddings: `[N, F]`, row by row of the captions they were made from.
        caption_keys: `[N]`, the texts for instance: captions of equal keys are never
            counted as mismatches; None: no two are equal.
        candidates: captions to choose from, 2 or more; the usual protocol's 100.
        seed: of the draw of mismatched captions.

    Raises:
        DataError: for other shapes, values that are not finite, or an image for which
            there are not enough mismatched captions.

    Source: Xu et al., "AttnGAN", CVPR 2018 (arXiv 1711.10485); Zhang et al., "XMC-GAN",
    CVPR 2021 (arXiv 2101.04702), score with an encoder from other data. That encoder
    is not published, so values agree with the papers' in protocol, not in level.
    """
    images = _unit(image_embeddings, "image_embeddings")
    captions = _unit(caption_embeddings, "caption_embeddings")
    if images.shape != captions.shape or len(images) < 1:
        raise DataError(
            "image_embeddings and caption_embeddings must be [N, F] alike, N 1 or more."
            f" Received: {images.shape} and {captions.shape}"
        )
    keys = np.arange(len(images)) if caption_keys is None else _numbered(caption_keys)
    if len(keys) != len(images) or candidates < 2:
        raise DataError(
            f"caption_keys must be one for each of the {len(images)} captions and "
            f"candidates 2 or more. Received: {len(keys)} and {candidates}"
        )
    drawn = _mismatched(keys, candidates - 1, np.random.default_rng(seed))
    own = np.einsum("nf,nf->n", images, captions)
    hits = 0
    for rows in _blocks(len(images), images.shape[1] * candidates):
        others = np.einsum("nf,nkf->nk", images[rows], captions[drawn[rows]])
        hits += int((own[rows] > others.max(axis=1) + _TIE).sum())
    return RPrecision(hits / len(images), 1 / candidates, candidates, len(images))


def _unit(rows: np.ndarray, name: str) -> np.ndarray:
    rows = np.asarray(rows, np.float64)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise DataError(f"{name} must be finite and [N, F]. Received: {rows.shape}")
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def _numbered(keys: Sequence[Any]) -> np.ndarray:
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _mismatched(
    keys: np.ndarray, count: int, random: np.random.Generator
) -> np.ndarray:
    """Draws `[N, count]` rows of other keys, no row twice for an image."""
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    starts = np.searchsorted(ranked, keys, "left")
    sizes = np.searchsorted(ranked, keys, "right") - starts
    most = int(sizes.max())
    if len(keys) - most < count:
        raise DataError(
            f"{count} mismatched captions are needed for every image, but of "
            f"{len(keys)} captions {most} are alike; take more captions or fewer "
            "candidates"
        )
    drawn = np.empty((len(keys), count), np.int64)
    for row, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        places = random.choice(len(keys) - size, count, replace=False, shuffle=False)
        # Equal keys stand together: whatever lies behind them moves up by their number.
        drawn[row] = order[places + size * (places >= start)]
    return drawn


def _blocks(total: int, elements_per_row: int) -> Iterator[slice]:
    step = max(_BLOCK_ELEMENTS // elements_per_row, 1)
    for start in range(0, total, step):
        yield slice(start, min(start + step, total))
