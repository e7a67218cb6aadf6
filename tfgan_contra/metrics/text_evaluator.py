"""Pair encoders in the cache, among them the one that no model ever trains with."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable

import numpy as np

from tfgan_contra.config import to_dict
from tfgan_contra.data.captions import CaptionedDataset, CaptionedImages
from tfgan_contra.metrics.caching import source_fingerprint
from tfgan_contra.metrics.features import BatchedExtractor, Outputs
from tfgan_contra.text.configs import TrainedTextConfig
from tfgan_contra.text.pair_encoder import PairEncoder
from tfgan_contra.text.pretraining import shared
from tfgan_contra.types import DataSpec

# Far from the seeds that people give to runs.
EVALUATOR_SEED = 1_000_000
PAIR_ENCODER = "pair_encoder"
# Raised whenever one config and seed come to train another encoder than before.
TRAINING = 2
_SHORTEST = 1e-12


def evaluator_seed(run_seed: int) -> int:
    """Returns the seed of a run's evaluator, which is not that of its own encoder.

    It is the same for all runs but one. Scores can be compared between runs whose
    evaluators have one digest: the same data and sizes, and one training.
    """
    return EVALUATOR_SEED + (run_seed == EVALUATOR_SEED)


def trained_text_evaluator(
    dataset: CaptionedDataset,
    config: TrainedTextConfig,
    cache_folder: str,
    *,
    seed: int = EVALUATOR_SEED,
    progress: Callable[[str], None] = print,
) -> PairEncoder:
    """Trains a pair encoder on `dataset.train`, or takes it from the cache.

    Args:
        dataset: captioned images.
        config: sizes and schedule.
        cache_folder: where it is kept, about a megabyte.
        seed: of the training; other than that of the encoder that the model trains
            with.
        progress: is told one line now and then.

    Raises:
        CheckpointError: if what lies in the cache is damaged.
    """
    folder = pair_encoder_folder(dataset.train, config, cache_folder, seed)
    if not os.path.isdir(folder):
        progress(f"training the evaluator of captions, {config.num_steps} steps")
    images = dataset.train
    return shared(
        images, images.captions, config, seed=seed, folder=folder, progress=progress
    )


def pair_encoder_folder(
    images: CaptionedImages, config: TrainedTextConfig, cache_folder: str, seed: int
) -> str:
    """Returns the folder where a pair encoder is kept, if it has been trained.

    Its name is keyed on the images, their captions and groups, the config, the seed and
    `TRAINING`, so that runs that differ in the generator alone share one encoder.
    """
    size, _, channels = images.source.image_shape
    spec = DataSpec(size, channels, 0)
    digest = hashlib.sha256(source_fingerprint(spec, images.source).encode())
    digest.update(json.dumps(images.captions).encode())
    # How often progress is told makes no difference.
    settings = to_dict(dataclasses.replace(config, log_every=1))
    known = [settings, seed, images.group_size, TRAINING]
    digest.update(json.dumps(known).encode())
    return os.path.join(cache_folder, f"pair-encoder-{digest.hexdigest()[:24]}")


def digest_of(pair: PairEncoder) -> str:
    """Returns a hash of all weights of a pair encoder."""
    digest = hashlib.sha256()
    for variable in pair.variables:
        digest.update(np.ascontiguousarray(np.asarray(variable)).tobytes())
    return digest.hexdigest()


class PairExtractor(BatchedExtractor):
    """The directions of the embeddings of a pair encoder's image network.

    Captions are held against them, so they tell what captions name and little else:
    distances between them say how well the pictures show such things, not how sharp or
    natural they look. Their length, of which the encoder's losses know nothing, is set
    to the square root of their number of values.
    """

    def __init__(self, pair: PairEncoder, batch_size: int) -> None:
        """Takes a frozen pair encoder."""
        digest = hashlib.sha256(b"directions")
        for variable in pair.image.variables:
            digest.update(np.ascontiguousarray(np.asarray(variable)).tobytes())
        super().__init__(PAIR_ENCODER, digest.hexdigest(), "none", batch_size)
        self._pair = pair

    def forward(self, images: np.ndarray) -> Outputs:
        """Returns the embeddings, all of one length; an embedding of zeros as it is."""
        embeddings = self._pair.embed_images(images)
        lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
        scale = embeddings.shape[1] ** 0.5 / np.maximum(lengths, _SHORTEST)
        return Outputs(embeddings * scale, None)
