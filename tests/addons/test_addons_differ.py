"""Spectral normalisation: the one place where tensorflow-addons is another method.

It divides by the same sigma, but by assigning the kernel: what was learnt is
overwritten, and the gradient is the one with respect to the kernel after the division.
Ours is the gradient of `W / sigma(W)`, which has no part along W.
"""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_addons as tfa

LAYERS = {
    "dense": lambda: tf.keras.layers.Dense(4, use_bias=False),
    "convolution": lambda: tf.keras.layers.Conv2D(4, 3, padding="same", use_bias=False),
}


def addons_call(layer, ours):
    """Returns the wrapped layer's outputs, gradient and kernel after one call."""
    wrapped = tfa.layers.SpectralNormalization(layer, power_iterations=200)
    wrapped.build(ours["inputs"].shape)
    wrapped.w.assign(ours["kernel"])
    with tf.GradientTape() as tape:
        outputs = wrapped(ours["inputs"], training=True)
        score = tf.reduce_sum(outputs * ours["upstream"])
    return outputs, tape.gradient(score, wrapped.w).numpy(), wrapped.w.numpy()


def cosine(a, b):
    return float(np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b)))


@pytest.mark.parametrize("kind", list(LAYERS))
def test_spectral_normalization(recorded, capsys, kind):
    ours = recorded(f"spectral_norm_{kind}")
    kernel, gradient = ours["kernel"], ours["gradient"]
    outputs, their_gradient, their_kernel = addons_call(LAYERS[kind](), ours)
    matrix = kernel.reshape(-1, kernel.shape[-1])
    left, singular_values, right = np.linalg.svd(matrix, full_matrices=False)
    sigma = singular_values[0]

    # The same sigma, hence the same outputs.
    np.testing.assert_allclose(ours["sigma"], sigma, rtol=1e-5)
    np.testing.assert_allclose(outputs, ours["outputs"], rtol=1e-4, atol=1e-5)

    # Theirs overwrites the kernel, ours leaves it.
    np.testing.assert_array_equal(ours["kernel_after"], kernel)
    np.testing.assert_allclose(their_kernel, kernel / sigma, rtol=1e-4, atol=1e-6)

    # Theirs lacks 1 / sigma and the term of sigma; with both added it is ours.
    change_of_sigma = np.outer(left[:, 0], right[0]).reshape(kernel.shape)
    radial = np.sum(their_gradient * their_kernel)
    completed = (their_gradient - radial * change_of_sigma) / sigma
    scale = np.abs(gradient).max()
    np.testing.assert_allclose(completed, gradient, rtol=0, atol=1e-4 * scale)
    along_kernel = {"ours": cosine(gradient, kernel)}
    along_kernel["theirs"] = cosine(their_gradient, kernel)
    assert abs(along_kernel["ours"]) < 1e-5 < 1e-2 < abs(along_kernel["theirs"])
    agreement = cosine(gradient, their_gradient)
    assert agreement < 0.999

    with capsys.disabled():
        print(
            f"\nspectral norm, {kind}: sigma {sigma:.4f} in both; kernel changed by up "
            f"to {np.abs(their_kernel - kernel).max():.3f} (ours: 0); cosine of the "
            f"gradients {agreement:.3f}; cosine of gradient and kernel "
            f"{along_kernel['theirs']:.3f} (ours: {along_kernel['ours']:.0e})"
        )
