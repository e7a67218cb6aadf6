"""TensorFlow Datasets: prepared, unprepared, downloaded, and sets of every shape."""

import sys
import time

import numpy as np
import pytest

from tfgan_contra.config import DataConfig
from tfgan_contra.data import caching, load
from tfgan_contra.data import tfds as tfds_source
from tfgan_contra.errors import DataError

tfds = pytest.importorskip("tensorflow_datasets")


def picture(label, number, height=32, width=32, channels=3):
    pixels = np.full((height, width, channels), 20 * (label % 20), np.uint8)
    pixels[..., -1] = np.arange(width) + number
    return pixels


class _Local(tfds.core.GeneratorBasedBuilder):
    """A data set made on the spot; subclasses say what is in it."""

    VERSION = tfds.core.Version("1.0.0")
    SHAPE = (32, 32, 3)
    CLASSES = ("ant", "bee", "cow")
    SPLITS = {"train": 30, "test": 9}

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=self.SHAPE),
            "label": tfds.features.ClassLabel(names=self.CLASSES),
        }
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features)
        )

    def _split_generators(self, dl_manager):
        return {name: self._generate_examples(name) for name in self.SPLITS}

    def _generate_examples(self, split):
        for number in range(self.SPLITS[split]):
            yield number, self.example(split, number)

    def example(self, split, number):
        height, width, channels = self.SHAPE
        pixels = picture(number % 3, number, height, width, channels)
        return {"image": pixels, "label": number % 3}


class ContraPlain(_Local):
    """32x32 in colour with a test split."""


class ContraGray(_Local):
    """28x28 in gray without a test split."""

    SHAPE = (28, 28, 1)
    SPLITS = {"train": 40}


class ContraWide(_Local):
    """Pictures of several sizes; test labels are hidden, validation's are not."""

    SHAPE = (None, None, 3)
    SPLITS = {"train": 6, "validation": 3, "test": 2}

    def example(self, split, number):
        pixels = picture(number % 3, number, 40 + number, 64)
        return {"image": pixels, "label": -1 if split == "test" else number % 3}


class ContraSmall(ContraWide):
    """One picture among larger ones is too small."""

    SPLITS = {"train": 4}

    def example(self, split, number):
        height = 20 if number == 2 else 40
        return {"image": picture(0, number, height, 64), "label": 0}


class ContraUnlabelled(_Local):
    """A label is out of range in the training images."""

    def example(self, split, number):
        return super().example(split, number) | {"label": -1}


class ContraNoLabels(_Local):
    """No classification set."""

    def _info(self):
        features = {"image": tfds.features.Image(), "text": tfds.features.Text()}
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features)
        )

    def example(self, split, number):
        return {"image": picture(0, number), "text": "x"}


class ContraDeep(_Local):
    """16-bit images."""

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(32, 32, 1), dtype=np.uint16),
            "label": tfds.features.ClassLabel(num_classes=2),
        }
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features)
        )

    def example(self, split, number):
        return {"image": np.zeros((32, 32, 1), np.uint16), "label": 0}


class ContraTwoNames(_Local):
    """No split is called train."""

    SPLITS = {"one": 2, "two": 2}


class ContraRemote(_Local):
    """Its archive lies on a host that refuses connections."""

    url_infos = {"http://127.0.0.1:9/archive.zip": None}


@pytest.fixture(autouse=True)
def no_user_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user_cache"))


def config_for(name, root, **fields) -> DataConfig:
    return DataConfig(source=f"tfds:{name}", data_dir=str(root), **fields)


def load_prepared(name, root, **fields):
    return load(config_for(name, root, download=True, **fields))


def error_of(config) -> str:
    with pytest.raises(DataError) as error:
        load(config)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_prepared_set_is_cached_and_read_again_without_decoding(tmp_path, monkeypatch):
    load_prepared("contra_plain", tmp_path)
    monkeypatch.setattr(tfds_source, "_examples", None)
    dataset = load(config_for("contra_plain", tmp_path))
    assert dataset.spec.class_names == ("ant", "bee", "cow")
    assert dataset.spec.image_shape == (32, 32, 3)
    assert len(dataset.train) == 30 and len(dataset.test) == 9
    assert dataset.train.labels.dtype == np.int32 and dataset.report == []
    images = dataset.train.load(np.arange(30))
    assert (images[:, 0, 0, 0] == 20 * dataset.train.labels).all()
    assert sorted(images[:, 0, 0, 2]) == list(range(30))
    caches = sorted(p.name for p in (tmp_path / "tfgan_contra_cache").iterdir())
    assert len(caches) == 2
    assert caches[0].startswith("contra_plain-1.0.0-test-9-")
    assert caches[0].endswith("-32x32x3-center")


