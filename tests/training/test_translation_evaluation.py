"""Translations against the target domain: what is measured, and how it is called."""

import json

import numpy as np
import pytest

from tfgan_contra.config import Config, EvaluationConfig
from tfgan_contra.data import load_unpaired
from tfgan_contra.data.configs import SingleImageDataConfig, TranslationDataConfig
from tfgan_contra.data.digit_styles import painted
from tfgan_contra.data.pictures import MemoryPictures
from tfgan_contra.data.unpaired import Domains, UnpairedDataset
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.training.translation_evaluation import (
    TranslationEvaluation,
    TranslatorScores,
    fitting_nearest_k,
    in_parts,
    style_errors,
)
from tfgan_contra.types import TranslationSpec


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return str(tmp_path_factory.mktemp("cache"))


def config_with(data, cache, **changes):
    protocol = {"cache_dir": cache, "num_images": 60, "batch_size": 25}
    return Config(data=data, evaluation=EvaluationConfig(**(protocol | changes)))


@pytest.fixture(scope="module")
def digits(cache):
    """The evaluation of translations of plain into painted digits."""
    data = TranslationDataConfig(image_size=32, load_size=32)
    return TranslationEvaluation(
        config_with(data, cache, num_images=100), load_unpaired(data)
    )


def paint(images):
    """The perfect translation."""
    return painted(images[..., 0])


def test_a_perfect_translation_scores_well(digits):
    result = digits.measure(paint, seed=3)
    metrics, protocol = result["metrics"], result["protocol"]
    assert digits.headline.name == "frechet_classifier"
    assert metrics["conditional_accuracy"] > 0.9
    assert min(result["per_class"].values()) > 0.5
    assert set(result["per_class"]) >= {"zero", "nine"}
    assert metrics["style_color_error"] < 0.002
    assert metrics["style_shadow_error"] < 0.003
    assert metrics["style_stroke_error"] < 0.002
    expected = {
        "task": "translation",
        "domains": ["plain digits", "painted digits"],
        "n_real": 148,
        "n_fake": 100,
        "reference_split": "test",
        "labels": "given",
        "seed": 3,
        "channels": 3,
    }
    assert {name: protocol[name] for name in expected} == expected
    assert "resized to 32x32, aspect not kept" in protocol["preparation"]
    assert json.loads(json.dumps(result)) == result


def test_worse_translations_score_worse(digits):
    perfect = digits.measure(paint)["metrics"]
    untouched = digits.measure(lambda images: images)["metrics"]
    assert untouched["frechet_classifier"] > 10 * perfect["frechet_classifier"]
    assert untouched["style_color_error"] > 0.3
    upside_down = digits.measure(lambda images: paint(images[:, ::-1]))["metrics"]
    assert upside_down["style_color_error"] < 0.002
    assert upside_down["style_stroke_error"] > 0.05
    collapsed = digits.measure(lambda images: paint(images[:1])[[0] * len(images)])
    assert collapsed["metrics"]["conditional_accuracy"] < 0.6
    assert collapsed["metrics"]["recall"] < 0.2


def test_style_errors_tell_content_from_style():
    strokes = np.zeros((2, 32, 32), np.uint8)
    strokes[:, 8:12, 4:20] = 255
    plain = strokes[..., None].repeat(3, axis=-1)
    errors = style_errors(plain, painted(strokes))
    assert all(values.shape == (2,) for values in errors.values())
    assert errors["style_stroke_error"].max() < 0.003
    empty = style_errors(plain, painted(np.zeros_like(strokes)))
    assert empty["style_color_error"].max() < 0.002
    ink = (strokes > 0).mean()
    assert empty["style_stroke_error"][0] == pytest.approx(ink, abs=1e-3)


def toy(channels_in, channels_out, count=12):
    """Dark noise as domain A, light noise as domain B, without labels."""

    def pictures(level, channels, seed, count):
        random = np.random.default_rng(seed)
        shape = (count, 40, 48, channels)
        arrays = random.integers(level, level + 60, shape).astype(np.uint8)
        return MemoryPictures(list(arrays), [f"{i}.png" for i in range(count)])

    def domains(seed, count):
        return Domains(
            pictures(20, channels_in, seed, count),
            pictures(150, channels_out, seed + 1, count),
        )

    spec = TranslationSpec(32, channels_in, channels_out, ("dark", "light"))
    return UnpairedDataset(spec, domains(0, 64), domains(5, count))


DATA = TranslationDataConfig(source="unpaired:dark,light", image_size=32, load_size=36)


