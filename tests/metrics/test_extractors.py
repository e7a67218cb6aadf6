"""Extractors by string: errors without TensorFlow, Keras models, SavedModels."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.config import EvaluationConfig
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.metrics import make_extractor
from tfgan_contra.metrics.features import name_from_path, parse_extractor


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clasifier", r"did you mean 'classifier'\?.*'clasifier'"),
        ("", "must be classifier, fid_inception"),
        ("model", "needs a path: model:<path>"),
        ("fid_inception:", "needs a path: fid_inception:<path>"),
        ("classifier:/x", "takes no path"),
        ("model:/no/such/thing", "path that is not there"),
    ],
)
def test_bad_strings_are_named_in_one_line(text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        parse_extractor(text)
    assert "\n" not in str(caught.value)
    assert "evaluation.extractor" in str(caught.value)


def test_functions_and_wrong_strings_need_no_tensorflow():
    code = (
        "import sys, tfgan_contra.metrics as m\n"
        "m.frechet_distance, m.Headline, m.BatchedExtractor, m.resize\n"
        "try: m.parse_extractor('inceptoin')\n"
        "except Exception as error: print(type(error).__name__)\n"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules\n"
        "assert 'Evaluator' in dir(m) and 'prdc' in m.__all__\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, "ConfigError"), done.stderr


def test_names_are_fit_for_metric_keys():
    assert name_from_path("/a/My Net-v2.keras") == "my_net_v2"
    assert name_from_path("/a/Swin/") == "swin"
    assert name_from_path("/a/---.keras") == "model"


def keras_file(path, model) -> str:
    model.save(path)
    return f"model:{path}"


def extract(text: str, images: np.ndarray, dataset, batch_size: int = 4):
    config = EvaluationConfig(extractor=text, batch_size=batch_size)
    return make_extractor(config, dataset)


def test_keras_model_gets_floats_and_gives_features_and_logits(tmp_path, dataset):
    images = keras.Input((16, 16, 1))
    flat = keras.layers.Flatten()(images)
    outputs = {"features": flat, "logits": keras.layers.Dense(3)(flat)}
    text = keras_file(tmp_path / "my-net.keras", keras.Model(images, outputs))
    extractor = extract(text, images, dataset)
    features, logits = extractor.extract(dataset.test.images[:6])
    expected = dataset.test.images[:6].reshape(6, -1) / 127.5 - 1
    np.testing.assert_allclose(features, expected, atol=1e-6)
    assert logits.shape == (6, 3) and extractor.name == "my_net"
    assert not extractor.is_fid
    np.testing.assert_array_equal(extractor.logits(dataset.test.images[:6]), logits)


def test_keras_model_of_another_size_and_three_channels(tmp_path, dataset):
    images = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(images)
    text = keras_file(tmp_path / "rgb.keras", keras.Model(images, pooled))
    extractor = extract(text, images, dataset)
    features, logits = extractor.extract(dataset.test.images[:5])
    means = dataset.test.images[:5].mean(axis=(1, 2)) / 127.5 - 1
    np.testing.assert_allclose(features, np.repeat(means, 3, axis=1), atol=0.05)
    assert logits is None and extractor.describe()["resize"] == "clean_8"


class Bytes(tf.Module):
    """A SavedModel that wants bytes and answers with one spatial output."""

    def __init__(self):
        super().__init__()
        self.scale = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 1], tf.uint8)])
    def serve(self, images):
        pixels = tf.cast(images, tf.float32) * self.scale
        return {"pooled": tf.reduce_mean(pixels, [1, 2], keepdims=True)}


def test_saved_model_gets_bytes(tmp_path, dataset):
    module = Bytes()
    path = str(tmp_path / "saved")
    tf.saved_model.save(module, path, signatures={"serving_default": module.serve})
    extractor = extract(f"model:{path}", None, dataset)
    features = extractor(dataset.test.images[:9])
    expected = 2 * dataset.test.images[:9].mean(axis=(1, 2))
    np.testing.assert_allclose(features, expected, rtol=1e-5)
    assert extractor.describe()["resize"] == "none"
    same = extract(f"model:{path}", None, dataset)
    assert same.describe() == extractor.describe()
    module.scale.assign(3.0)
    tf.saved_model.save(module, path, signatures={"serving_default": module.serve})
    assert extract(f"model:{path}", None, dataset).digest != extractor.digest


def test_models_that_break_the_contract_are_refused(tmp_path, dataset):
    pair = keras.Input((4, 4, 1)), keras.Input((4, 4, 1))
    two = keras_file(
        tmp_path / "two.keras", keras.Model(pair, keras.layers.Add()(pair))
    )
    vector = keras.Input((5,))
    flat = keras_file(
        tmp_path / "flat.keras", keras.Model(vector, keras.layers.ReLU()(vector))
    )
    wide = keras.Input((4, 8, 1))
    oblong = keras_file(
        tmp_path / "wide.keras", keras.Model(wide, keras.layers.ReLU()(wide))
    )
    (tmp_path / "notes.txt").write_text("no model")
    (tmp_path / "empty").mkdir()
    for text, message in [
        (two, "takes 2 inputs, not one"),
        (flat, r"must take images \[N, H, W, C\]"),
        (oblong, "square images.*4x8"),
        (f"model:{tmp_path}/notes.txt", "no SavedModel folder or .keras file"),
        (f"model:{tmp_path}/empty", "no SavedModel folder or .keras file"),
    ]:
        with pytest.raises(ConfigError, match=message) as caught:
            extract(text, None, dataset)
        assert "\n" not in str(caught.value)


def test_models_without_features_are_refused(tmp_path, dataset):
    images = keras.Input((16, 16, 1))
    flat = keras.layers.Flatten()(images)
    model = keras.Model(images, {"a": flat, "b": flat})
    extractor = extract(keras_file(tmp_path / "ab.keras", model), None, dataset)
    with pytest.raises(ConfigError, match=r"with 'features'.*\['a', 'b'\] from ab"):
        extractor(dataset.test.images[:2])


def test_images_that_are_none_are_refused(tmp_path, dataset):
    images = keras.Input((16, 16, 1))
    model = keras.Model(images, keras.layers.Flatten()(images))
    extractor = extract(keras_file(tmp_path / "net.keras", model), None, dataset)
    for bad in (np.zeros((2, 16, 16, 1)), np.zeros((0, 16, 16, 1), np.uint8), None):
        with pytest.raises(DataError, match="must be uint8"):
            extractor(bad)
