"""What a served translator computes and refuses, before and after an export."""

import io
import json
import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import prediction_log_pb2

from tfgan_contra.errors import UserError
from tfgan_contra.networks import SinCUTGenerator
from tfgan_contra.serving.base import to_uint8
from tfgan_contra.serving.signatures import serving_module
from tfgan_contra.types import TranslationSpec

NO_FILE = "image_bytes must be PNG or JPEG files"
NO_SIZE = "a picture must have 8 pixels or more on each side and at most 2000 in all"


def pixels(*shape):
    return np.random.default_rng(3).integers(0, 256, shape, np.uint8)


def encoded(array, kind="PNG", **options):
    """A picture `[H, W, C]` as a file."""
    file = io.BytesIO()
    squeezed = array[..., 0] if array.shape[-1] == 1 else array
    Image.fromarray(squeezed).save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def functions(translator):
    spec = TranslationSpec(32, 3, 3)
    return serving_module(translator(), spec, max_pixels=2000).signatures()


def translated(network, images):
    """What the Keras model makes of uint8 images whose sides are multiples of 4."""
    return to_uint8(network(images.astype(np.float32) / 127.5 - 1.0)).numpy()


def test_inputs_and_outputs_are_those_of_the_design(translator):
    module = serving_module(translator(1, 4), TranslationSpec(32, 1, 4))
    found = {
        name: (
            [(s.name, s.dtype.name, s.shape.as_list()) for s in f.input_signature],
            {
                key: (spec.dtype.name, spec.shape.as_list())
                for key, spec in f.get_concrete_function().structured_outputs.items()
            },
        )
        for name, f in module.signatures().items()
    }
    taken, made = [None, None, None, 1], [None, None, None, 4]
    assert found == {
        "serving_default": (
            [("images", "uint8", taken)],
            {"images": ("uint8", made)},
        ),
        "translate": (
            [("images", "float32", taken)],
            {"images": ("float32", made)},
        ),
        "png": (
            [("image_bytes", "string", [None])],
            {"image_bytes": ("string", [None])},
        ),
    }


def test_pictures_are_the_translators(functions, translator):
    images = pixels(2, 32, 24, 3)
    expected = translated(translator(), images)
    assert expected.std() > 20  # or a difference would not show
    made = functions["serving_default"](images)["images"].numpy()
    np.testing.assert_allclose(made.astype(int), expected, atol=1)


def test_any_size_is_mirrored_and_cropped(functions, translator):
    images = pixels(1, 37, 50, 3)
    padded = np.pad(images, [(0, 0), (0, 3), (0, 2), (0, 0)], "reflect")
    expected = translated(translator(), padded)[:, :37, :50]
    made = functions["serving_default"](images)["images"].numpy()
    np.testing.assert_allclose(made.astype(int), expected, atol=1)


def test_floats_and_files_agree_with_pixels(functions):
    images = pixels(3, 37, 50, 3)
    expected = functions["serving_default"](images)["images"].numpy()
    floats = functions["translate"](images.astype(np.float32) / 127.5 - 1.0)["images"]
    np.testing.assert_allclose(to_uint8(floats), expected, atol=1)
    files = functions["png"](tf.constant([encoded(image) for image in images]))
    decoded = [tf.io.decode_png(file) for file in files["image_bytes"]]
    np.testing.assert_allclose(decoded, expected, atol=1)


def test_a_row_is_the_same_alone_to_the_last_bit(functions):
    floats = pixels(3, 13, 22, 3).astype(np.float32) / 127.5 - 1.0
    together = functions["translate"](floats)["images"].numpy()
    for row in range(3):
        alone = functions["translate"](floats[row : row + 1])["images"].numpy()
        np.testing.assert_array_equal(alone[0], together[row])


def test_files_of_several_sizes_go_together(functions):
    pictures = [pixels(h, w, 3) for h, w in ((8, 8), (37, 50), (32, 9))]
    files = functions["png"](tf.constant([encoded(p) for p in pictures]))
    for picture, file in zip(pictures, files["image_bytes"], strict=True):
        expected = functions["serving_default"](picture[None])["images"].numpy()[0]
        made = tf.io.decode_png(file).numpy()
        np.testing.assert_allclose(made.astype(int), expected, atol=1)


