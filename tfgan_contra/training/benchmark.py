"""Measures one config: compile and step time, memory, waiting, the losses alone."""

import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.config import Config
from tfgan_contra.data.ordering import BatchSchedule
from tfgan_contra.data.pipeline import training_batches
from tfgan_contra.data.specs import ArraySource
from tfgan_contra.losses import conditional_contrastive, data_to_data
from tfgan_contra.losses.keys import Keys
from tfgan_contra.text.image_tower import ImageTower
from tfgan_contra.training.schedules import make_optimizers
from tfgan_contra.types import (
    Batch,
    CaptionSpec,
    DataSpec,
    TextFeatures,
    TranslationSpec,
)

# How many random images there are, at least.
IMAGES = 256
LOSS_SIZES = (64, 256, 1024)
LOSS_CLASSES = 1000
LOSS_DIM = 512
# Length of BERT's vectors, where the text encoder is one.
BERT_DIM = 768
# What each loss takes after rows, proxies, labels and keys.
LOSS_OPTIONS = {
    "conditional_contrastive": (1.0, True),  # Temperature, positives of the class.
    "data_to_data": (0.98, 0.5, True),  # Margin, temperature, the code's form.
}


class TimedIterator:
    """Passes an iterator's items on and adds up the time spent waiting for them."""

    def __init__(self, items: Iterator) -> None:
        self._items, self.seconds = items, 0.0

    def __iter__(self) -> "TimedIterator":
        """Returns itself."""
        return self

    def __next__(self) -> Any:
        """Returns the next item."""
        start = time.perf_counter()
        item = next(self._items)
        self.seconds += time.perf_counter() - start
        return item


def random_spec(config: Config, channels: int, num_classes: int) -> Any:
    """Returns the specification of random data for a config.

    Args:
        config: the run's config, which gives the size.
        channels: of all images, in both domains where there are two.
        num_classes: where there are classes.
    """
    size = config.data.image_size
    if config.method.is_translation:  # type: ignore[attr-defined]
        return TranslationSpec(size, channels, channels)
    if config.method.takes_captions:  # type: ignore[attr-defined]
        text = config.method.text_encoder  # type: ignore[attr-defined]
        word_dim = getattr(text, "dim", BERT_DIM)
        return CaptionSpec(size, channels, word_dim, text.max_words)
    return DataSpec(size, channels, num_classes)


def benchmark_config(config: Config, spec: Any, num_steps: int) -> dict[str, Any]:
    """Times the training step of a config on random images.

    Args:
        config: the run's config; its data source is not touched.
        spec: what random images to make: a `DataSpec`; a `TranslationSpec` for random
            crops of two domains, or a `CaptionSpec` for images with random vectors as
            captions, which are in memory and cost next to nothing.
        num_steps: steady steps to time, after one that compiles and one to warm up.

    Returns:
        JSON-ready figures, times in seconds, memory in megabytes.
    """
    keras.utils.set_random_seed(config.seed)
    strategy = distribution.make_strategy("one_device")
    method: Any = config.method
    with strategy.scope():
        gan = method.build(spec)
        gan.compile(*make_optimizers(config), seed=config.seed)
        if isinstance(spec, CaptionSpec):
            gan.attach_image_network(_image_network(spec))
    images = config.train.global_batch_size * method.images_per_step
    batches = TimedIterator(iter(_random_batches(config, spec)))
    step = gan.make_train_function()
    first = _seconds(lambda: _finish(step(batches)))
    _finish(step(batches))
    batches.seconds, cpu = 0.0, time.process_time()
    times = [_seconds(lambda: _finish(step(batches))) for _ in range(num_steps)]
    cpu = (time.process_time() - cpu) / num_steps
    median = statistics.median(times)
    return {
        "first_step_seconds": round(first, 3),
        "step_seconds_median": round(median, 4),
        "step_seconds_min": round(min(times), 4),
        "cpu_seconds_per_step": round(cpu, 4),
        "images_per_second": round(images / median, 2),
        "waiting_for_data_seconds_per_step": round(batches.seconds / num_steps, 5),
        "peak_memory_mb": round(peak_memory_mb(), 1),
        "steps_timed": num_steps,
        "batch_size": config.train.global_batch_size,
        "d_steps": method.d_updates,
        "parameters": _parameters(gan),
    }


def benchmark_losses(repeats: int = 10) -> list[dict[str, Any]]:
    """Times 2C and D2D-CE with gradients, compiled with XLA and as plain graphs.

    Args:
        repeats: how often each is run; the median counts.

    Returns:
        One row per loss, size and form, times in milliseconds.
    """
    losses: dict[str, Any] = {
        "conditional_contrastive": conditional_contrastive._contrast,
        "data_to_data": data_to_data._contrast,
    }
    return [
        {"loss": name, "form": form, **_time_loss(function, name, size, repeats)}
        for name, compiled in losses.items()
        for size in LOSS_SIZES
        for form, function in (
            ("xla", compiled),
            ("plain_graph", tf.function(compiled.python_function, autograph=False)),
        )
    ]


