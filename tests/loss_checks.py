"""What the tests of losses share: float64 twins, gradients, parts of a batch."""

import numpy as np
import tensorflow as tf


def unit(rows):
    """Rows of length 1, in float64."""
    rows = np.asarray(rows, np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def value_and_gradients(loss, *arrays):
    """The loss of float32 tensors, and its gradients as arrays."""
    tensors = [tf.constant(array, tf.float32) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = loss(*tensors)
    gradients = tape.gradient(value, tensors, unconnected_gradients="zero")
    return float(value), [np.asarray(tf.convert_to_tensor(g)) for g in gradients]


def slopes(function, array, step=1e-6):
    """Central differences of a float64 function of an array."""
    array = np.array(array, np.float64)
    result = np.empty_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + step
        above = function(array)
        array[index] = kept - step
        result[index] = (above - function(array)) / (2 * step)
        array[index] = kept
    return result


def assert_gradient(ours, theirs):
    """Equal to 1e-4 of the largest entry; the floor is for gradients that are zero."""
    theirs = np.asarray(theirs, np.float64)
    np.testing.assert_allclose(
        ours, theirs, rtol=1e-4, atol=1e-4 * np.abs(theirs).max() + 1e-7
    )


def assert_equals_twin(loss, twin, *arrays):
    """A loss has its float64 twin's value and, by central differences, its slopes."""
    value, gradients = value_and_gradients(loss, *arrays)
    # The floor is for what float32 rounds to 0.
    np.testing.assert_allclose(value, twin(*arrays), rtol=1e-5, atol=1e-30)
    for place, gradient in enumerate(gradients):

        def of_one(array, place=place):
            return twin(*arrays[:place], array, *arrays[place + 1 :])

        assert_gradient(gradient, slopes(of_one, arrays[place]))


def assert_parts_make_the_whole(whole, part, *arrays):
    """Parts that see all rows as keys average to the whole, in gradients too.

    Args:
        whole: the loss of all arrays.
        part: the same of a slice of the rows, with all of them as keys; called with
            the slice first.
        arrays: as many rows each.
    """
    middle = len(arrays[0]) // 2
    halves = (slice(0, middle), slice(middle, 2 * middle))

    def mean(*tensors):
        return tf.add_n([part(rows, *tensors) for rows in halves]) / 2

    value, gradients = value_and_gradients(whole, *arrays)
    part_value, part_gradients = value_and_gradients(mean, *arrays)
    np.testing.assert_allclose(part_value, value, rtol=1e-5)
    for ours, theirs in zip(part_gradients, gradients, strict=True):
        assert_gradient(ours, theirs)


def assert_finite(loss, *arrays):
    """Neither the loss nor a gradient is infinite or not a number."""
    value, gradients = value_and_gradients(loss, *arrays)
    assert np.isfinite(value)
    for gradient in gradients:
        assert np.all(np.isfinite(gradient))