@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("serving_default", pixels(1, 7, 32, 3), NO_SIZE),
        ("serving_default", pixels(1, 32, 7, 3), NO_SIZE),
        ("serving_default", pixels(1, 8, 251, 3), NO_SIZE),
        ("translate", np.zeros((1, 7, 7, 3), np.float32), NO_SIZE),
        ("translate", np.full((1, 8, 8, 3), 200, np.float32), "from -1 to 1"),
        ("translate", np.full((1, 8, 8, 3), np.nan, np.float32), "from -1 to 1"),
        ("png", [b""], NO_FILE),
        ("png", [b"no picture"], NO_FILE),
        ("png", [encoded(pixels(8, 8, 3), "GIF")], NO_FILE),
        ("png", [encoded(pixels(8, 8, 3))[:20]], NO_FILE),
        ("png", [encoded(pixels(8, 8, 3))[:-40]], "Invalid PNG data"),
        ("png", [encoded(pixels(9, 9, 3), "JPEG")[:300]], "Invalid JPEG data"),
        ("png", [encoded(pixels(7, 9, 3))], NO_SIZE),
        ("png", [encoded(pixels(9, 7, 3), "JPEG")], NO_SIZE),
        ("png", [encoded(pixels(9, 9, 3)), encoded(pixels(90, 90, 3))], NO_SIZE),
    ],
)
def test_wrong_input_is_refused(functions, name, inputs, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        functions[name](tf.constant(inputs))


def test_a_bomb_is_refused_by_its_header(functions):
    # Says that it has 2^31 - 1 pixels a side, and holds none of them.
    bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + 2 * b"\x7f\xff\xff\xff" + b"\x08\2\0\0\0"
    with pytest.raises(tf.errors.InvalidArgumentError, match=NO_SIZE):
        functions["png"](tf.constant([bomb]))


def test_channels_that_no_file_has_leave_out_png(translator):
    for channels in ((2, 3), (3, 5)):
        module = serving_module(translator(*channels), TranslationSpec(32, *channels))
        assert sorted(module.signatures()) == ["serving_default", "translate"]


def test_a_translator_that_does_not_fit_its_data_is_refused(translator):
    with pytest.raises(UserError, match="translates 3 channels to 3 .* have 1 and 3"):
        serving_module(translator(), TranslationSpec(32, 1, 3))


def test_sincut_is_served_alike():
    network = SinCUTGenerator(image_size=32, width=2, num_blocks=2)
    functions = serving_module(network, TranslationSpec(32, 3, 3)).signatures()
    images = pixels(2, 12, 16, 3)
    made = functions["serving_default"](images)["images"].numpy()
    expected = translated(network, images)
    np.testing.assert_allclose(made.astype(int), expected, atol=1)


def test_facts_and_card_of_an_export(translator_dir):
    extra = os.path.join(translator_dir, "1", "assets.extra")
    with open(os.path.join(extra, "model.json")) as file:
        known = json.load(file)
    assert known["kind"] == "translation"
    assert (known["channels_in"], known["channels_out"]) == (3, 3)
    assert (known["image_size"], known["step"]) == (32, 9)
    assert known["domain_names"] == ["horse", "zebra"]
    assert (known["smallest_side"], known["max_pixels"]) == (8, 1 << 21)
    assert "statistics" not in known
    with open(os.path.join(extra, "model_card.md")) as file:
        card = file.read()
    for row in (
        "- kind: image translation, from horse to zebra",
        "- trained on crops of 32 x 32",
        "- weights: training step 9\n",
        "| `serving_default` | in | `images` | uint8 | [N, H, W, 3] | 0 to 255 |",
        "| `translate` | out | `images` | float32 | [N, H, W, 3] | -1 to 1 |",
        "| `png` | in | `image_bytes` | string | [N] | a PNG or JPEG file |",
        "| `png` | out | `image_bytes` | string | [N] | a PNG file |",
        "from 8 x 8 to 2097152 pixels in all",
    ):
        assert row in card, row
    assert "BatchNorm" not in card and "seed" not in card


def test_warm_up_is_one_training_crop_per_signature(translator_dir):
    path = os.path.join(translator_dir, "1/assets.extra/tf_serving_warmup_requests")
    found = {}
    for record in tf.data.TFRecordDataset(path):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        ((_, proto),) = request.inputs.items()
        array = tf.make_ndarray(proto)
        if array.dtype == object:
            array = np.stack([tf.io.decode_png(file) for file in array])
        found[request.model_spec.signature_name] = array.shape
    shape = (1, 32, 32, 3)
    assert found == {"serving_default": shape, "translate": shape, "png": shape}