def machine() -> dict[str, Any]:
    """Returns what the figures were measured on."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "gpus": len(tf.config.list_physical_devices("GPU")),
    }


def peak_memory_mb() -> float:
    """Returns the largest resident size of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _time_loss(function: Any, name: str, size: int, repeats: int) -> dict[str, Any]:
    random = np.random.default_rng(0)
    shape = (size, LOSS_DIM)
    embeddings = tf.constant(random.standard_normal(shape), tf.float32)
    proxies = tf.constant(random.standard_normal(shape), tf.float32)
    labels = tf.constant(random.integers(0, LOSS_CLASSES, size), tf.int32)
    run = _loss_with_gradient(function, LOSS_OPTIONS[name], labels)
    run(embeddings, proxies)
    times = [_seconds(lambda: run(embeddings, proxies)) for _ in range(repeats)]
    return {
        "rows": size,
        "classes": LOSS_CLASSES,
        "embedding_dim": LOSS_DIM,
        "milliseconds_median": round(1e3 * statistics.median(times), 2),
        "milliseconds_min": round(1e3 * min(times), 2),
    }


def _loss_with_gradient(
    function: Any, options: tuple[Any, ...], labels: tf.Tensor
) -> Callable[[tf.Tensor, tf.Tensor], list[Any]]:
    @tf.function(autograph=False)
    def step(embeddings: tf.Tensor, proxies: tf.Tensor) -> list[tf.Tensor]:
        """Returns the loss's gradients."""
        with tf.GradientTape() as tape:
            tape.watch([embeddings, proxies])
            keys = Keys(embeddings, labels, tf.constant(0))
            loss = function(embeddings, proxies, labels, keys, *options)
        return [loss, *tape.gradient(loss, [embeddings, proxies])]

    def run(embeddings: tf.Tensor, proxies: tf.Tensor) -> list[Any]:
        """Calls the step eagerly."""
        return [value.numpy() for value in step(embeddings, proxies)]

    return run


def _random_batches(config: Config, spec: Any) -> tf.data.Dataset:
    if isinstance(spec, TranslationSpec):
        return _random_crops(config.train.global_batch_size, spec)
    if isinstance(spec, CaptionSpec):
        method: Any = config.method
        rows = config.train.global_batch_size * method.images_per_step
        return _random_captions(rows, spec)
    random = np.random.default_rng(0)
    count = max(IMAGES, config.train.global_batch_size)
    pixels = random.integers(0, 256, (count, *spec.image_shape), np.uint8)
    source = ArraySource(pixels, random.integers(0, spec.num_classes, count))
    schedule = BatchSchedule(
        config.train.global_batch_size,
        config.method.images_per_step,  # type: ignore[attr-defined]
    )
    return training_batches(source, config.data, schedule)


def _random_crops(rows: int, spec: TranslationSpec) -> tf.data.Dataset:
    """Returns the same batch of both domains again and again."""
    random = np.random.default_rng(0)

    def crops(shape: tuple[int, ...]) -> np.ndarray:
        """Returns images in [-1, 1]."""
        return random.uniform(-1.0, 1.0, (rows, *shape)).astype(np.float32)

    batch = Batch(crops(spec.input_shape), crops(spec.image_shape))
    return tf.data.Dataset.from_tensors(batch).repeat()


def _random_captions(rows: int, spec: CaptionSpec) -> tf.data.Dataset:
    """Returns the same images with the same vectors for captions again and again."""
    random = np.random.default_rng(0)
    images = random.uniform(-1.0, 1.0, (rows, *spec.image_shape)).astype(np.float32)
    shape = (rows, spec.max_words, spec.word_dim)
    words = random.standard_normal(shape).astype(np.float32)
    lengths = random.integers(1, spec.max_words + 1, rows).astype(np.int32)
    batch = Batch(images, TextFeatures(words, lengths, words.mean(axis=1)))
    return tf.data.Dataset.from_tensors(batch).repeat()


def _image_network(spec: CaptionSpec) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns an image network that was never trained; it takes as long as one."""
    tower = ImageTower(
        image_size=spec.image_size, channels=spec.channels, dim=spec.word_dim
    )
    return lambda images: tower(images)["embeddings"]


def _parameters(gan: Any) -> dict[str, int]:
    """Returns how many numbers each network has."""
    variables = {"generator": gan.generator.weights, "discriminator": gan.d_variables}
    if gan.config.is_translation:
        variables["projector"] = gan.projector.weights
    return {
        name: int(sum(np.prod(variable.shape) for variable in of_network))
        for name, of_network in variables.items()
    }


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _finish(logs: dict[str, Any]) -> None:
    for value in logs.values():
        value.numpy()
