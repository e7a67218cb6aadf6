"""What every variant must do, proved in one place.

A variant's test names its config; the checks here build it small, train it, train it on
two replicas, interrupt and resume it, lower its precision, export and reload it.
"""

import contextlib

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra.config import from_dict, to_dict
from tfgan_contra.models.sampler import Sampler
from tfgan_contra.networks.configs import BigResNetConfig, DCGANConfig
from tfgan_contra.networks.sngan_configs import SNGANConfig
from tfgan_contra.networks.translation_configs import (
    SinCUTNetworkConfig,
    TranslationNetworkConfig,
)
from tfgan_contra.optimizers import Adam
from tfgan_contra.serving.saved_model import export_generator
from tfgan_contra.training.checkpoints import (
    restore,
    training_state,
    write_checkpoint,
)
from tfgan_contra.types import (
    Batch,
    CaptionSpec,
    DataSpec,
    TextFeatures,
    TranslationSpec,
)

SPEC = DataSpec(32, 1, 3, ("a", "b", "c"))
TRANSLATION_SPEC = TranslationSpec(32, 3, 1)
CAPTION_SPEC = CaptionSpec(32, 3, 6, 5)
BATCH = 8
NETWORK = BigResNetConfig(
    g_width=4,
    d_width=4,
    latent_dim=16,
    shared_dim=8,
    g_attention_after=(2,),
    d_attention_after=(1,),
)

# Traced four times as fast: for what is proved on the variants above already.
SMALL_NETWORK = DCGANConfig(g_width=4, d_width=4, latent_dim=8)

SNGAN_NETWORK = SNGANConfig(g_width=2, d_width=2, latent_dim=8, self_modulated=True)
TRANSLATION_NETWORK = TranslationNetworkConfig(g_width=4, d_width=4, num_blocks=2)
SINCUT_NETWORK = SinCUTNetworkConfig(g_width=1, d_width=1, num_blocks=2)


def spec_of(config):
    """Returns small data that a config's method can train on."""
    if config.takes_captions:
        return CAPTION_SPEC
    return TRANSLATION_SPEC if config.is_translation else SPEC


def build(config, strategy=None, precision="float32"):
    """Returns a compiled variant; the same weights every time."""
    keras.utils.set_random_seed(1)
    scope = strategy.scope() if strategy else contextlib.nullcontext()
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        with scope:
            gan = config.build(spec_of(config))
            if config.takes_captions:
                gan.attach_image_network(frozen_features)
            gan.compile(Adam(2e-4), Adam(2e-4), seed=3)
    finally:
        keras.config.set_dtype_policy(before)
    return gan


def frozen_features(images):
    """Stands in for a frozen image network: colours of four quarters."""
    means = tf.nn.avg_pool2d(tf.cast(images, tf.float32), 16, 16, "VALID")
    return tf.reshape(means, [-1, 12])


def batches(config, first=0, count=10, replicas=1):
    """Yields batches as the data pipeline does: replica by replica, slice by slice."""
    slices = config.images_per_step
    per_replica = BATCH // replicas
    for step in range(first, first + count):
        for replica in range(replicas):
            rows = slice(replica * per_replica, (replica + 1) * per_replica)
            yield tf.nest.map_structure(
                lambda whole, rows=rows: whole[:, rows].reshape(-1, *whole.shape[2:]),
                global_batch(config, np.random.default_rng(step), slices),
            )


def global_batch(config, random, slices):
    """Returns a step's rows of all replicas, `[slices, BATCH, ...]`."""

    def images(shape):
        """Draws images."""
        drawn = random.standard_normal((slices, BATCH, *shape))
        return np.tanh(drawn).astype(np.float32)

    if config.is_translation:
        spec = TRANSLATION_SPEC
        return Batch(images(spec.input_shape), images(spec.image_shape))
    if config.takes_captions:
        return Batch(images(CAPTION_SPEC.image_shape), captions(random, slices))
    labels = random.integers(0, SPEC.num_classes, (slices, BATCH)).astype(np.int32)
    return Batch(images(SPEC.image_shape), labels)


