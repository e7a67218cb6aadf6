"""What tensorflow-addons computes is what we recorded."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_addons as tfa

LOSS, GRADIENT = 1e-5, 1e-4


def assert_close(theirs, ours, tolerance):
    """Compares relative to the largest number, since some gradients cancel."""
    scale = max(float(np.abs(ours).max()), 1e-6)
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=tolerance * scale)


def differentiated(function, *inputs):
    tensors = [tf.constant(values) for values in inputs]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss = function(*tensors)
    return (loss, *tape.gradient(loss, tensors))


@pytest.mark.parametrize(
    "case",
    ["instance_norm", "instance_norm_pytorch_epsilon", "group_norm", "layer_norm"],
)
def test_normalization(recorded, case):
    ours = recorded(case)
    groups, epsilon = int(ours["groups"]), float(ours["epsilon"])
    if groups == -1:
        layer = tfa.layers.InstanceNormalization(epsilon=epsilon)
    else:
        layer = tfa.layers.GroupNormalization(groups=groups, epsilon=epsilon)
    layer.build(ours["inputs"].shape)
    layer.gamma.assign(ours["gamma"])
    layer.beta.assign(ours["beta"])
    _, gradient = differentiated(
        lambda x: tf.reduce_sum(layer(x) * ours["upstream"]), ours["inputs"]
    )
    assert_close(layer(ours["inputs"]), ours["outputs"], 1e-5)
    assert_close(gradient, ours["gradient"], GRADIENT)


@pytest.mark.parametrize("case", ["rotation_even", "rotation_odd"])
def test_rotation(recorded, case):
    ours = recorded(case)
    angles = ours["labels"].astype(np.float32) * np.float32(np.pi / 2)
    theirs = tfa.image.rotate(ours["images"], angles)
    np.testing.assert_array_equal(theirs, ours["outputs"])


def follow(optimizer, ours):
    """Yields a variable that takes the recorded values by SGD, after every step."""
    variable = tf.Variable(ours["first"])
    for values in ours["weights"]:
        optimizer.apply_gradients([(variable - values, variable)])
        np.testing.assert_allclose(variable, values, atol=1e-6)
        yield variable


@pytest.mark.parametrize(
    "case", ["moving_average", "moving_average_late", "moving_average_copy"]
)
def test_moving_average(recorded, case):
    """The start counts alike: the update of step `start` is the first that averages."""
    ours = recorded(case)
    optimizer = tfa.optimizers.MovingAverage(
        tf.keras.optimizers.legacy.SGD(1.0),
        average_decay=float(ours["decay"]),
        start_step=int(ours["start"]),
    )
    for step, variable in enumerate(follow(optimizer, ours)):
        theirs = optimizer.get_slot(variable, "average")
        assert_close(theirs, ours["averages"][step], 1e-5)


def test_moving_average_of_keras(recorded):
    """Keras's optimisers know no start, so the average from step 0 is compared."""
    ours = recorded("moving_average")
    optimizer = tf.keras.optimizers.SGD(
        1.0, use_ema=True, ema_momentum=float(ours["decay"])
    )
    for step, variable in enumerate(follow(optimizer, ours)):
        copy = tf.Variable(variable)
        optimizer.finalize_variable_values([variable])
        assert_close(variable, ours["averages"][step], 1e-5)
        variable.assign(copy)


@pytest.mark.parametrize(
    "case",
    ["triplet", "triplet_small_margin", "triplet_no_positive", "triplet_no_negative"],
)
def test_triplet_loss(recorded, case):
    """Equal on unit rows, also where an anchor has no positive or no negative."""
    ours = recorded(case)
    loss, gradient = differentiated(
        lambda rows: tfa.losses.triplet_hard_loss(
            ours["labels"],
            tf.math.l2_normalize(rows, axis=1),
            margin=float(ours["margin"]),
        ),
        ours["embeddings"],
    )
    assert_close(loss, ours["loss"], LOSS)
    assert_close(gradient, ours["gradient"], GRADIENT)


def cosines(a, b):
    return tf.matmul(
        tf.math.l2_normalize(a, axis=1),
        tf.math.l2_normalize(b, axis=1),
        transpose_b=True,
    )


def test_npairs_loss_is_nt_xent(recorded):
    """N-pairs with a class for every row is a cross entropy towards the diagonal.

    NT-Xent becomes it when the two views change places among the columns: the other
    view of each row then lies on the diagonal, and the row itself, which NT-Xent
    leaves out, is set to minus infinity.
    """
    ours = recorded("nt_xent")
    temperature, count = float(ours["temperature"]), len(ours["view_a"])
    own = tf.roll(tf.eye(2 * count), count, axis=1)

    def loss_of(view_a, view_b):
        rows = tf.concat([view_a, view_b], axis=0)
        columns = tf.concat([view_b, view_a], axis=0)
        similarities = cosines(rows, columns) / temperature
        return tfa.losses.npairs_loss(tf.range(2 * count), similarities - 1e9 * own)

    loss, gradient_a, gradient_b = differentiated(
        loss_of, ours["view_a"], ours["view_b"]
    )
    assert_close(loss, ours["loss"], LOSS)
    assert_close(gradient_a, ours["gradient_a"], GRADIENT)
    assert_close(gradient_b, ours["gradient_b"], GRADIENT)


def test_npairs_loss_is_the_proxy_form_of_2c(recorded):
    """As above, with the cosine to the row's own proxy on the diagonal.

    (2C with same-class positives sums probabilities inside the logarithm, where
    N-pairs averages logarithms, so that form has no counterpart here.)
    """
    ours = recorded("proxy_contrast")
    temperature = float(ours["temperature"])

    def loss_of(embeddings, proxies):
        to_own_proxy = tf.linalg.diag_part(cosines(embeddings, proxies))
        similarities = tf.linalg.set_diag(cosines(embeddings, embeddings), to_own_proxy)
        classes = tf.range(len(ours["embeddings"]))
        return tfa.losses.npairs_loss(classes, similarities / temperature)

    loss, gradient_embeddings, gradient_proxies = differentiated(
        loss_of, ours["embeddings"], ours["proxies"]
    )
    assert_close(loss, ours["loss"], LOSS)
    assert_close(gradient_embeddings, ours["gradient_embeddings"], GRADIENT)
    assert_close(gradient_proxies, ours["gradient_proxies"], GRADIENT)
