"""XMC-GAN's contrasts, with their negatives and retrieval accuracies.

Each returns its raw loss by name, or nothing where its weight is 0: it then costs
nothing and is not logged.
"""

from collections.abc import Callable

import tensorflow as tf

from tfgan_contra.losses.pairs import (
    PairScores,
    embedding_pair_scores,
    pair_contrastive_loss,
    pair_scores,
    retrieval_accuracy,
)
from tfgan_contra.losses.word_region import word_region_scores
from tfgan_contra.models.gathering import first_row, gathered
from tfgan_contra.models.text_to_image_configs import XMCGANConfig
from tfgan_contra.regularizers.base import Losses, Outputs
from tfgan_contra.types import TextFeatures


class CrossModalContrasts:
    """The four contrasts of `XMCGAN`.

    Firsts and seconds of a contrast belong together row by row; all other rows of the
    batch, of all replicas with `gather_negatives`, are negatives, in both directions.
    """

    config: XMCGANConfig
    # What `XMCGAN` and its base give.
    track: Callable[[Losses], None]
    frozen_features: Callable[[tf.Tensor], tf.Tensor]

    def sentence_contrast(self, side: str, outputs: Outputs) -> Losses:
        """Returns the contrast of whole images with whole captions.

        Args:
            side: `d` for reals, `g` for fakes.
            outputs: D's judgement of images with their captions.
        """
        if not self.config.sentence_weight:
            return {}
        scores = self._embedding_scores(
            outputs["global_features"], outputs["sentence_embeddings"]
        )
        return self._contrast(f"{side}_sentence", scores)

    def word_contrast(self, side: str, outputs: Outputs, text: TextFeatures) -> Losses:
        """Returns the contrast of the regions of images with the words of captions.

        Region maps stay where they are: only words and finished scores are gathered.

        Args:
            side: `d` for reals, `g` for fakes.
            outputs: D's judgement of the images.
            text: their captions.
        """
        config = self.config
        if not config.word_weight:
            return {}
        regions = outputs["local_features"]
        shape = tf.shape(regions)
        flat = tf.stack([shape[0], shape[1] * shape[2], shape[3]])
        rows = word_region_scores(
            tf.reshape(regions, flat),
            gathered(self, text.words),
            gathered(self, text.lengths),
            region_temperature=config.region_temperature,
            word_temperature=config.word_temperature,
            score_temperature=config.score_temperature,
            chunk_bytes=None if config.chunk_mb is None else config.chunk_mb << 20,
        )
        scores = pair_scores(
            rows, all_rows=gathered(self, rows), row_offset=first_row(self, rows)
        )
        return self._contrast(f"{side}_word", scores)

    def image_contrast(self, on_real: Outputs, on_fake: Outputs) -> Losses:
        """Returns the contrast of fakes with the reals of their captions, as D sees."""
        if not self.config.image_weight:
            return {}
        scores = self._embedding_scores(
            on_fake["global_features"], tf.stop_gradient(on_real["global_features"])
        )
        return self._contrast("g_image", scores)

    def pretrained_contrast(self, real: tf.Tensor, fake: tf.Tensor) -> Losses:
        """Returns the same contrast as a frozen network sees the images."""
        if not self.config.pretrained_weight:
            return {}
        features = tf.stop_gradient(self.frozen_features(real))
        scores = self._embedding_scores(features, self.frozen_features(fake))
        return self._contrast("g_pretrained", scores)

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of the logged losses, and of the accuracies."""
        contrasts = self.contrast_names()
        of_d = tuple(name for name in contrasts if name.startswith("d_"))
        of_g = contrasts[len(of_d) :]
        losses = ("d_adversarial", *of_d, "g_adversarial", *of_g)
        return (*losses, *self.detail_names())

    def detail_names(self) -> tuple[str, ...]:
        """Returns the names of the retrieval accuracies, one for each contrast."""
        return tuple(f"{name}_accuracy" for name in self.contrast_names())

    def contrast_names(self) -> tuple[str, ...]:
        """Returns the names of the contrasts whose weight is not 0, D's first."""
        weights = self.config.loss_weights()
        return tuple(name for name, weight in weights.items() if weight)

    def _contrast(self, name: str, scores: PairScores) -> Losses:
        self.track({f"{name}_accuracy": retrieval_accuracy(scores)})
        return {name: pair_contrastive_loss(scores)}

    def _embedding_scores(self, first: tf.Tensor, second: tf.Tensor) -> PairScores:
        return embedding_pair_scores(
            first,
            second,
            temperature=self.config.temperature,
            all_first=gathered(self, first),
            all_second=gathered(self, second),
            row_offset=first_row(self, first),
        )
