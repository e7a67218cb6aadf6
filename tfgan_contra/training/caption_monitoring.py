"""What a text-to-image run shows: TensorBoard rows, captioned grids, evaluations."""

import json

import numpy as np

from tfgan_contra.data.captioned_pipeline import evaluation_pairs
from tfgan_contra.data.captions import CaptionedDataset, CaptionedImages
from tfgan_contra.data.pipeline import evaluation_indices
from tfgan_contra.models.caption_sampler import CaptionSampler
from tfgan_contra.text.base import TextEncoder
from tfgan_contra.training.callbacks import Run, RunCallback, SaveCheckpoints
from tfgan_contra.training.caption_evaluation import CaptionEvaluation, CaptionScores
from tfgan_contra.training.caption_pictures import caption_grid
from tfgan_contra.training.monitoring import (
    ACCURACY_IMAGES,
    Evaluate,
    Judged,
    SampleGrid,
    TensorBoardRows,
)
from tfgan_contra.training.runs import write_text
from tfgan_contra.training.sampling import make_caption_sampler

# Captions of a grid: a dozen, of them as many of held-out combinations.
EXAMPLES, HELD_OUT_EXAMPLES = 12, 4
PICTURES_OF_EACH = 4
# Training captions to write down, for standing statistics without the data set.
TYPICAL_CAPTIONS = 1000
EXAMPLE_SEED = 0


def caption_watchers(
    run: Run,
    dataset: CaptionedDataset,
    encoder: TextEncoder,
    checkpoints: SaveCheckpoints,
) -> list[RunCallback]:
    """Returns what measures and shows a text-to-image run.

    Args:
        run: the run.
        dataset: its images with their captions.
        encoder: its text encoder.
        checkpoints: keeps the best one.
    """
    captions = {
        "examples": example_captions(dataset),
        "typical": list(dataset.train.unique_captions[:TYPICAL_CAPTIONS]),
    }
    write_text(run.folder.captions_file, json.dumps(captions, indent=2) + "\n")
    sampler = make_caption_sampler(run.gan, run.config, encoder, captions["typical"])
    examples = captions["examples"]

    def grid() -> np.ndarray:
        """Draws the example captions."""
        sampler.update()
        return drawn_grid(sampler, examples, PICTURES_OF_EACH)

    evaluation = CaptionEvaluation(run.config, dataset, encoder)
    return [
        _rows(run, dataset, sampler),
        Evaluate(run, CaptionScores(sampler, evaluation), checkpoints),
        SampleGrid(run, grid),
    ]


def example_captions(dataset: CaptionedDataset) -> list[str]:
    """Returns a dozen captions of test images, always the same.

    Those that no training image has come first, as far as there are any. Where there
    are held-out combinations, the last four are of those.
    """
    if dataset.held_out is None:
        return _first_captions(dataset.test, EXAMPLES, dataset.train)
    return [
        *_first_captions(dataset.test, EXAMPLES - HELD_OUT_EXAMPLES, dataset.train),
        *_first_captions(dataset.held_out, HELD_OUT_EXAMPLES, dataset.train),
    ]


def drawn_grid(
    sampler: CaptionSampler, captions: list[str], num_images: int, seed: int = 0
) -> np.ndarray:
    """Returns a grid of pictures with their captions underneath.

    Args:
        sampler: draws.
        captions: what to draw.
        num_images: pictures of each, from the same latents for all captions.
        seed: of the first.
    """
    repeated = [caption for caption in captions for _ in range(num_images)]
    seeds = np.tile(np.arange(seed, seed + num_images), len(captions))
    images = sampler(repeated, seeds)
    shape = (len(captions), num_images, *images.shape[1:])
    return caption_grid(images.reshape(shape), captions)


def _rows(
    run: Run, dataset: CaptionedDataset, sampler: CaptionSampler
) -> TensorBoardRows:
    """Returns TensorBoard's rows; D judges images with one of their captions each."""

    def judged(images: CaptionedImages) -> Judged:
        """Loads some images and encodes their captions."""
        pairs = list(evaluation_pairs(images, ACCURACY_IMAGES, run.config.seed))
        texts = [caption for _, own in pairs for caption in own]
        pixels = np.concatenate([pictures for pictures, _ in pairs])
        return Judged(pixels, sampler.features(texts))

    real = {"train": judged(dataset.train), "held_out": judged(dataset.test)}
    text = real["train"].condition

    def fakes() -> Judged:
        """Draws the training images' captions."""
        sampler.update()
        return Judged(sampler.of_features(text, np.arange(len(text.lengths))), text)

    return TensorBoardRows(run, real, fakes)


def _first_captions(
    images: CaptionedImages, count: int, train: CaptionedImages
) -> list[str]:
    rows = evaluation_indices(images.source, len(images), EXAMPLE_SEED)
    captions = [images.captions[row][0] for row in rows]
    known = set(train.unique_captions)
    return sorted(captions, key=known.__contains__)[:count]
