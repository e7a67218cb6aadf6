"""The text encoder of a run, and batches of its features."""

import numpy as np
import pytest
import tensorflow as tf
from training.small_captions import caption_config, captioned_images

from tfgan_contra.data.captioned_pipeline import captioned_batches
from tfgan_contra.data.ordering import BatchSchedule
from tfgan_contra.errors import CheckpointError, ConfigError
from tfgan_contra.training.captioned import CaptionTask, with_features
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.training.text_encoders import (
    frozen_copy,
    load_text_encoder,
    prepared_text,
)
from tfgan_contra.types import CaptionSpec, TextFeatures

IMAGES = captioned_images("a red star", "a blue star", "a red cross", "two blue rings")


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return caption_config(tmp_path_factory.mktemp("cache"), max_words=5)


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    return tmp_path_factory.mktemp("runs") / "captions"


@pytest.fixture(scope="module")
def text(config, workdir):
    """An encoder that was just made, and told so."""
    told = []
    text = prepared_text(config, RunFolder(workdir), IMAGES, told.append)
    assert len(told) == 1 and f"it is kept in {workdir / 'text'}" in told[0]
    return text


def test_batches_hold_the_features_of_their_captions(config, tmp_path):
    words = np.random.default_rng(0).normal(size=(4, 3, 2)).astype(np.float32)
    np.save(tmp_path / "words.npy", words)
    features = TextFeatures(
        np.load(tmp_path / "words.npy", mmap_mode="r"),
        np.arange(4, dtype=np.int32),
        words.mean(axis=1),
    )
    schedule = BatchSchedule(3, 2, seed=1)
    numbered = captioned_batches(IMAGES, config.data, schedule)
    batches = with_features(numbered, features)
    spec = batches.element_spec.condition
    assert [part.shape for part in spec] == [(6, 3, 2), (6,), (6, 2)]
    pairs = zip(numbered.take(3), batches.take(3), strict=True)
    for given, batch in pairs:
        rows = given.condition.numpy()
        np.testing.assert_array_equal(batch.images, given.images)
        for part, whole in zip(batch.condition, features, strict=True):
            np.testing.assert_array_equal(part, whole[rows])


def test_an_encoder_is_kept_and_found_again(text, config, workdir):
    told = []
    again = prepared_text(config, RunFolder(workdir), IMAGES, told.append)
    alone = load_text_encoder(workdir, config)
    assert told == [] and again.pair.seed == config.seed
    for encoder in (again.encoder, alone):
        for ours, theirs in zip(
            encoder.encode(["a red ring"]),
            text.encoder.encode(["a red ring"]),
            strict=True,
        ):
            np.testing.assert_array_equal(ours, theirs)


def test_a_run_that_differs_in_other_things_takes_it_from_the_cache(
    text, config, tmp_path
):
    told = []
    again = prepared_text(config, RunFolder(tmp_path), IMAGES, told.append)
    assert len(told) == 1 and "the text encoder is taken from" in told[0]
    for ours, theirs in zip(again.pair.variables, text.pair.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert load_text_encoder(tmp_path, config).max_words == 5


def test_an_encoder_of_other_captions_is_not_taken(text, config, workdir):
    others = captioned_images("a cat", "a dog")
    with pytest.raises(
        CheckpointError, match="of other images or captions; delete it, or"
    ):
        prepared_text(config, RunFolder(workdir), others)
    with pytest.raises(CheckpointError, match="There is no text encoder .*nowhere"):
        load_text_encoder(workdir / "nowhere", config)


def test_an_encoder_that_was_lost_is_not_replaced(config, tmp_path):
    folder = RunFolder(tmp_path)
    folder.start(config, CaptionSpec(16, 3, 8, 5))
    folder.results_file.write_text("{}")
    with pytest.raises(CheckpointError, match="text is missing, .*; restore it, or"):
        prepared_text(config, folder, IMAGES)


class Model:
    """Takes an image network, as `XMCGAN` does."""

    network = None

    def attach_image_network(self, network):
        self.network = network


def task_of(config, text):
    """Returns a task without loading its data."""
    task = object.__new__(CaptionTask)
    task.config, task.text = config, text
    return task


def test_a_model_gets_the_frozen_image_network(text, config):
    model = Model()
    task_of(config, text).prepare(model)
    images = tf.constant(IMAGES.load(np.arange(4)) / np.float32(127.5) - 1)
    expected = text.pair.image_features(images)
    np.testing.assert_allclose(model.network(images), expected, rtol=1e-6)
    copy = frozen_copy(text.pair)
    assert not copy.trainable_variables and copy.variables[0] is not None
    assert copy.variables[0] is not text.pair.image.variables[0]


def test_a_model_without_use_for_it_gets_none(text, config, tmp_path):
    without = caption_config(tmp_path)
    without.method.pretrained_weight = 0.0
    model = Model()
    task_of(without, text).prepare(model)
    task_of(config, text._replace(pair=None)).prepare(model)
    assert model.network is None


def test_what_does_not_fit_is_said_before_anything_is_loaded(tmp_path):
    config = caption_config(tmp_path, max_words=9)
    with pytest.raises(ConfigError, match="must be that of config.data, 17. .*: 9"):
        CaptionTask(config, RunFolder(tmp_path))
    config = caption_config(tmp_path)
    config.evaluation.extractor = "classifier"
    with pytest.raises(ConfigError, match="needs classes, .* choose pair_encoder"):
        CaptionTask(config, RunFolder(tmp_path))