def captions(random, slices):
    """Returns the features of a step's captions, `[slices, BATCH, ...]`."""
    places, size = CAPTION_SPEC.max_words, CAPTION_SPEC.word_dim
    words = random.standard_normal((slices, BATCH, places, size)).astype(np.float32)
    lengths = random.integers(1, places + 1, (slices, BATCH)).astype(np.int32)
    return TextFeatures(words, lengths, words.mean(axis=2))


def dataset(config, first=0, replicas=1):
    """Returns `batches` as a tf.data.Dataset."""
    example = next(batches(config, first, 1, replicas))
    signature = tf.nest.map_structure(
        lambda rows: tf.TensorSpec(rows.shape, rows.dtype), example
    )
    return tf.data.Dataset.from_generator(
        lambda: batches(config, first, 100, replicas), output_signature=signature
    )


def fit(gan, config, steps, first=0, strategy=None):
    """Trains and returns the last step's losses."""
    replicas = strategy.num_replicas_in_sync if strategy else 1
    data = dataset(config, first, replicas)
    if strategy:
        data = strategy.distribute_datasets_from_function(
            lambda context: dataset(config, first, replicas)
        )
    gan.reset_metrics()
    history = gan.fit(
        data, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0
    ).history
    return {name: values[-1] for name, values in history.items()}


def arrays(gan):
    """Returns the values of everything that a checkpoint holds."""
    return {name: np.array(variable) for name, variable in training_state(gan).items()}


def check_config_round_trip(config):
    """JSON and back is the same config."""
    assert from_dict(to_dict(config)) == config


def check_trains(gan, config):
    """All networks move, all losses are finite and named as announced."""
    before = arrays(gan)
    losses = fit(gan, config, steps=2)
    assert set(losses) == {tracker.name for tracker in gan.trackers}
    assert all(np.isfinite(value) for value in losses.values()), losses
    after = arrays(gan)
    parts = {n.split("/")[1] for n in before if n.endswith("kernel")}
    assert {"generator", "discriminator"} <= parts
    assert ("generator_ema" in parts) == (config.ema_decay > 0)
    for part in parts:
        names = [n for n in before if n.startswith(f"model/{part}/")]
        names = [n for n in names if n.endswith("kernel")]
        assert all(np.abs(after[n] - before[n]).max() > 0 for n in names), part
    assert int(after["model/" + gan.step.path]) == 2


def check_resume(gan, config, path):
    """Saving, training on, restoring and training on again gives the same bits."""
    write_checkpoint(path, training_state(gan), {"step": 2})
    first = fit(gan, config, steps=2, first=2)
    expected = arrays(gan)
    restore(path, training_state(gan))
    assert fit(gan, config, steps=2, first=2) == first
    resumed = arrays(gan)
    differing = [n for n in expected if not np.array_equal(expected[n], resumed[n])]
    assert not differing


def check_save_weights(gan, path):
    """Keras's own `save_weights` and `load_weights` keep everything."""
    expected = arrays(gan)
    gan.save_weights(path)
    for variable in gan.variables:
        variable.assign(np.zeros(variable.shape, variable.dtype))
    gan.load_weights(path)
    restored = arrays(gan)
    differing = [n for n in expected if not np.array_equal(expected[n], restored[n])]
    assert not differing


@contextlib.contextmanager
def graphs_as_traced():
    """Runs graphs without Grappler's passes, a third of the time of a first step."""
    option = "disable_meta_optimizer"
    before = tf.config.optimizer.get_experimental_options().get(option, False)
    tf.config.optimizer.set_experimental_options({option: True})
    yield
    tf.config.optimizer.set_experimental_options({option: before})


def start_again(gan, config):
    """Gives a variant the state it was built with; its step is traced already."""
    fresh = arrays(build(config))
    for name, variable in training_state(gan).items():
        variable.assign(fresh[name])


