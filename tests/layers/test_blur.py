import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error

from tfgan_contra.layers import BlurPool, BlurUpsample
from tfgan_contra.layers.blur import binomial_kernel, blur

GOLDEN = load_golden("cut/blur_resampling.npz")
LAYERS = {
    "downsample_reflect_filt3": BlurPool(3),
    "downsample_reflect_filt4": BlurPool(4),
    "downsample_zero_filt3": BlurPool(3, padding="zero"),
    "upsample_replicate_filt4": BlurUpsample(4),
    "upsample_replicate_filt3": BlurUpsample(3),
}
CASES = [
    (name, key.removeprefix(f"{name}_"))
    for name in LAYERS
    for key in sorted(part(GOLDEN, ""))
    if key.startswith(f"{name}_")
]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_outputs_equal_the_authors(name, size):
    made = LAYERS[name](GOLDEN[f"input_{size}"])
    assert relative_error(made, GOLDEN[f"{name}_{size}"]) < 1e-6


def test_every_layer_has_a_case():
    assert {name for name, _ in CASES} == set(LAYERS)


@pytest.mark.parametrize("size", range(1, 8))
def test_kernels_equal_the_authors(size):
    np.testing.assert_allclose(
        binomial_kernel(size), GOLDEN[f"blur_kernel_filt{size}"], rtol=1e-6
    )


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("side", [(6, 4), (5, 7)])
def test_gradient_is_the_transposed_map(name, side):
    """<layer(x), y> = <x, gradient of it with y>: the layers are linear."""
    random = np.random.default_rng(0)
    inputs = tf.constant(random.standard_normal((2, *side, 3)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = LAYERS[name](inputs)
    other = random.standard_normal(outputs.shape).astype(np.float32)
    gradient = tape.gradient(outputs, inputs, output_gradients=tf.constant(other))
    np.testing.assert_allclose(
        np.vdot(outputs, other), np.vdot(inputs, gradient), rtol=1e-4
    )


@pytest.mark.parametrize("name", LAYERS)
def test_size_may_be_unknown_to_the_graph(name):
    layer, images = LAYERS[name], GOLDEN["input_7x9_nhwc"]
    graph = tf.function(
        lambda x: layer(x),
        input_signature=[tf.TensorSpec([None, None, None, 3], tf.float32)],
    )
    np.testing.assert_allclose(graph(images), layer(images), rtol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_half_precision_stays_so(name):
    kind, config = type(LAYERS[name]), LAYERS[name].get_config()
    layer = kind.from_config(config | {"dtype": "mixed_bfloat16"})
    images = GOLDEN["input_8x8_nhwc"]
    outputs = layer(images)
    assert outputs.dtype == tf.bfloat16
    exact = LAYERS[name](images)
    assert relative_error(tf.cast(outputs, tf.float32), exact) < 0.02


def test_blur_is_differentiable_twice():
    """The gradient penalty of SinCUT goes through it."""
    images = tf.constant(GOLDEN["input_7x9_nhwc"])
    with tf.GradientTape() as outer:
        outer.watch(images)
        with tf.GradientTape() as inner:
            inner.watch(images)
            total = tf.reduce_sum(blur(images, 4, 2, 2, stride=2) ** 3)
        penalty = tf.reduce_sum(inner.gradient(total, images) ** 2)
    assert float(tf.norm(outer.gradient(penalty, images))) > 0.0


def test_configs_rebuild_the_layers():
    for layer in LAYERS.values():
        copy = type(layer).from_config(layer.get_config())
        assert copy.get_config() == layer.get_config()
        assert keras.saving.get_registered_name(type(layer)).startswith("tfgan_contra>")


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="1 to 7. Received: 8"):
        BlurPool(8)
    with pytest.raises(ValueError, match="reflect, zero. Received: 'same'"):
        BlurPool(padding="same")
    with pytest.raises(ValueError, match=r"\(3, 4\). Received: 5"):
        BlurUpsample(5)
    with pytest.raises(ValueError, match="2 pixels or more.*Received: 1x4"):
        BlurPool()(tf.zeros([1, 1, 4, 2]))
