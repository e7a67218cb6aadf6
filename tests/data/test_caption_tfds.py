"""TensorFlow Datasets with captions: prepared on the spot, cached with their text."""

import numpy as np
import pytest

from tfgan_contra.data import CaptionDataConfig, load_captioned
from tfgan_contra.data import caption_tfds as source_module
from tfgan_contra.errors import DataError

tfds = pytest.importorskip("tensorflow_datasets")


class ContraCaptions(tfds.core.GeneratorBasedBuilder):
    """As coco_captions: images of any size, captions with numbers, four splits."""

    VERSION = tfds.core.Version("1.0.0")
    SPLITS = {"train": 5, "val": 2, "test": 1, "restval": 3}

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(encoding_format="png"),
                    "captions": self.captions_feature(),
                }
            ),
        )

    def captions_feature(self):
        return tfds.features.Sequence({"text": np.str_, "id": np.int64})

    def _split_generators(self, dl_manager):
        return {name: self._generate_examples(name) for name in self.SPLITS}

    def _generate_examples(self, split):
        for number in range(self.SPLITS[split]):
            pixels = np.full((40 + number, 70, 3), 10 * len(split) + number, np.uint8)
            texts = self.texts(split, number)
            yield number, {"image": pixels, "captions": texts}

    def texts(self, split, number):
        value = 10 * len(split) + number
        texts = [f" value  {value}\n"] + [f"{split} {i}" for i in range(number % 3)]
        return [{"text": text, "id": i} for i, text in enumerate(texts)]


class ContraPlainCaptions(ContraCaptions):
    """Captions that are texts alone, and no other split."""

    SPLITS = {"train": 10}

    def captions_feature(self):
        return tfds.features.Sequence(tfds.features.Text())

    def texts(self, split, number):
        return [f"value {50 + number}", " "]


class ContraSilent(ContraCaptions):
    """An image has only an empty caption."""

    def texts(self, split, number):
        return [{"text": "", "id": 0}]


class ContraUncaptioned(ContraCaptions):
    """No captions."""

    def _info(self):
        features = {"image": tfds.features.Image(), "text": tfds.features.Text()}
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features)
        )

    def _generate_examples(self, split):
        yield 0, {"image": np.zeros((40, 40, 3), np.uint8), "text": "x"}


@pytest.fixture(autouse=True)
def no_user_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user_cache"))


def config_for(name, root, **fields):
    return CaptionDataConfig(f"tfds:{name}", data_dir=str(root), **fields)


def error_of(config) -> str:
    with pytest.raises(DataError) as error:
        load_captioned(config)
    assert "\n" not in str(error.value)
    return str(error.value)


def values(images) -> list[int]:
    """Returns the values of all images, after checking their captions."""
    pixels = images.load(np.arange(len(images)))
    assert (pixels == pixels[:, :1, :1, :1]).all()
    found = pixels[:, 0, 0, 0].tolist()
    assert [texts[0] for texts in images.captions] == [f"value {v}" for v in found]
    return found


def test_images_and_captions_are_read_once(tmp_path, monkeypatch):
    load_captioned(config_for("contra_captions", tmp_path, download=True))
    monkeypatch.setattr(source_module, "_examples", None)
    dataset = load_captioned(config_for("contra_captions", tmp_path))
    assert dataset.spec.image_shape == (32, 32, 3) and dataset.held_out is None
    assert sorted(values(dataset.train)) == [50, 51, 52, 53, 54]
    assert sorted(values(dataset.test)) == [30, 31, 40, 70, 71, 72]
    counts = dict(zip(values(dataset.train), dataset.train.caption_counts, strict=True))
    assert counts == {50: 1, 51: 2, 52: 3, 53: 1, 54: 2}
    assert dataset.report == [
        "5 training images with 9 captions (7 different) of 2 to 2 words"
    ]


def test_damaged_cache(tmp_path):
    load_captioned(config_for("contra_captions", tmp_path, download=True))
    for text in (None, "[[", "[]"):
        for file in tmp_path.glob("tfgan_contra_cache/*train*/captions.json"):
            file.unlink() if text is None else file.write_text(text)
        message = error_of(config_for("contra_captions", tmp_path))
        assert message.startswith("the image cache ")
        assert message.endswith(" is damaged; delete it and run again")
        if text is None:
            file.touch()


def test_plain_captions_and_a_held_out_tenth(tmp_path):
    config = config_for("contra_plain_captions", tmp_path, download=True, channels=1)
    dataset = load_captioned(config)
    assert dataset.spec.channels == 1
    assert sorted(values(dataset.train) + values(dataset.test)) == list(range(50, 60))
    assert len(dataset.test) == 1 and dataset.train.caption_counts.max() == 1
    assert dataset.report[0] == (
        "tfds:contra_plain_captions has no test split; held out 1 images of train"
    )


def test_image_without_a_caption(tmp_path):
    message = error_of(config_for("contra_silent", tmp_path, download=True))
    assert message == "image 0 of train in tfds:contra_silent has no caption"


def test_sets_without_captions(tmp_path):
    message = error_of(config_for("contra_uncaptioned", tmp_path, download=True))
    assert message == (
        "tfds:contra_uncaptioned is no captioned set; it needs the features 'image' and"
        " 'captions'. Found: image, text"
    )


def test_unprepared_coco_names_the_offline_sources(tmp_path):
    assert error_of(config_for("coco_captions", tmp_path)) == (
        f"tfds:coco_captions is not prepared in {tmp_path}; prepare it with"
        " --config.data.download=true, or run `tfds build coco_captions` elsewhere and"
        " copy it there (--config.data.data_dir names another folder); without a"
        " network use bundled:shapes or captions:<folder>"
    )