@graphs_as_traced()
def check_two_replicas(config, strategy, one=None):
    """The same global batch gives the same losses and gradients on two replicas.

    Gradients are compared as Adam's first moments: after a step its updates all have
    the size of the learning rate, whatever the gradient was.

    Args:
        config: of the variant.
        strategy: with two replicas.
        one: the variant on one replica, if there is one that has trained already.
    """
    if one is None:
        one = build(config)
    else:
        start_again(one, config)
    two = build(config, strategy)
    for target, source in zip(two.variables, one.variables, strict=True):
        target.assign(np.array(source))
    losses_one = fit(one, config, steps=1)
    losses_two = fit(two, config, steps=1, strategy=strategy)
    for name, value in losses_one.items():
        np.testing.assert_allclose(
            losses_two[name], value, rtol=1e-4, atol=1e-5, err_msg=name
        )
    expected, ours = arrays(one), arrays(two)
    largest = {
        part: max(
            np.abs(value).max()
            for name, value in expected.items()
            if name.startswith(part) and "first_moment" in name
        )
        for part in one.optimizers
    }
    for name, value in expected.items():
        if "first_moment" in name:
            # Rounding noise (a bias before a normalisation has no gradient) is small
            # against the network's largest gradient.
            atol = 1e-3 * np.abs(value).max() + 1e-5 * largest[name[:11]]
            np.testing.assert_allclose(ours[name], value, atol=atol, err_msg=name)
    fit(two, config, steps=1, first=1, strategy=strategy)
    check_replicas_agree(two)


def check_replicas_agree(gan):
    """Both replicas hold the same copy of every variable."""
    for variable in gan.variables:
        copies = [np.array(copy) for copy in variable.value.values]
        for copy in copies[1:]:
            np.testing.assert_array_equal(copies[0], copy, err_msg=variable.path)


def check_precision(config, precision, path):
    """Training in lower precision moves the weights, in float32, and can be saved."""
    gan = build(config, precision=precision)
    before = arrays(gan)
    # Loss scaling starts high and halves until the gradients fit.
    losses = fit(gan, config, steps=10)
    assert all(np.isfinite(value) for value in losses.values()), losses
    assert all(v.dtype in ("float32", "int64") for v in gan.variables)
    after = arrays(gan)
    for part in ("generator", "discriminator"):
        names = [n for n in before if n.startswith(f"model/{part}/")]
        kernels = [n for n in names if "conv" in n and n.endswith("kernel")]
        moved = [np.abs(after[n] - before[n]).max() for n in kernels]
        assert min(moved) > 0, part
    for name in gan.optimizers:
        assert int(after[f"{name}/iteration"]) >= 1
    write_checkpoint(path, training_state(gan), {"step": 3})
    restore(path, training_state(gan))


def check_export(gan, folder):
    """The exported model gives the Keras model's pictures."""
    sampler = Sampler(gan, batch_size=4)
    version = export_generator(sampler.generator, gan.spec, str(folder))
    served = tf.saved_model.load(str(version)).signatures["serving_default"]
    seeds = np.arange(4)
    inputs = {"seeds": tf.constant(seeds, tf.int64)}
    labels = None
    if gan.spec.num_classes:
        labels = seeds % gan.spec.num_classes
        inputs["labels"] = tf.constant(labels, tf.int64)
    ours = sampler(labels, seeds).astype(int)
    theirs = served(**inputs)["images"].numpy().astype(int)
    assert np.abs(ours - theirs).max() <= 1


def check_translation_export(gan, folder):
    """The exported model gives the Keras model's translation, whatever the size."""
    version = export_generator(gan.generator_ema, gan.spec, str(folder))
    served = tf.saved_model.load(str(version)).signatures["serving_default"]
    random = np.random.default_rng(0)
    shape = (2, 33, 42, gan.spec.channels_in)
    pictures = random.integers(0, 256, shape, np.uint8)
    ours = np.asarray(gan.translate(pictures / np.float32(127.5) - 1))
    theirs = served(images=tf.constant(pictures))["images"].numpy()
    assert theirs.shape == (2, 33, 42, gan.spec.channels_out)
    assert np.abs(127.5 * (ours + 1) - theirs).max() <= 1
