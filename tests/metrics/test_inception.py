"""The FID graph: a stand-in of the same form, its name, its hash, its errors."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.config import EvaluationConfig
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.metrics import inception, make_extractor
from tfgan_contra.metrics.downloads import file_digest

FEATURES, CLASSES = 6, 4


def stand_in_graph(seed: int = 0) -> tf.compat.v1.GraphDef:
    """The real graph's node names, fixed batch and age, with one convolution."""
    random = np.random.default_rng(seed)
    kernel = random.normal(size=(9, 9, 3, FEATURES)).astype(np.float32) / 9
    graph = tf.Graph()
    with graph.as_default():
        data = tf.compat.v1.placeholder(tf.string, [], name="DecodeJpeg/contents")
        image = tf.io.decode_jpeg(data, 3, name="DecodeJpeg")
        image = tf.expand_dims(tf.cast(image, tf.float32, name="Cast"), 0)
        images = tf.raw_ops.ResizeBilinear(
            images=image, size=[299, 299], name="ResizeBilinear"
        )
        images = tf.subtract(images, 128.0, name="Sub")
        images = tf.multiply(images, 1 / 128, name="Mul")
        x = tf.nn.conv2d(images, kernel, 37, "SAME", name="conv")
        for name in ("mean", "variance", "beta", "gamma"):
            tf.constant(1 + random.random(FEATURES), tf.float32, name=name)
        pool = tf.nn.avg_pool2d(x, 9, 1, "VALID", name="pool_3")
        flat = tf.reshape(pool, [1, FEATURES], name="pool_3/_reshape")
        weights = random.normal(size=(FEATURES, CLASSES)).astype(np.float32)
        tf.matmul(flat, tf.constant(weights), name="softmax/logits/MatMul")
    definition = graph.as_graph_def()
    batch_norm = definition.node.add(name="norm", op="BatchNormWithGlobalNormalization")
    batch_norm.input.extend(["conv", "mean", "variance", "beta", "gamma"])
    batch_norm.attr["T"].type = tf.float32.as_datatype_enum
    batch_norm.attr["variance_epsilon"].f = 0.001
    batch_norm.attr["scale_after_normalization"].b = False
    for node in definition.node:
        if node.name == "pool_3":
            node.input[0] = "norm"
    # The operation above was removed in version 9.
    definition.versions.producer = 8
    return definition


def constants(definition) -> dict[str, np.ndarray]:
    return {
        node.name: tf.make_ndarray(node.attr["value"].tensor)
        for node in definition.node
        if node.op == "Const"
    }


@pytest.fixture
def graph_file(tmp_path) -> str:
    path = tmp_path / "graph.pb"
    path.write_bytes(stand_in_graph().SerializeToString())
    return str(path)


@pytest.fixture
def known(graph_file, monkeypatch) -> str:
    """The stand-in, passed off as the file whose hash is known."""
    pinned = dataclasses.replace(
        inception.FID_GRAPH, name="graph.pb", digest=file_digest(graph_file)
    )
    monkeypatch.setattr(inception, "FID_GRAPH", pinned)
    return graph_file


