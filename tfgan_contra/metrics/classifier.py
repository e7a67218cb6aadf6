"""A small classifier trained on the real images: features for small data sets.

Scores from it mean nothing outside their data set, so they carry its name. It also
says whether a generator draws the class it was asked for.
"""

import itertools
import os
import sys
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra.errors import ConfigError
from tfgan_contra.metrics.caching import (
    ImageDataset,
    ImageSource,
    load_arrays,
    save_arrays,
    source_fingerprint,
)
from tfgan_contra.metrics.features import FIELD, BatchedExtractor, Outputs
from tfgan_contra.metrics.model_features import float32_policy
from tfgan_contra.types import DataSpec

# Part of the cache key: raise it when the network or its training changes.
_RECIPE = "cnn-1"
_FEATURES = 64
_WIDTH = 32
_MAX_WIDTH = 128
# Larger images are averaged down, so that training stays a matter of a minute.
_MAX_SIDE = 64
_BATCH = 64
_EPOCHS = 12
_MAX_STEPS = 2000
_LEARNING_RATE = 2e-3
_LABEL_SMOOTHING = 0.05
_MAX_HELD_OUT = 10_000
# Below this the classifier's own mistakes dominate a conditional accuracy.
_TRUSTED_ACCURACY = 0.9


class ClassifierExtractor(BatchedExtractor):
    """A trained classifier: penultimate features `[N, 64]` and class logits.

    Attributes:
        accuracy: on real images of the test split, which training never saw; None
            where there are none.
        held_out_images: how many of them were classified.
    """

    def __init__(self, network: Any, digest: str, batch_size: int) -> None:
        """Wraps a built network of `classifier_network`."""
        super().__init__("classifier", digest, "none", batch_size)
        self.network = network
        self.accuracy: float | None = None
        self.held_out_images = 0
        self._run = tf.function(lambda images: network(images, training=False))

    def forward(self, images: np.ndarray) -> Outputs:
        """Scales bytes to [-1, 1] and returns features and logits."""
        features, logits = self._run(tf.constant(_scaled(images)))
        return Outputs(features.numpy(), logits.numpy())

    def describe(self) -> dict[str, Any]:
        """Adds the accuracy on held-out real images."""
        return super().describe() | {
            "classifier_accuracy_on_real": self.accuracy,
            "classifier_held_out_images": self.held_out_images,
        }


def trained_classifier(
    dataset: ImageDataset, cache_folder: str, batch_size: int, *, seed: int = 0
) -> ClassifierExtractor:
    """Trains a classifier on `dataset.train`, or takes it from the cache.

    The cache is keyed on the training images, their labels and the recipe. Two
    trainings from one seed give the same classifier up to the rounding of the machine.

    Args:
        dataset: labelled images of 2 or more classes.
        cache_folder: where the weights are kept, a few hundred kilobytes each.
        batch_size: images per forward pass of the result.
        seed: of the weights, the order and the augmentation.

    Raises:
        ConfigError: if the data set has no classes.
    """
    spec = dataset.spec
    if spec.num_classes < 2:
        raise ConfigError(
            f"{FIELD}=classifier needs images of 2 or more classes; for others choose "
            f"fid_inception or model:<path>. Received: {spec.num_classes} classes"
        )
    digest = f"{_RECIPE}-{seed}-{source_fingerprint(spec, dataset.train)}"
    path = os.path.join(cache_folder, f"classifier-{digest}.npz")
    network = classifier_network(spec, seed)
    stored = load_arrays(path)
    if stored is None or not _restore(network, stored):
        train_classifier(network, dataset.train, spec, seed)
        save_arrays(path, _named_weights(network))
    extractor = ClassifierExtractor(network, digest, batch_size)
    _measure(extractor, dataset.test)
    return extractor


def classifier_network(spec: DataSpec, seed: int) -> Any:
    """Builds the network: strided convolutions down to 4x4, 64 features, logits.

    Returns a `keras.Model` from `[N, H, W, C]` in [-1, 1] to features and logits.
    """
    seeds = itertools.count(1000 * seed)
    with float32_policy():
        images = keras.Input(spec.image_shape)
        x = images
        if spec.image_size > _MAX_SIDE:
            x = keras.layers.AveragePooling2D(spec.image_size // _MAX_SIDE)(x)
        width = _WIDTH
        x = _convolution(x, width, 1, next(seeds))
        while min(x.shape[1:3]) > 4:
            width = min(2 * width, _MAX_WIDTH)
            x = _convolution(x, width, 2, next(seeds))
        x = keras.layers.Dropout(0.3, seed=seed)(keras.layers.Flatten()(x))
        x = keras.layers.Dense(_FEATURES, kernel_initializer=_he(next(seeds)))(x)
        features = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(x))
        last = keras.layers.Dense(spec.num_classes, kernel_initializer=_he(next(seeds)))
        logits = last(features)
        return keras.Model(images, [features, logits], name="classifier")