@pytest.mark.parametrize(("channels_in", "channels_out"), [(1, 3), (4, 1), (3, 4)])
def test_domains_without_labels_are_told_apart(cache, channels_in, channels_out):
    dataset = toy(channels_in, channels_out)
    evaluation = TranslationEvaluation(config_with(DATA, cache), dataset)
    seen = []

    def lighter(images):
        seen.append(images)
        light = (images[..., :1].astype(int) + 130).astype(np.uint8)
        return light.repeat(channels_out, axis=-1)

    def darker(images):
        return images[..., :1].repeat(channels_out, axis=-1)

    result = evaluation.measure(lighter)
    name = "frechet_domain_classifier"
    assert evaluation.headline.name == name
    assert result["metrics"]["taken_for_target"] == 1.0
    assert result["protocol"]["extractor"] == "domain_classifier"
    assert result["protocol"]["channels"] == min(channels_out, 3)
    assert result["protocol"]["labels"] == "none" and result["per_class"] == {}
    shown = np.concatenate(seen)
    assert shown.shape == (12, 32, 32, channels_in)
    wrong = evaluation.measure(darker)["metrics"]
    assert wrong["taken_for_target"] == 0.0
    assert wrong[name] > 10 * result["metrics"][name]
    assert not [key for key in wrong if "style" in key or "inception" in key]


def test_single_pictures_are_measured_by_their_crops(cache):
    random = np.random.default_rng(0)
    a = MemoryPictures([random.integers(0, 90, (64, 80, 3), np.uint8)], ["a.jpg"])
    b = MemoryPictures([random.integers(150, 256, (70, 64, 3), np.uint8)], ["b.jpg"])
    domains = Domains(a, b)
    dataset = UnpairedDataset(TranslationSpec(32, 3, 3), domains, domains)
    data = SingleImageDataConfig(source="single:a.jpg,b.jpg", image_size=32)
    evaluation = TranslationEvaluation(config_with(data, cache), dataset)
    result = evaluation.measure(lambda images: 255 - images)
    assert result["protocol"]["n_fake"] == 60 and result["protocol"]["n_real"] == 200
    assert "fixed random crops of 32x32" in result["protocol"]["preparation"]
    assert result["protocol"]["notes"] == [
        "fewer images than features: the Frechet distance is biased"
    ]
    assert result["metrics"]["taken_for_target"] == 1.0
    assert evaluation.measure(lambda images: 255 - images) == result


def test_few_pictures_are_measured_by_fewer_neighbours(cache):
    evaluation = TranslationEvaluation(config_with(DATA, cache), toy(3, 3, 2))
    result = evaluation.measure(lambda images: images // 2 + 100)
    assert result["protocol"]["nearest_k"] == 1
    assert (
        "nearest_k lowered from 5 to 1, for only 2 images of a domain are compared"
        in result["protocol"]["notes"]
    )
    assert np.isfinite(list(result["metrics"].values())).all()


@pytest.mark.parametrize(
    ("inputs", "references", "num_images", "expected"),
    [(12, 12, 60, 5), (6, 60, 60, 5), (60, 5, 60, 4), (60, 60, 4, 3), (2, 9, 60, 1)],
)
def test_neighbours_that_the_smaller_side_has(inputs, references, num_images, expected):
    protocol = EvaluationConfig(num_images=num_images)
    assert fitting_nearest_k(protocol, inputs, references) == expected


def test_a_single_picture_has_no_neighbour():
    protocol = EvaluationConfig(reference_split="train")
    with pytest.raises(ConfigError, match=r"domain A has 1 test picture.*source=sing"):
        fitting_nearest_k(protocol, 1, 9)
    with pytest.raises(ConfigError, match=r"train of domain B.*_split=test"):
        fitting_nearest_k(protocol, 9, 1)
    with pytest.raises(ConfigError, match=r"num_images must be 2 or more.*: 1"):
        fitting_nearest_k(EvaluationConfig(num_images=1), 9, 9)


def test_translations_of_another_size_are_refused(cache):
    evaluation = TranslationEvaluation(config_with(DATA, cache), toy(1, 3))
    with pytest.raises(DataError, match=r"must return uint8 \[12, 32, 32, 3\]"):
        evaluation.measure(lambda images: images[:, ::2].repeat(3, axis=-1))


def test_large_pictures_are_translated_few_at_a_time():
    sizes = []

    def half(images):
        sizes.append(len(images))
        return images // 2

    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones(
        (1, 512, 256, 1), np.uint8
    )
    np.testing.assert_array_equal(in_parts(half, images), images // 2)
    assert sizes == [2, 2, 1]


def test_a_training_run_measures_its_newest_weights(digits):
    class Training:
        updates = 0

        def update(self):
            self.updates += 1

        def __call__(self, images):
            return paint(images)

    translator = Training()
    scores = TranslatorScores(translator, digits)
    assert scores.headline == digits.headline
    assert scores.measure(3) == digits.measure(paint, seed=3)
    assert translator.updates == 1
