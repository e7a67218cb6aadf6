"""The least that a regulariser asks of a variant: smooth, tiny, on 4x4 images."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra.regularizers.base import DiscriminatorPass, GeneratorPass
from tfgan_contra.types import Batch, DataSpec, Generated

SPEC = DataSpec(4, 3, 3)
LATENT_DIM = 5
KEY = tf.constant([1, 2], tf.int64)


class ToyGAN:
    """A one-layer generator and a two-layer discriminator with embeddings."""

    def __init__(self, spec=SPEC):
        random = np.random.default_rng(0)
        pixels = int(np.prod(spec.image_shape))

        def variable(*shape):
            value = random.standard_normal(shape).astype(np.float32)
            return keras.Variable(value / np.sqrt(shape[0]), dtype="float32")

        self.spec = spec
        self.step = keras.Variable(0, dtype="int64", trainable=False)
        self.table = variable(3, pixels)
        self.weights = variable(LATENT_DIM, pixels)
        self.hidden, self.row = variable(pixels, 6), variable(6, 1)
        self.d_variables = [self.hidden, self.row]
        self.calls = []

    def add_weight(self, name, shape, initializer, trainable, autocast):
        return keras.Variable(
            np.zeros(shape, np.float32),
            name=name,
            trainable=trainable,
            autocast=autocast,
        )

    def discriminate(self, images, labels=None, training=False):
        assert training
        flat = tf.reshape(images, [tf.shape(images)[0], -1])
        embeddings = tf.tanh(tf.matmul(flat, tf.convert_to_tensor(self.hidden)))
        logits = tf.matmul(embeddings, tf.convert_to_tensor(self.row))[:, 0]
        return {"logits": logits, "embeddings": embeddings}

    def generator(self, inputs, training=False, track_statistics=True):
        self.calls.append({"training": training, "track": track_statistics})
        latents = inputs[0] if self.spec.num_classes else inputs
        flat = tf.matmul(latents, tf.convert_to_tensor(self.weights))
        if self.spec.num_classes:
            flat += tf.gather(tf.convert_to_tensor(self.table), inputs[1])
        return tf.reshape(tf.tanh(flat), [-1, *self.spec.image_shape])


def batch(rows=4):
    """Returns real images, labels and latents, the same every time."""
    random = np.random.default_rng(1)
    images = np.tanh(random.standard_normal((rows, *SPEC.image_shape)))
    latents = random.standard_normal((rows, LATENT_DIM))
    labels = np.arange(rows, dtype=np.int32) % 3
    return images.astype(np.float32), labels, latents.astype(np.float32)


def discriminator_pass(gan, images, labels, latents):
    """Returns what a D step of the toy has computed."""
    labels = labels if gan.spec.num_classes else None
    inputs = latents if labels is None else [latents, labels]
    fakes = tf.stop_gradient(gan.generator(inputs, training=True))
    on_real = gan.discriminate(images, labels, training=True)
    on_fake = gan.discriminate(fakes, labels, training=True)
    real, fake = Batch(images, labels), Generated(fakes, labels, latents)
    return DiscriminatorPass(real, on_real, fake, on_fake)


def generator_pass(gan, labels, latents):
    """Returns what a G step of the toy has computed."""
    labels = labels if gan.spec.num_classes else None
    inputs = latents if labels is None else [latents, labels]
    fakes = gan.generator(inputs, training=True)
    on_fake = gan.discriminate(fakes, labels, training=True)
    return GeneratorPass(Generated(fakes, labels, latents), on_fake)
