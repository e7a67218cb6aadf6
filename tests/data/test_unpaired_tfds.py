"""TensorFlow Datasets with two domains: prepared on the spot, cached at full size."""

import re

import numpy as np
import pytest

from tfgan_contra.data import load_unpaired
from tfgan_contra.data import unpaired_tfds as source_module
from tfgan_contra.data.configs import TranslationDataConfig
from tfgan_contra.errors import DataError

tfds = pytest.importorskip("tensorflow_datasets")


class ContraPairs(tfds.core.GeneratorBasedBuilder):
    """As cycle_gan: an image of any size and the name of its domain, four splits."""

    VERSION = tfds.core.Version("1.0.0")
    SPLITS = {"trainA": 4, "trainB": 3, "testA": 2, "testB": 1}
    CHANNELS = 3
    HEIGHT = 40

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(None, None, self.CHANNELS)),
            "label": tfds.features.ClassLabel(names=["A", "B"]),
        }
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features)
        )

    def _split_generators(self, dl_manager):
        return {name: self._generate_examples(name) for name in self.SPLITS}

    def _generate_examples(self, split):
        for number in range(self.SPLITS[split]):
            shape = (self.HEIGHT, 50 + number, self.CHANNELS)
            pixels = np.full(shape, number + 10 * len(split), np.uint8)
            yield number, {"image": pixels, "label": split[-1]}


class ContraGrayPairs(ContraPairs):
    """The same in gray."""

    CHANNELS = 1


class ContraFlatPairs(ContraPairs):
    """Pictures of seven rows."""

    HEIGHT = 7


class ContraOneDomain(ContraPairs):
    """No second domain."""

    SPLITS = {"trainA": 2}


@pytest.fixture(autouse=True)
def no_user_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user_cache"))


def config_for(name, root, **fields):
    return TranslationDataConfig(
        source=f"tfds:{name}", data_dir=str(root), image_size=32, load_size=36, **fields
    )


def error_of(config) -> str:
    with pytest.raises(DataError) as error:
        load_unpaired(config)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_pictures_keep_their_sizes_and_are_decoded_once(tmp_path, monkeypatch):
    load_unpaired(config_for("contra_pairs", tmp_path, download=True))
    monkeypatch.setattr(source_module, "_pictures", None)
    dataset = load_unpaired(config_for("contra_pairs", tmp_path))
    assert dataset.spec.input_shape == (32, 32, 3)
    train, test = dataset.train, dataset.test
    sizes = [len(source) for source in (train.a, train.b, test.a, test.b)]
    assert sizes == [4, 3, 2, 1]
    pictures = [train.a.picture(index) for index in range(4)]
    for picture in pictures:
        number = picture[0, 0, 0] - 60
        assert picture.shape == (40, 50 + number, 3)
        assert (picture == 60 + number).all()
    assert sorted(picture.shape[1] for picture in pictures) == [50, 51, 52, 53]
    assert test.b.picture(0)[0, 0].tolist() == [50, 50, 50]
    caches = {p.name for p in (tmp_path / "tfgan_contra_cache").iterdir()}
    assert len(caches) == 4
    assert any(name.startswith("contra_pairs-1.0.0-testB-1-") for name in caches)


def test_gray_stays_gray_unless_asked(tmp_path):
    dataset = load_unpaired(config_for("contra_gray_pairs", tmp_path, download=True))
    assert (dataset.spec.channels_in, dataset.spec.channels_out) == (1, 1)
    colour = load_unpaired(config_for("contra_gray_pairs", tmp_path, channels_out=3))
    assert colour.train.a.picture(0).shape[-1] == 1
    assert colour.train.b.picture(0).shape[-1] == 3


def test_tiny_pictures(tmp_path):
    message = error_of(config_for("contra_flat_pairs", tmp_path, download=True))
    assert re.fullmatch(
        "image 0 of trainA in tfds:contra_flat_pairs is 5[0-3]x7 pixels, fewer than 8"
        " a side; enlarge or remove it",
        message,
    )


def test_sets_without_two_domains(tmp_path):
    message = error_of(config_for("contra_one_domain", tmp_path, download=True))
    assert message == (
        "tfds:contra_one_domain has no two domains; it needs the splits trainA, trainB,"
        " testA, testB. Found: trainA"
    )


def test_unprepared_set_names_the_offline_sources(tmp_path):
    message = error_of(config_for("cycle_gan/horse2zebra", tmp_path))
    assert message == (
        f"tfds:cycle_gan/horse2zebra is not prepared in {tmp_path}; prepare it with"
        " --config.data.download=true, or run `tfds build cycle_gan/horse2zebra`"
        " elsewhere and copy it there (--config.data.data_dir names another folder);"
        " without a network use bundled:digit_styles or unpaired:<folderA>,<folderB>"
    )


def test_mocked_cycle_gan(tmp_path):
    """The real metadata of cycle_gan/horse2zebra, with TFDS's own random images."""
    folder = tmp_path / "cycle_gan" / "horse2zebra" / "3.0.0"
    builder = tfds.builder("cycle_gan/horse2zebra", data_dir=tmp_path)
    splits = []
    for name in ("trainA", "trainB", "testA", "testB"):
        template = tfds.core.ShardedFileTemplate(
            folder, dataset_name="cycle_gan", split=name, filetype_suffix="tfrecord"
        )
        splits.append(tfds.core.SplitInfo(name, [3], 1, template))
    folder.mkdir(parents=True)
    builder.info.set_splits(tfds.core.SplitDict(splits))
    builder.info.write_to_directory(folder)
    with tfds.testing.mock_data(num_examples=3, data_dir=str(tmp_path)):
        dataset = load_unpaired(config_for("cycle_gan/horse2zebra", tmp_path))
    assert len(dataset.train.a) == len(dataset.test.b) == 3
    assert dataset.train.a.picture(0).shape[-1] == 3
