"""Penalties: the authors' numbers, and second derivatives through our layers."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, relative_error

from tfgan_contra.layers import (
    BatchNormalization,
    ResampledConv2D,
    SelfAttention,
    SNConv2D,
    SNDense,
    settle_spectral_norm,
)
from tfgan_contra.models.configs import UnconditionalGANConfig
from tfgan_contra.networks.configs import ResNetConfig
from tfgan_contra.regularizers import gradient_penalty as penalties
from tfgan_contra.types import DataSpec

GOLDEN = load_golden("contragan/losses_gradient_penalties.npz")
REAL, FAKE = GOLDEN["real_nhwc"], GOLDEN["fake_nhwc"]
MIX, NOISE = GOLDEN["alpha_uniform_per_sample"], GOLDEN["dragan/uniform_noise_nhwc"]
CASES = {
    "gp": lambda critic: penalties.gradient_penalty(critic, REAL, FAKE, MIX),
    "maxgp": lambda critic: penalties.max_gradient_penalty(critic, REAL, FAKE, MIX),
    "dragan": lambda critic: penalties.dragan_penalty(critic, REAL, MIX, NOISE),
    "r1": lambda critic: penalties.r1_penalty(critic, REAL),
}
SPEC = DataSpec(32, 1, 0)
NETWORK = ResNetConfig(g_width=2, d_width=4, latent_dim=8, d_attention_after=(1,))


@pytest.mark.parametrize("name", list(CASES))
def test_value_and_second_order_gradient_equal_the_authors(name):
    weights, bias, row = (
        tf.Variable(GOLDEN[key]) for key in ("W_columns_in_nhwc_order", "b", "v")
    )

    def critic(images):
        flat = tf.reshape(images, [len(images), -1])
        hidden = tf.tanh(tf.matmul(flat, weights, transpose_b=True) + bias)
        return tf.linalg.matvec(hidden, row)

    with tf.GradientTape() as tape:
        penalty = CASES[name](critic)
    gradients = tape.gradient(penalty, [weights, bias, row])
    assert relative_error(penalty, GOLDEN[f"{name}/value_before_lambda"]) < 1e-5
    for gradient, key in zip(gradients, ("W", "b", "v"), strict=True):
        assert relative_error(gradient, GOLDEN[f"{name}/grad_{key}"]) < 1e-4, key


def test_where_there_is_no_gradient_the_penalty_is_1_and_has_none():
    weight = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        penalty = penalties.gradient_penalty(
            lambda images: weight * tf.reduce_sum(0.0 * images, axis=[1, 2, 3]),
            REAL,
            FAKE,
            MIX,
        )
    assert float(penalty) == pytest.approx(1.0, abs=1e-5)
    assert float(tape.gradient(penalty, weight)) == 0.0


class SmoothCritic(keras.Model):
    """Our layers with smooth activations, so that finite differences exist."""

    def __init__(self, spectral_norm):
        super().__init__()
        conv = SNConv2D if spectral_norm else ResampledConv2D
        dense = SNDense if spectral_norm else keras.layers.Dense
        self.first = conv(8, 3, padding="same", resample="down", activation="tanh")
        self.norm = None if spectral_norm else BatchNormalization()
        self.attention = SelfAttention(spectral_norm=spectral_norm)
        self.second = conv(6, 1, padding="same", resample="down", activation="tanh")
        self.last = dense(1)
        self(tf.zeros([2, 8, 8, 3]))
        self.attention.gate.assign(0.7)
        # With the u and v of the start all units would saturate.
        settle_spectral_norm(self)

    def call(self, images):
        # Spectral norm moves u and v in training, which differences would see.
        hidden = self.first(images)
        if self.norm is not None:
            hidden = self.norm(hidden, training=True, track_statistics=False)
        hidden = self.second(self.attention(hidden))
        return self.last(tf.reduce_sum(hidden, [1, 2]))[:, 0]


@pytest.mark.parametrize("spectral_norm", [True, False])
def test_second_derivative_equals_finite_differences(spectral_norm):
    keras.utils.set_random_seed(0)
    critic = SmoothCritic(spectral_norm)
    random = np.random.default_rng(0)
    images = tf.constant(random.standard_normal((4, 8, 8, 3)), tf.float32)
    variables = critic.trainable_variables
    with tf.GradientTape() as tape:
        penalty = penalties.one_centred_penalty(critic, images)
    gradients = tape.gradient(penalty, [variable.value for variable in variables])
    # The output's bias shifts all logits and no gradient.
    assert [v.path for v, g in zip(variables, gradients, strict=True) if g is None] == [
        critic.last.bias.path
    ]
    step = 1e-2
    for variable, gradient in zip(variables, gradients, strict=True):
        if gradient is None:
            continue
        before, slope = np.array(variable), float(tf.norm(gradient))
        assert slope > 1e-4, variable.path
        direction = np.array(gradient) / slope
        values = []
        for sign in (1.0, -1.0):
            variable.assign(before + sign * step * direction)
            values.append(float(penalties.one_centred_penalty(critic, images)))
        variable.assign(before)
        difference = (values[0] - values[1]) / (2 * step)
        assert difference == pytest.approx(slope, rel=0.01, abs=2e-5), variable.path


def discriminator_penalty(spectral_norm, precision="float32"):
    """Returns R1, its gradients, and what makes the critic, of a real discriminator."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(0)
    network = dataclasses.replace(NETWORK, d_spectral_norm=spectral_norm)
    try:
        gan = UnconditionalGANConfig(network=network).build(SPEC)
    finally:
        keras.config.set_dtype_policy(before)
    gan.discriminator.attentions[0].gate.assign(0.5)
    random = np.random.default_rng(0)
    images = tf.constant(np.tanh(random.standard_normal((3, 32, 32, 1))), tf.float32)
    values = [np.array(variable) for variable in gan.variables]

    def critic(images):
        # Always from the same u, v and statistics.
        for variable, value in zip(gan.variables, values, strict=True):
            variable.assign(value)
        return gan.discriminate(images, training=True)["logits"]

    variables = [variable.value for variable in gan.d_variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        penalty = penalties.r1_penalty(critic, images)
    gradients = tape.gradient(penalty, variables, unconnected_gradients="zero")
    return penalty, gradients, (critic, images, variables)


def as_row(tensors):
    return np.concatenate([np.array(tensor).ravel() for tensor in tensors])


@pytest.mark.parametrize("spectral_norm", [True, False])
def test_discriminators_have_the_derivative_that_forward_mode_finds(spectral_norm):
    """`d |g|^2 / 2 = v . dg` with v = g held fixed: one derivative of a product."""
    penalty, gradients, (critic, images, variables) = discriminator_penalty(
        spectral_norm
    )
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(critic(images))
    fixed = tape.gradient(total, images) / len(images)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        with tf.autodiff.ForwardAccumulator(images, fixed) as accumulator:
            total = tf.reduce_sum(critic(images))
        product = accumulator.jvp(total)
    expected = tape.gradient(product, variables, unconnected_gradients="zero")
    assert relative_error(product, 2.0 * penalty) < 1e-4
    assert relative_error(as_row(gradients), as_row(expected)) < 1e-4


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_lower_precision_gives_nearly_the_same(precision):
    penalty, gradients, _ = discriminator_penalty(True)
    ours, our_gradients, _ = discriminator_penalty(True, precision)
    assert ours.dtype == tf.float32
    assert all(gradient.dtype == tf.float32 for gradient in our_gradients)
    assert relative_error(ours, penalty) < 0.05
    assert relative_error(as_row(our_gradients), as_row(gradients)) < 0.05
