"""Generators small enough to export and serve in a second."""

from typing import Any

import keras
import tensorflow as tf


class TinyGenerator(keras.Model):
    """A dense layer on latents and a class embedding; 8 x 8 pictures.

    The layers lie in a list, as Keras models may have them.
    """

    def __init__(self, num_classes: int, channels: int = 3, latent_dim: int = 5):
        """Makes the layers; weights come with the first call."""
        super().__init__()
        self.latent_dim = latent_dim
        self.num_classes = num_classes
        self.channels = channels
        self.embed = keras.layers.Embedding(max(num_classes, 1), 6)
        self.blocks = [
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(64 * channels, activation="tanh"),
        ]

    def call(self, inputs: Any, training: bool = False) -> tf.Tensor:
        """Latents (and labels) to images."""
        latents, labels = inputs if self.num_classes else (inputs, None)
        hidden = latents
        if labels is not None:
            hidden = tf.concat([latents, self.embed(labels)], axis=1)
        for block in self.blocks:
            hidden = block(hidden)
        return tf.reshape(hidden, [-1, 8, 8, self.channels])


def tiny_generator(num_classes: int, channels: int = 3) -> TinyGenerator:
    """Returns a built generator with fixed weights."""
    keras.utils.set_random_seed(3)
    generator = TinyGenerator(num_classes, channels)
    latents = tf.zeros([1, generator.latent_dim])
    generator([latents, tf.zeros([1], tf.int32)] if num_classes else latents)
    for variable in generator.trainable_variables:
        variable.assign(keras.random.normal(variable.shape, stddev=0.7, seed=11))
    return generator
