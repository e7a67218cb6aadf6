"""How well pictures show what their captions say."""

import collections
from collections.abc import Sequence
from typing import NamedTuple, Optional

import numpy as np

from tfgan_contra.data.shape_accuracy import attribute_accuracy
from tfgan_contra.metrics.r_precision import r_precision
from tfgan_contra.text.pair_encoder import PairEncoder

# The usual protocol of R-precision: the own caption among 99 others.
CANDIDATES = 100
R_PRECISION = "r_precision"


class AlignmentScore(NamedTuple):
    """One score with what it is without skill.

    Attributes:
        value: what the pictures reach.
        chance: what pictures reach that have nothing to do with their captions.
        share: the part of the captions that it is about; None: all.
    """

    value: float
    chance: float
    share: Optional[float] = None


class CaptionAlignment:
    """Scores pictures that were made from captions, seen batch by batch.

    R-precision: the share of pictures that are nearer to their own caption than to
    others, by an encoder that the generator never trained with; see
    `metrics.r_precision`. For rendered shapes also the share of what a caption names
    that a picture shows, as it is read from the picture; see
    `data.shape_accuracy.attribute_accuracy`.

    Args:
        pair: scores R-precision.
        shapes: whether the pictures are of rendered shapes.
    """

    def __init__(self, pair: PairEncoder, *, shapes: bool = False) -> None:
        self._pair, self._shapes = pair, shapes
        self._embeddings: list[np.ndarray] = []
        self._pictures: list[np.ndarray] = []

    def see(self, pictures: np.ndarray) -> None:
        """Takes in the pictures of the next captions, uint8 `[n, H, W, C]`."""
        self._embeddings.append(self._pair.embed_images(pictures))
        if self._shapes:
            self._pictures.append(pictures)

    def scores(
        self, captions: Sequence[str], embeddings: np.ndarray
    ) -> dict[str, AlignmentScore]:
        """Returns the scores of all pictures seen, and begins anew.

        Args:
            captions: one for each picture, in the order that they were seen.
            embeddings: `[N, F]`, the pair encoder's of the captions.

        Returns:
            `r_precision`, unless all captions are alike, and for shapes
            `attribute_<name>` for each attribute that a caption names.

        Raises:
            DataError: if the pictures are not as many as the captions.
        """
        seen, pictures = np.concatenate(self._embeddings), self._pictures
        self._embeddings, self._pictures = [], []
        found = {}
        candidates = candidates_among(captions)
        if candidates > 1:
            precision = r_precision(
                seen, embeddings, caption_keys=captions, candidates=candidates
            )
            found[R_PRECISION] = AlignmentScore(precision.value, precision.chance)
        if self._shapes:
            read = attribute_accuracy(captions, np.concatenate(pictures))
            found |= {
                f"attribute_{name}": AlignmentScore(
                    score.accuracy, score.chance, score.share
                )
                for name, score in read.items()
                if score.accuracy is not None and score.chance is not None
            }
        return found


def candidates_among(captions: Sequence[str]) -> int:
    """Returns how many captions a picture can choose from: its own and up to 99."""
    most_alike = max(collections.Counter(captions).values())
    return 1 + min(CANDIDATES - 1, len(captions) - most_alike)