def twin(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The stand-in again, from TensorFlow 2 operations."""
    values = constants(stand_in_graph())
    pixels = np.repeat(images.astype(np.float32), 3, axis=-1)
    size = images.shape[1]
    place = np.arange(299) * (size / 299)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, size - 1)
    part = (place - low)[:, None]
    rows = pixels[:, low] * (1 - part[:, None]) + pixels[:, high] * part[:, None]
    resized = rows[:, :, low] * (1 - part) + rows[:, :, high] * part
    kernel = next(v for v in values.values() if v.ndim == 4)
    x = tf.nn.conv2d((resized - 128) / 128, kernel, 37, "SAME").numpy()
    x = (x - values["mean"]) / np.sqrt(values["variance"] + 0.001) + values["beta"]
    features = x.mean(axis=(1, 2))
    weights = next(v for v in values.values() if v.shape == (FEATURES, CLASSES))
    return features, features @ weights


def test_runs_batches_through_a_graph_made_for_one_image(known, dataset):
    config = EvaluationConfig(extractor=f"fid_inception:{known}", batch_size=4)
    extractor = make_extractor(config, dataset)
    images = dataset.test.images[:6]
    features, logits = extractor.extract(images)
    expected_features, expected_logits = twin(images)
    np.testing.assert_allclose(features, expected_features, atol=2e-4)
    np.testing.assert_allclose(logits, expected_logits, atol=1e-3)


def test_only_the_known_file_is_called_fid(known, tmp_path):
    extractor = inception.FidInception(known, 4)
    assert extractor.is_fid and extractor.name == "fid_inception"
    described = extractor.describe()
    assert described["hash_known"] and described["digest"] == file_digest(known)
    assert described["resize"] == "tf1_bilinear_299"
    other = tmp_path / "other.pb"
    other.write_bytes(stand_in_graph(seed=1).SerializeToString())
    with pytest.warns(UserWarning, match="not the known FID Inception graph"):
        unknown = inception.FidInception(str(other), 4)
    assert not unknown.is_fid and unknown.name == "unverified_inception"
    assert unknown.describe()["hash_known"] is False


class Hub(tf.Module):
    """A SavedModel with the outputs of TF-GAN's."""

    @tf.function(input_signature=[tf.TensorSpec([None, 299, 299, 3], tf.float32)])
    def serve(self, images):
        pooled = tf.reduce_mean(images, [1, 2])
        return {"pool_3": pooled, "logits": tf.tile(pooled, [1, 2])}


def test_a_saved_model_is_taken_too(tmp_path):
    path = str(tmp_path / "hub")
    module = Hub()
    tf.saved_model.save(module, path, signatures={"default": module.serve})
    with pytest.warns(UserWarning, match="not the known FID Inception graph"):
        extractor = inception.FidInception(path, 3)
    images = np.full((5, 8, 8, 1), 192, np.uint8)
    features, logits = extractor.extract(images)
    np.testing.assert_allclose(features, np.full((5, 3), 0.5), atol=1e-6)
    assert logits.shape == (5, 6)


@pytest.mark.filterwarnings("ignore:.*not the known FID")
def test_other_files_are_refused_in_one_line(tmp_path, dataset):
    text = tmp_path / "text.pb"
    text.write_text("this is no graph")
    foreign = tmp_path / "foreign.pb"
    with tf.Graph().as_default() as graph:
        tf.compat.v1.placeholder(tf.float32, name="x")
    foreign.write_bytes(graph.as_graph_def().SerializeToString())
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (text, foreign, folder):
        config = EvaluationConfig(extractor=f"fid_inception:{path}")
        with pytest.raises(ConfigError, match="no FID Inception graph") as caught:
            make_extractor(config, dataset)
        assert "\n" not in str(caught.value) and str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "remote"),
    [("fid_inception", "FID_GRAPH"), ("keras_inception", "KERAS_WEIGHTS")],
)
def test_without_a_network_one_line_says_what_to_fetch(
    name, remote, tmp_path, dataset, monkeypatch
):
    nowhere = dataclasses.replace(
        getattr(inception, remote), url="http://127.0.0.1:9/archive.tgz"
    )
    monkeypatch.setattr(inception, remote, nowhere)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no keras"))
    config = EvaluationConfig(extractor=name, cache_dir=str(tmp_path))
    with pytest.raises(DataError) as caught:
        make_extractor(config, dataset)
    text = str(caught.value)
    assert text.startswith(f"evaluation.extractor={name} could not be downloaded")
    assert f"put {nowhere.name} into {tmp_path}" in text and "\n" not in text


@pytest.mark.slow
def test_keras_inception_is_named_so(tmp_path):
    network = keras.applications.InceptionV3(weights=None, classifier_activation=None)
    path = str(tmp_path / "inception.weights.h5")
    network.save_weights(path)
    extractor = inception.KerasInception(path, 2)
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 1), np.uint8)
    features, logits = extractor.extract(images)
    assert features.shape == (3, 2048) and logits.shape == (3, 1000)
    assert extractor.name == "keras_inception" and not extractor.is_fid
    pixels = inception.resize(np.repeat(images, 3, axis=-1), 299, "clean")
    expected = network(pixels / 127.5 - 1, training=False)
    np.testing.assert_allclose(logits, expected, atol=1e-4)
