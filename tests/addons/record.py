"""Writes what our layers and utilities compute, for tensorflow-addons to be compared.

    .venv/bin/python tests/addons/record.py <arrays.npz>

`bin/test-addons` runs it. Keys are `<case>/<array>`; inputs are written beside outputs.
"""

import sys

import keras
import numpy as np
import tensorflow as tf
from keras.ops import convert_to_numpy as to_numpy

from tfgan_contra.layers import SNConv2D, SNDense
from tfgan_contra.losses import (
    conditional_contrastive_loss,
    nt_xent_loss,
    rotate_images,
    triplet_loss,
)
from tfgan_contra.models.configs import ContraGANConfig
from tfgan_contra.networks.configs import BigResNetConfig
from tfgan_contra.types import DataSpec

TEMPERATURE = 0.3


def normal(seed, *shape):
    """Returns standard normal float32 numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def differentiated(function, *inputs):
    """Returns a loss and its gradients with respect to all inputs."""
    tensors = [tf.constant(values) for values in inputs]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss = function(*tensors)
    return loss, *(tf.convert_to_tensor(g) for g in tape.gradient(loss, tensors))


def normalization(groups, epsilon):
    """`keras.layers.GroupNormalization`, Keras's own layer, which we use as it is."""
    layer = keras.layers.GroupNormalization(groups=groups, epsilon=epsilon)
    inputs, upstream = 0.3 * normal(0, 2, 5, 4, 6) + 0.5, normal(1, 2, 5, 4, 6)
    layer.build(inputs.shape)
    layer.gamma.assign(normal(2, 6))
    layer.beta.assign(normal(3, 6))
    outputs = layer(inputs)
    _, gradient = differentiated(lambda x: tf.reduce_sum(layer(x) * upstream), inputs)
    return {
        "inputs": inputs,
        "upstream": upstream,
        "gamma": to_numpy(layer.gamma),
        "beta": to_numpy(layer.beta),
        "groups": groups,
        "epsilon": epsilon,
        "outputs": outputs,
        "gradient": gradient,
    }


def rotation(side):
    """Images of one side, turned by all four labels."""
    images, labels = normal(4, 8, side, side, 3), np.array([3, 0, 2, 1, 1, 3, 0, 2])
    outputs = rotate_images(images, labels)
    return {"images": images, "labels": labels, "outputs": outputs}


def moving_average(decay, start):
    """One weight of a GAN over eight steps, and its average after each."""
    network = BigResNetConfig(
        g_width=4,
        d_width=4,
        latent_dim=16,
        shared_dim=8,
        g_attention_after=(),
        d_attention_after=(),
    )
    config = ContraGANConfig(network=network, ema_decay=decay, ema_start=start)
    gan = config.build(DataSpec(32, 1, 3, ("a", "b", "c")))
    weight = gan.generator.trainable_variables[0]
    (place,) = (i for i, v in enumerate(gan.generator.variables) if v is weight)
    average = gan.generator_ema.variables[place]
    first, weights, averages = to_numpy(weight), [], []
    for step in range(8):
        weight.assign(normal(5 + step, *weight.shape))
        gan.step.assign(step)
        gan.update_ema()
        weights.append(to_numpy(weight))
        averages.append(to_numpy(average))
    return {
        "decay": decay,
        "start": start,
        "first": first,
        "weights": weights,
        "averages": averages,
    }


def triplet(labels, margin):
    """Batch-hard triplet loss of rows of any length."""
    labels = np.array(labels)
    embeddings = 2 * normal(20, len(labels), 7)
    loss, gradient = differentiated(
        lambda rows: triplet_loss(rows, labels, margin=margin), embeddings
    )
    return {
        "embeddings": embeddings,
        "labels": labels,
        "margin": margin,
        "loss": loss,
        "gradient": gradient,
    }


def nt_xent():
    """NT-Xent of two views."""
    views = normal(21, 6, 7), normal(22, 6, 7)
    loss, gradient_a, gradient_b = differentiated(
        lambda a, b: nt_xent_loss(a, b, temperature=TEMPERATURE), *views
    )
    return {
        "view_a": views[0],
        "view_b": views[1],
        "temperature": TEMPERATURE,
        "loss": loss,
        "gradient_a": gradient_a,
        "gradient_b": gradient_b,
    }


def proxy_contrast():
    """2C whose numerator holds the proxy alone."""
    embeddings, proxies = normal(23, 8, 7), normal(24, 8, 7)
    labels = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    loss, gradient_embeddings, gradient_proxies = differentiated(
        lambda rows, own: conditional_contrastive_loss(
            rows, own, labels, temperature=TEMPERATURE, positives="proxy"
        ),
        embeddings,
        proxies,
    )
    return {
        "embeddings": embeddings,
        "proxies": proxies,
        "temperature": TEMPERATURE,
        "loss": loss,
        "gradient_embeddings": gradient_embeddings,
        "gradient_proxies": gradient_proxies,
    }


def spectral_norm(layer, inputs):
    """One training call of a spectrally normalised layer at its converged sigma."""
    layer.build(inputs.shape)
    before = to_numpy(layer.kernel)
    layer.settle(200)
    upstream = normal(26, *layer.compute_output_shape(inputs.shape))
    with tf.GradientTape() as tape:
        outputs = layer(inputs, training=True)
        score = tf.reduce_sum(outputs * upstream)
    return {
        "inputs": inputs,
        "upstream": upstream,
        "kernel": before,
        "outputs": outputs,
        "gradient": tape.gradient(score, layer.kernel.value),
        "kernel_after": to_numpy(layer.kernel),
        "sigma": layer.sigma(),
    }


def record():
    """Returns every case."""
    keras.utils.set_random_seed(1)
    pairs, lonely = [0, 1, 2, 0, 1, 2, 0, 1], [0, 0, 1, 1, 1, 2, 3]
    return {
        "instance_norm": normalization(groups=-1, epsilon=1e-3),
        "instance_norm_pytorch_epsilon": normalization(groups=-1, epsilon=1e-5),
        "group_norm": normalization(groups=3, epsilon=1e-3),
        "layer_norm": normalization(groups=1, epsilon=1e-3),
        "rotation_even": rotation(side=6),
        "rotation_odd": rotation(side=5),
        "moving_average": moving_average(decay=0.9, start=0),
        "moving_average_late": moving_average(decay=0.9, start=3),
        "moving_average_copy": moving_average(decay=0.0, start=0),
        "triplet": triplet(pairs, margin=1.0),
        "triplet_small_margin": triplet(pairs, margin=0.2),
        "triplet_no_positive": triplet(lonely, margin=1.0),
        "triplet_no_negative": triplet([0] * 5, margin=1.0),
        "nt_xent": nt_xent(),
        "proxy_contrast": proxy_contrast(),
        "spectral_norm_dense": spectral_norm(
            SNDense(4, use_bias=False), normal(25, 5, 6)
        ),
        "spectral_norm_convolution": spectral_norm(
            SNConv2D(4, 3, padding="same", use_bias=False), normal(25, 2, 5, 5, 3)
        ),
    }


if __name__ == "__main__":
    np.savez(
        sys.argv[1],
        **{
            f"{case}/{name}": np.asarray(values)
            for case, arrays in record().items()
            for name, values in arrays.items()
        },
    )