def test_other_settings_are_cached_apart(tmp_path):
    load_prepared("contra_plain", tmp_path)
    gray = load(config_for("contra_plain", tmp_path, channels=1))
    assert gray.train.load(np.array([0])).shape == (1, 32, 32, 1)
    assert len(list((tmp_path / "tfgan_contra_cache").iterdir())) == 4


def test_small_gray_set_is_enlarged_and_a_tenth_held_out(tmp_path):
    dataset = load_prepared("contra_gray", tmp_path)
    assert dataset.spec.image_shape == (32, 32, 1)
    assert np.bincount(dataset.test.labels).tolist() == [1, 1, 1]
    assert len(dataset.train) == 37
    assert dataset.train.load(np.arange(37)).shape == (37, 32, 32, 1)
    assert dataset.report == [
        "tfds:contra_gray: 28x28 images enlarged to 32x32",
        "tfds:contra_gray has no labelled test split; held out 3 images of train",
    ]
    message = error_of(config_for("contra_gray", tmp_path, image_size=64))
    assert "is 28x28 pixels, smaller than the crop of 64x64" in message


def test_hidden_test_labels_give_way_to_validation(tmp_path):
    dataset = load_prepared("contra_wide", tmp_path)
    assert sorted(dataset.test.labels) == [0, 1, 2]
    assert dataset.train.load(np.arange(6)).shape == (6, 32, 32, 3)


def test_random_crops_of_cached_images(tmp_path):
    dataset = load_prepared("contra_wide", tmp_path, crop="random")
    indices = np.zeros(2, int)
    left, right = dataset.train.load(indices, np.array([0.0, 0.999]))
    assert left.shape == (32, 32, 3)
    assert right[0, :, 2].mean() > left[0, :, 2].mean() + 5


def test_one_image_smaller_than_the_crop(tmp_path):
    message = error_of(config_for("contra_small", tmp_path, download=True))
    assert "of train in tfds:contra_small is 64x20 pixels, smaller than" in message
    assert not list((tmp_path / "tfgan_contra_cache").iterdir())


def test_label_out_of_range(tmp_path):
    message = error_of(config_for("contra_unlabelled", tmp_path, download=True))
    assert message == (
        "image 0 of train in tfds:contra_unlabelled has label -1, out of range 0 to 2"
    )


def test_sets_that_are_no_image_classification(tmp_path):
    message = error_of(config_for("contra_no_labels", tmp_path, download=True))
    assert message == (
        "tfds:contra_no_labels is no image classification set; it needs the features"
        " 'image' and 'label'. Found: image, text"
    )
    message = error_of(config_for("contra_deep", tmp_path, download=True))
    assert "stores uint16 images; only uint8" in message
    message = error_of(config_for("contra_two_names", tmp_path, download=True))
    assert message == "tfds:contra_two_names has no split 'train'. Found: one, two"


def test_unprepared_set_is_one_line_within_seconds(tmp_path):
    start = time.monotonic()
    message = error_of(config_for("cifar10", tmp_path))
    assert time.monotonic() - start < 5
    assert message == (
        f"tfds:cifar10 is not prepared in {tmp_path}; prepare it with"
        " --config.data.download=true, or run `tfds build cifar10` elsewhere and copy"
        " it there (--config.data.data_dir names another folder); without a network"
        " use bundled:digits or folder:<path>"
    )
    assert list(tmp_path.iterdir()) == []


def test_other_versions_on_disk_are_named(tmp_path):
    load_prepared("contra_plain", tmp_path)
    message = error_of(config_for("contra_plain:2.0.0", tmp_path))
    assert "(found there: contra_plain/1.0.0)" in message