def training_protocol(num_images: int) -> dict[str, int]:
    """Returns how long `train_classifier` trains on so many images."""
    per_epoch = max(num_images // _BATCH, 1)
    return {
        "images": num_images,
        "steps": min(_EPOCHS * per_epoch, _MAX_STEPS),
        "batch_size": _BATCH,
        "steps_per_epoch": per_epoch,
    }


def train_classifier(
    network: Any, source: ImageSource, spec: DataSpec, seed: int
) -> None:
    """Trains `network` with Adam on randomly shifted images, a fixed number of steps.

    Randomness comes from `seed` alone: the user's global seeds are left as they are.
    """
    num_steps = training_protocol(len(source))["steps"]
    step = _training_step(network, num_steps, spec.num_classes)
    random = np.random.default_rng(seed)
    order = np.empty(0, np.int64)
    for _ in range(num_steps):
        while len(order) < _BATCH:
            order = np.concatenate([order, random.permutation(len(source))])
        chosen, order = order[:_BATCH], order[_BATCH:]
        images = _shifted(source.load(chosen), random)
        step(tf.constant(_scaled(images)), tf.constant(source.labels[chosen]))


def _he(seed: int) -> Any:
    return keras.initializers.HeNormal(seed)


def _convolution(x: Any, width: int, stride: int, seed: int) -> Any:
    x = keras.layers.Conv2D(
        width, 3, stride, "same", use_bias=False, kernel_initializer=_he(seed)
    )(x)
    return keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(x))


def _training_step(network: Any, num_steps: int, num_classes: int) -> Any:
    schedule = keras.optimizers.schedules.CosineDecay(_LEARNING_RATE, num_steps)
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(network.trainable_variables)

    @tf.function
    def step(images: tf.Tensor, labels: tf.Tensor) -> None:
        """Does one update of the classifier."""
        targets = tf.one_hot(labels, num_classes) * (1 - _LABEL_SMOOTHING)
        targets += _LABEL_SMOOTHING / num_classes
        with tf.GradientTape() as tape:
            _, logits = network(images, training=True)
            loss = tf.reduce_mean(
                tf.nn.softmax_cross_entropy_with_logits(targets, logits)
            )
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, network.trainable_variables, strict=True)
        )

    return step


def _shifted(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Moves every image by up to a sixteenth of its side, repeating the border."""
    reach = max(images.shape[1] // 16, 1)
    padding = [(0, 0), (reach, reach), (reach, reach), (0, 0)]
    padded = np.pad(images, padding, mode="edge")
    height, width = images.shape[1:3]
    moved = np.empty_like(images)
    for i, (y, x) in enumerate(random.integers(0, 2 * reach + 1, (len(images), 2))):
        moved[i] = padded[i, y : y + height, x : x + width]
    return moved


def _scaled(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / np.float32(127.5) - 1


def _measure(extractor: ClassifierExtractor, source: ImageSource) -> None:
    count = min(len(source), _MAX_HELD_OUT)
    if not count:
        return
    chosen = np.unique(np.linspace(0, len(source) - 1, count).astype(np.int64))
    right = 0
    for start in range(0, len(chosen), extractor.batch_size):
        indices = chosen[start : start + extractor.batch_size]
        logits = np.asarray(extractor.logits(source.load(indices)))
        right += int((logits.argmax(axis=1) == source.labels[indices]).sum())
    extractor.held_out_images = len(chosen)
    extractor.accuracy = right / len(chosen)
    if extractor.accuracy < _TRUSTED_ACCURACY:
        # Standard output may be for results alone.
        print(
            f"warning: the classifier is right on {extractor.accuracy:.1%} of held-out "
            f"real images only, so the accuracies it gives say little; set {FIELD} to "
            "model:<path> of a better one.",
            file=sys.stderr,
            flush=True,
        )


def _named_weights(network: Any) -> dict[str, np.ndarray]:
    return {f"weight_{i}": w for i, w in enumerate(network.get_weights())}


def _restore(network: Any, stored: dict[str, np.ndarray]) -> bool:
    weights = [stored.get(name) for name in _named_weights(network)]
    shapes = [w.shape for w in network.get_weights()]
    if [getattr(w, "shape", None) for w in weights] != shapes:
        return False
    network.set_weights(weights)
    return True
