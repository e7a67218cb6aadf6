import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import relative_error
from networks.translation_cases import filled_sincut_generator, sizes

from tfgan_contra.networks import SinCUTDiscriminator, SinCUTGenerator

TAPS = (0, 2, 4)
SMALL = {"image_size": 16, "width": 1}
KEY = tf.constant([5, 6], tf.int64)


def random(*shape):
    return tf.tanh(tf.random.stateless_normal(shape, [3, 4]))


def test_images_and_features_equal_the_authors():
    generator, arrays = filled_sincut_generator()
    assert len(sizes(arrays)) == 2
    for size in sizes(arrays):
        # The noise's strength is 0 in this file.
        images, features = generator(arrays[f"input_{size}_nhwc"], taps=TAPS, key=KEY)
        assert relative_error(images, arrays[f"output_{size}_nhwc"]) < 1e-4
        for tap, made in zip(TAPS, features, strict=True):
            theirs = arrays.get(f"feature_layer{tap:02}_{size}_nhwc")
            if theirs is not None:
                assert relative_error(made, theirs) < 1e-4, tap


def test_encoding_gives_the_same_features():
    generator, images = SinCUTGenerator(**SMALL), random(2, 8, 12, 3)
    taps = tuple(range(6))
    made, features = generator(images, taps=taps)
    encoded = generator(images, taps=taps, encode_only=True)
    for ours, theirs in zip(encoded, features, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert tuple(f.shape[3] for f in features) == generator.feature_channels(taps)
    assert made.shape == images.shape


def test_noise_follows_from_the_key():
    generator, images = SinCUTGenerator(**SMALL), random(2, 8, 8, 3)
    silent = generator(images, key=KEY)
    np.testing.assert_array_equal(silent, generator(images))
    generator.ups[0].noise_strength.assign(0.5)
    noisy = generator(images, key=KEY)
    np.testing.assert_array_equal(noisy, generator(images, key=KEY))
    assert np.any(np.asarray(noisy) != np.asarray(generator(images, key=KEY + 1)))
    np.testing.assert_array_equal(silent, generator(images))


def test_replicas_draw_different_rows_of_one_noise(two_replicas):
    """Two replicas of one image each see what one replica of two images sees."""
    with two_replicas.scope():
        generator = SinCUTGenerator(**SMALL)
        generator.ups[0].noise_strength.assign(0.5)
    images = random(2, 8, 8, 3)
    rows = two_replicas.experimental_distribute_values_from_function(
        lambda context: images[context.replica_id_in_sync_group :][:1]
    )
    per_replica = two_replicas.run(
        tf.function(lambda rows: generator(rows, key=KEY)), args=(rows,)
    )
    apart = tf.concat(two_replicas.experimental_local_results(per_replica), axis=0)
    np.testing.assert_allclose(apart, generator(images, key=KEY), atol=1e-4)


def test_size_may_be_unknown_to_the_graph():
    generator = SinCUTGenerator(**SMALL)
    spec = tf.TensorSpec([None, None, None, 3], tf.float32)
    graph = tf.function(lambda x: generator(x, key=KEY), input_signature=[spec])
    images = random(1, 6, 10, 3)
    np.testing.assert_allclose(graph(images), generator(images, key=KEY), atol=1e-4)
    assert graph(random(1, 7, 11, 3)).shape == (1, 6, 10, 3)


def test_two_downsamplings_and_other_channels():
    generator = SinCUTGenerator(
        image_size=32, channels=1, out_channels=4, width=1, num_downsampling=2
    )
    assert generator.level_channels == (16, 32, 64)
    assert generator(random(1, 8, 8, 1), key=KEY).shape == (1, 8, 8, 4)


def test_discriminator_gives_one_logit():
    discriminator = SinCUTDiscriminator(image_size=16, channels=1, width=1)
    outputs = discriminator(random(3, 16, 16, 1))
    assert outputs["logits"].shape == (3, 1)
    assert outputs["local_features"].shape == (3, 4, 4, 64)
    again = discriminator.logit(outputs["global_features"])
    np.testing.assert_allclose(again, outputs["logits"], atol=1e-5)


def test_discriminator_is_differentiable_twice():
    """The image's gradient is linear in all kernels that every path goes through.

    So for a penalty that is its square, <kernel, slope> is twice the penalty. In a
    block each path goes through `conv2` or the shortcut.
    """
    discriminator = SinCUTDiscriminator(image_size=8, width=1)
    images, block = random(2, 8, 8, 3), discriminator.blocks[0]
    kernels = tuple(
        layer.kernel.value
        for layer in (
            discriminator.first,
            discriminator.last_conv,
            discriminator.hidden,
            discriminator.logit,
            block.conv2,
            block.shortcut,
        )
    )
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(images)
            total = tf.reduce_sum(discriminator(images)["logits"])
        penalty = tf.reduce_sum(inner.gradient(total, images) ** 2)
    slopes = outer.gradient(penalty, kernels)
    *alone, conv2, shortcut = (
        float(tf.reduce_sum(kernel * slope))
        for kernel, slope in zip(kernels, slopes, strict=True)
    )
    np.testing.assert_allclose(
        [*alone, conv2 + shortcut], 2 * float(penalty), rtol=1e-4
    )
    assert float(penalty) > 0.0


def test_configs_rebuild_the_networks():
    for network, shape in (
        (SinCUTGenerator(**SMALL, channels=2, num_blocks=2), (1, 8, 8, 2)),
        (SinCUTDiscriminator(**SMALL, channels=2), (1, 16, 16, 2)),
    ):
        copy = type(network).from_config(network.get_config())
        copy.set_weights(network.get_weights())
        ours, theirs = copy(random(*shape)), network(random(*shape))
        for a, b in zip(tf.nest.flatten(ours), tf.nest.flatten(theirs), strict=True):
            np.testing.assert_array_equal(a, b)
        paths = [variable.path for variable in network.variables]
        assert len(set(paths)) == len(paths)


def test_half_precision_gives_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator, discriminator = (
            SinCUTGenerator(**SMALL),
            SinCUTDiscriminator(**SMALL),
        )
    finally:
        keras.config.set_dtype_policy("float32")
    images, (features,) = generator(random(1, 16, 16, 3), taps=(2,), key=KEY)
    assert images.dtype == tf.float32 and features.dtype == tf.bfloat16
    assert discriminator(images)["logits"].dtype == tf.float32


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"image_size.*\(8, 16.*Received: 4"):
        SinCUTGenerator(image_size=4)
    with pytest.raises(ValueError, match="even and not negative. Received: 3"):
        SinCUTGenerator(num_blocks=3)
    with pytest.raises(ValueError, match="1 or more. Received: 3, 3, 0, 1"):
        SinCUTGenerator(width=0)
    with pytest.raises(ValueError, match="no layer 6.*0 to 5"):
        SinCUTGenerator(**SMALL)(random(1, 8, 8, 3), taps=(6,))
    with pytest.raises(ValueError, match="16x16 pixels. Received: 8x8"):
        SinCUTDiscriminator(**SMALL)(random(1, 8, 8, 3))
    with pytest.raises(ValueError, match="1 or more. Received: 0, 8"):
        SinCUTDiscriminator(channels=0)