def test_unknown_set_names_the_nearest(tmp_path):
    assert error_of(config_for("cifar1o", tmp_path)) == (
        "tfds:cifar1o: TensorFlow Datasets knows no 'cifar1o' (did you mean 'cifar10'?)"
        f" and {tmp_path} holds none; check the name or --config.data.data_dir"
    )


def test_default_folder_follows_the_environment(monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", "/data/sets")
    assert str(tfds_source.data_dir(DataConfig())) == "/data/sets"
    monkeypatch.delenv("TFDS_DATA_DIR")
    assert tfds_source.data_dir(DataConfig()).name == "tensorflow_datasets"


def test_missing_package_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    message = error_of(config_for("cifar10", tmp_path))
    assert message.endswith("pip install 'tfgan_contra[tfds]'")


def test_unreachable_host_fails_soon(tmp_path):
    message = error_of(config_for("contra_remote", tmp_path, download=True))
    assert message.startswith(
        f"tfds:contra_remote could not be downloaded to {tmp_path}:"
        " http://127.0.0.1:9/archive.zip cannot be reached ("
    )
    assert message.endswith(
        "run `tfds build contra_remote` on a machine with a network and copy the"
        " folder, or use bundled:digits or folder:<path>"
    )


def test_host_that_never_answers_fails_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(tfds_source, "_PROBE_SECONDS", 0.2)
    monkeypatch.setattr(
        tfds_source.urllib.request, "urlopen", lambda *a, **k: time.sleep(60)
    )
    start = time.monotonic()
    message = error_of(config_for("contra_remote", tmp_path, download=True))
    assert time.monotonic() - start < 10
    assert "no answer from http://127.0.0.1:9/archive.zip within 0.2 s" in message


def test_failing_preparation_is_one_line(tmp_path, monkeypatch):
    def fail(self, *arguments, **keywords):
        raise RuntimeError("checksum\nmismatch")

    monkeypatch.setattr(ContraPlain, "download_and_prepare", fail)
    message = error_of(config_for("contra_plain", tmp_path, download=True))
    assert (
        "could not be downloaded" in message and ": checksum mismatch; run" in message
    )


def test_damaged_records_are_one_line(tmp_path):
    builder = ContraPlain(data_dir=tmp_path)
    builder.download_and_prepare()
    (record,) = (tmp_path / "contra_plain" / "1.0.0").glob("*train.tfrecord*")
    content = bytearray(record.read_bytes())
    content[40] ^= 255
    record.write_bytes(bytes(content))
    message = error_of(config_for("contra_plain", tmp_path))
    assert message.startswith("cannot read train of tfds:contra_plain (")
    assert message.endswith("prepare the data set again")


def test_read_only_data_folder_falls_back_to_the_users_cache(tmp_path, monkeypatch):
    root = tmp_path / "shared"
    ContraPlain(data_dir=root).download_and_prepare()
    (root / "tfgan_contra_cache").write_text("a file: nothing can be made here")
    dataset = load(config_for("contra_plain", root))
    assert len(dataset.train) == 30
    assert len(list(caching.user_cache().iterdir())) == 2


def test_mocked_cifar10(tmp_path):
    """TFDS's own mock serves random images behind the real metadata."""
    folder = tmp_path / "cifar10" / "3.0.2"
    builder = tfds.builder("cifar10", data_dir=tmp_path)
    splits = []
    for name in ("train", "test"):
        template = tfds.core.ShardedFileTemplate(
            folder, dataset_name="cifar10", split=name, filetype_suffix="tfrecord"
        )
        splits.append(tfds.core.SplitInfo(name, [20], 1, template))
    folder.mkdir(parents=True)
    builder.info.set_splits(tfds.core.SplitDict(splits))
    builder.info.features["label"].names = ["airplane", *"bcdefghij"]
    builder.info.write_to_directory(folder)
    with tfds.testing.mock_data(num_examples=20, data_dir=str(tmp_path)):
        dataset = load(config_for("cifar10", tmp_path))
    assert dataset.spec.num_classes == 10 and dataset.spec.class_names[0] == "airplane"
    assert len(dataset.train) == len(dataset.test) == 20
    assert dataset.train.load(np.arange(20)).shape == (20, 32, 32, 3)
