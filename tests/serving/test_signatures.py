"""What the signatures compute, before any export."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.errors import UserError
from tfgan_contra.row_noise import row_latents
from tfgan_contra.serving.signatures import serving_module, to_uint8
from tfgan_contra.types import DataSpec


@pytest.fixture(scope="module")
def functions(tiny_generator, conditional_spec):
    return serving_module(tiny_generator(), conditional_spec).signatures()


def test_inputs_and_outputs_are_those_of_the_design(functions):
    found = {
        name: (
            [(s.name, s.dtype.name, s.shape.as_list()) for s in f.input_signature],
            {
                key: (spec.dtype.name, spec.shape.as_list())
                for key, spec in f.get_concrete_function().structured_outputs.items()
            },
        )
        for name, f in functions.items()
    }
    labels, seeds = ("labels", "int64", [None]), ("seeds", "int64", [None])
    latents = ("latents", "float32", [None, 5])
    truncation = ("truncation", "float32", [None])
    pictures = {"images": ("uint8", [None, 8, 8, 3])}
    files = {"image_bytes": ("string", [None])}
    assert found == {
        "serving_default": ([labels, seeds], pictures),
        "latents": ([latents, labels], {"images": ("float32", [None, 8, 8, 3])}),
        "png": ([labels, seeds], files),
        "truncated": ([labels, seeds, truncation], pictures),
        "truncated_png": ([labels, seeds, truncation], files),
        "class_labels": (
            [("class_names", "string", [None])],
            {"labels": ("int64", [None])},
        ),
    }


def test_unconditional_signatures_have_no_labels(tiny_generator):
    module = serving_module(tiny_generator(0, 1), DataSpec(8, 1, 0))
    functions = module.signatures()
    names = {n: [s.name for s in f.input_signature] for n, f in functions.items()}
    assert names == {
        "serving_default": ["seeds"],
        "latents": ["latents"],
        "png": ["seeds"],
        "truncated": ["seeds", "truncation"],
        "truncated_png": ["seeds", "truncation"],
    }
    pictures = functions["serving_default"](tf.constant([3, 4], tf.int64))["images"]
    assert pictures.shape == (2, 8, 8, 1)


def test_pictures_are_the_generators(functions, tiny_generator):
    labels, seeds = np.array([2, 0, 3]), np.array([5, -6, 7])
    floats = tiny_generator()([row_latents(seeds, 5), labels.astype(np.int32)]).numpy()
    expected = np.floor(np.clip(127.5 * (floats + 1.0) + 0.5, 0, 255)).astype(np.uint8)
    images = functions["serving_default"](
        tf.constant(labels, tf.int64), tf.constant(seeds, tf.int64)
    )["images"]
    difference = np.abs(images.numpy().astype(int) - expected)
    assert difference.max() <= 1


def test_truncation_narrows_the_latents(functions, tiny_generator):
    labels, seeds = tf.constant([1, 1], tf.int64), tf.constant([8, 8], tf.int64)
    truncation = tf.constant([1.0, 0.3])
    images = functions["truncated"](labels, seeds, truncation)["images"].numpy()
    latents = row_latents(seeds, 5, truncation)
    floats = tiny_generator()([latents, tf.cast(labels, tf.int32)])
    np.testing.assert_allclose(images, to_uint8(floats), atol=1)
    default = functions["serving_default"](labels, seeds)["images"].numpy()
    np.testing.assert_array_equal(images[0], default[0])
    assert np.any(images[1] != default[1])


def test_png_files_hold_the_pictures(functions):
    labels, seeds = tf.constant([1, 3], tf.int64), tf.constant([8, 9], tf.int64)
    files = functions["png"](labels, seeds)["image_bytes"]
    images = functions["serving_default"](labels, seeds)["images"].numpy()
    for file, image in zip(files, images, strict=True):
        np.testing.assert_array_equal(tf.io.decode_png(file), image)


def test_to_uint8_rounds_halves_up_and_clips():
    values = np.array([-2.0, -1.0, 0.0, 0.99999, 1.0, 5.0], np.float32)
    assert to_uint8(values).numpy().tolist() == [0, 0, 128, 255, 255, 255]


def test_class_names_become_labels(functions):
    names = tf.constant(["three", "zero", "three"])
    labels = functions["class_labels"](names)["labels"]
    assert labels.numpy().tolist() == [3, 0, 3]


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("png", ([0, 4], [1, 2]), "labels must be from 0 to 3"),
        ("png", ([-1, 3], [1, 2]), "labels must be from 0 to 3"),
        ("png", ([0], [1, 2]), "labels must have as many rows"),
        ("truncated", ([0], [1], [0.0]), "truncation must be above 0"),
        ("truncated", ([0], [1], [1.5]), "truncation must be above 0"),
        ("truncated", ([0], [1], [float("nan")]), "truncation must be above 0"),
        ("truncated", ([0], [1], [0.5, 0.5]), "truncation must have as many rows"),
        ("class_labels", (["two", "ten"],), "among: zero, one, two, three"),
    ],
)
def test_wrong_input_is_refused_with_the_range(functions, name, arguments, message):
    specs = functions[name].input_signature
    tensors = [
        tf.constant(value, spec.dtype)
        for value, spec in zip(arguments, specs, strict=True)
    ]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        functions[name](*tensors)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (DataSpec(8, 3, 5), "the generator has 4 classes but its data have 5"),
        (DataSpec(8, 3, 4, ("a", "b")), "4 with 2 names"),
        (DataSpec(16, 3, 4), "the generator makes images"),
        (DataSpec(8, 1, 4), "the generator makes images"),
    ],
)
def test_a_generator_that_does_not_fit_its_data_is_refused(
    tiny_generator, spec, message
):
    with pytest.raises(UserError, match=message):
        functions = serving_module(tiny_generator(), spec).signatures()
        functions["serving_default"].get_concrete_function()


def test_no_names_no_lookup(tiny_generator):
    functions = serving_module(tiny_generator(), DataSpec(8, 3, 4)).signatures()
    assert "class_labels" not in functions
