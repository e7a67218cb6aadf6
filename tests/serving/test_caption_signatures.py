"""What a served text-to-image model computes and refuses, from its export."""

import os

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import prediction_log_pb2

from tfgan_contra.errors import UserError
from tfgan_contra.row_noise import row_latents
from tfgan_contra.serving.base import to_uint8
from tfgan_contra.serving.caption_signatures import FeatureServing, can_be_served
from tfgan_contra.serving.signatures import serving_module
from tfgan_contra.serving.standalone.lint import INITIALIZER
from tfgan_contra.text import TextEncoder
from tfgan_contra.types import CaptionSpec

CAPTIONS = ("a red circle", "écu", "a purple square above a blue circle", "red")
SEEDS = np.array([5, -3, 2**60, 5], np.int64)
NO_WORD = r"captions must have a word or more\. Without one are the rows"
NO_TEXT = r"captions must be text in UTF-8\. Other bytes are in the rows"


def asked(model, signature, **inputs):
    """The outputs of a signature; the only one where there is no other."""
    outputs = model.run(signature, inputs)
    return next(iter(outputs.values())) if len(outputs) == 1 else outputs


def decoded(files):
    return [tf.io.decode_png(file).numpy() for file in files]


def generated(caption_model, truncation=None):
    """What the networks make of the captions outside any module."""
    features = caption_model.encoder.encode(CAPTIONS)
    latents = row_latents(SEEDS, 6, truncation)
    return caption_model.generator([latents, *features], training=False).numpy()


def encoded(caption_model):
    return caption_model.encoder.encode(CAPTIONS)._asdict()


def described(model):
    """Inputs, outputs and sizes of axis 0 of every signature, as the file has them."""
    saved_model = saved_model_pb2.SavedModel()
    with open(os.path.join(model.path, "saved_model.pb"), "rb") as file:
        saved_model.ParseFromString(file.read())
    found = {}
    for name, signature in saved_model.meta_graphs[0].signature_def.items():
        if name == INITIALIZER:
            continue
        sizes, sides = set(), []
        for side in (signature.inputs, signature.outputs):
            described = set()
            for key, info in side.items():
                first, *others = (axis.size for axis in info.tensor_shape.dim)
                described.add((key, tf.as_dtype(info.dtype).name, *others))
                sizes.add(first)
            sides.append(described)
        found[name] = (*sides, sizes)
    return found


def pictures_and_files(*text):
    """The signatures of pictures whose text is given by the inputs `text`."""
    seeds, truncation = ("seeds", "int64"), ("truncation", "float32")
    images = {("images", "uint8", 32, 32, 3)}
    floats = {("images", "float32", 32, 32, 3)}
    files = {("image_bytes", "string")}
    free = {-1}
    return {
        "serving_default": ({*text, seeds}, images, free),
        "latents": ({*text, ("latents", "float32", 6)}, floats, free),
        "png": ({*text, seeds}, files, free),
        "truncated": ({*text, seeds, truncation}, images, free),
        "truncated_png": ({*text, seeds, truncation}, files, free),
    }


def test_inputs_and_outputs_are_those_of_the_design(of_captions):
    caption = ("captions", "string")
    names = ("num_words", "num_unknown", "num_cut")
    counts = {(name, "int64") for name in names}
    assert described(of_captions) == pictures_and_files(caption) | {
        "check_captions": ({caption}, counts, {-1})
    }


def test_without_an_encoder_the_features_are_the_inputs(of_features):
    expected = pictures_and_files(
        ("words", "float32", 6, 8), ("lengths", "int32"), ("sentences", "float32", 8)
    )
    expected["features"] = expected["serving_default"]
    found = {
        name: {(s.name, s.dtype.name, *s.shape[1:]) for s in function.input_signature}
        for name, function in of_features.signatures.items()
    }
    assert found == {name: inputs for name, (inputs, _, _) in expected.items()}


def test_pictures_are_the_networks(of_captions, of_features, caption_model):
    expected = generated(caption_model)
    assert expected.std() > 0.1  # or a difference would not show
    levels = to_uint8(expected).numpy().astype(int)
    request = {"captions": CAPTIONS, "seeds": SEEDS}
    made = asked(of_captions, "serving_default", **request)
    np.testing.assert_allclose(made, levels, atol=1)
    files = asked(of_captions, "png", **request)
    np.testing.assert_allclose(decoded(files), levels, atol=1)
    latents = row_latents(SEEDS, 6)
    floats = asked(of_captions, "latents", latents=latents, captions=CAPTIONS)
    np.testing.assert_allclose(floats, expected, atol=1e-5)
    made = asked(of_features, "features", **encoded(caption_model), seeds=SEEDS)
    np.testing.assert_allclose(made, levels, atol=1)


def test_truncation_is_that_of_the_latents(of_captions, of_features, caption_model):
    kept = np.array([0.3, 1.0, 0.9, 0.5], np.float32)
    levels = to_uint8(generated(caption_model, kept)).numpy().astype(int)
    numbers = {"seeds": SEEDS, "truncation": kept}
    made = asked(of_captions, "truncated", captions=CAPTIONS, **numbers)
    np.testing.assert_allclose(made, levels, atol=1)
    features = encoded(caption_model)
    files = asked(of_features, "truncated_png", **features, **numbers)
    np.testing.assert_allclose(decoded(files), levels, atol=1)


def test_a_picture_depends_on_caption_and_seed_alone(of_captions):
    request = {"captions": CAPTIONS, "seeds": SEEDS}
    together = asked(of_captions, "serving_default", **request).astype(int)
    for row in range(len(CAPTIONS)):
        own = {name: values[row : row + 1] for name, values in request.items()}
        alone = asked(of_captions, "serving_default", **own)
        np.testing.assert_allclose(alone[0], together[row], atol=1)
    request["captions"] = CAPTIONS[1:] + CAPTIONS[:1]
    others = asked(of_captions, "serving_default", **request)
    assert np.abs(others - together).max(axis=(1, 2, 3)).min() > 1


def test_spelling_is_read_as_the_tokenizer_does(of_captions):
    same = ["its a red circle", "IT'S,  a\nRED circle!", "It\u2019s-a/red_circle"]
    texts = [*same, "a red tree", "a red q"]
    zeros = np.zeros(len(texts), np.int64)
    images = asked(of_captions, "serving_default", captions=texts, seeds=zeros)
    first, unknown = images[0].astype(int), images[3].astype(int)
    np.testing.assert_allclose(images[1], first, atol=1)
    np.testing.assert_allclose(images[2], first, atol=1)
    np.testing.assert_allclose(images[4], unknown, atol=1)
    assert np.abs(unknown - first).max() > 1


def test_counts_of_words(of_captions):
    captions = [*CAPTIONS, "", "?!", "two-tone it's  A.", "a " * 9 + "tree tree"]
    counts = asked(of_captions, "check_captions", captions=captions)
    names = ("num_words", "num_unknown", "num_cut")
    assert np.stack([counts[name] for name in names], axis=1).tolist() == [
        [3, 0, 0],
        [1, 0, 0],
        [7, 1, 1],
        [1, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
        [4, 2, 0],
        [11, 2, 5],
    ]
    none = asked(of_captions, "check_captions", captions=np.array([], object))
    assert [none[name].shape for name in names] == [(0,)] * 3


ONE_LATENT = np.zeros((1, 6), np.float32)


@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("serving_default", {"captions": ["a", ""], "seeds": [0, 0]}, NO_WORD),
        ("png", {"captions": ["?!", "a"], "seeds": [0, 0]}, NO_WORD),
        ("latents", {"latents": ONE_LATENT, "captions": ["\u2014"]}, NO_WORD),
        ("serving_default", {"captions": ["a", b"\xff a"], "seeds": [0, 0]}, NO_TEXT),
        ("check_captions", {"captions": [b"a \xc3"]}, NO_TEXT),
        ("serving_default", {"captions": ["a"], "seeds": [0, 1]}, "captions must have"),
        (
            "truncated",
            {"captions": ["a"], "seeds": [0], "truncation": [0.0]},
            "truncation must be above 0",
        ),
        (
            "truncated_png",
            {"captions": ["a"], "seeds": [0], "truncation": [1.0, 1.0]},
            "truncation must have as many rows",
        ),
    ],
)
def test_wrong_captions_are_refused(of_captions, name, inputs, message):
    types = {"captions": object, "seeds": np.int64}
    inputs = {key: np.array(v, types.get(key, np.float32)) for key, v in inputs.items()}
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        of_captions.run(name, inputs)


@pytest.mark.parametrize("text", ["\ufeffa", "a\x00\x07", "\uffff a", "\U0010ffff a"])
def test_all_of_unicode_is_text(of_captions, text):
    counts = asked(of_captions, "check_captions", captions=[text])
    assert counts["num_words"].tolist() == [1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lengths": [0, 1]}, "lengths must be from 1 to 6. Received:"),
        ({"lengths": [7, 1]}, "lengths must be from 1 to 6. Received:"),
        ({"lengths": [1]}, "lengths must have as many rows"),
        ({"words": np.full((2, 6, 8), np.nan)}, "words must be finite"),
        ({"words": np.zeros((1, 6, 8))}, "words must have as many rows"),
        ({"sentences": np.full((2, 8), np.inf)}, "sentences must be finite"),
    ],
)
def test_wrong_features_are_refused(of_features, changes, message):
    valid = {
        "words": np.zeros((2, 6, 8)),
        "lengths": [1, 6],
        "sentences": np.zeros((2, 8)),
    }
    inputs = {name: np.array(v, np.float32) for name, v in (valid | changes).items()}
    inputs["lengths"] = inputs["lengths"].astype(np.int32)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        of_features.run("features", inputs | {"seeds": np.zeros(2, np.int64)})


class OutsideEncoder(TextEncoder):
    """One that no graph can hold, as BERT's."""

    def embed(self, captions):
        """Is not called."""

    def count(self, caption):
        """Is not called."""

    def knows(self, word):
        """Is not called."""


def test_an_encoder_that_no_graph_holds_stays_outside(caption_model):
    generator, encoder, spec = caption_model
    outside = OutsideEncoder(8, 6, "masked_mean")
    assert can_be_served(encoder)
    assert not can_be_served(outside) and not can_be_served(None)
    module = serving_module(generator, spec, text_encoder=outside)
    assert isinstance(module, FeatureServing)


def test_parts_that_do_not_fit_are_refused(caption_model):
    generator, encoder, _ = caption_model
    with pytest.raises(UserError, match="takes word vectors of length 8 .* have 9"):
        serving_module(generator, CaptionSpec(32, 3, 9, 6), text_encoder=encoder)
    with pytest.raises(UserError, match="makes 6 vectors of length 8 .* with 7 of 8"):
        serving_module(generator, CaptionSpec(32, 3, 8, 7), text_encoder=encoder)
    module = serving_module(generator, CaptionSpec(64, 3, 8, 6), text_encoder=encoder)
    with pytest.raises(UserError, match="makes images .*32, 32, 3.* but its data are"):
        module.signatures()["latents"].get_concrete_function()


def test_facts_and_card_of_an_export(of_captions):
    known = of_captions.known
    assert known["kind"] == "text_to_image" and known["reads_captions"]
    assert (known["vocabulary_size"], known["max_words"]) == (8, 6)
    assert known["example_captions"] == [
        "a red blue circle square",
        "red blue circle square above",
        "blue circle square above its",
        "circle square above its écu",
    ]
    card = of_captions.read("model_card.md")
    for text in (
        "- kind: text-to-image generator",
        "the model knows 8 words and reads the first 6 of a caption",
        "- weights: training step 5, moving BatchNorm statistics",
        "| `png` | in | `captions` | string | [N] | UTF-8 text with a word or more",
        "| `check_captions` | out | `num_unknown` | int64 | [N] | words that",
        "the same seed and caption\n",
        'curl -d \'{"instances": [{"captions": "a red blue circle square", "seeds": 0}',
        "export/request.py --model_name=xmcgan --caption='a red blue circle square'",
    ):
        assert text in card, text


@pytest.mark.slow
def test_card_without_an_encoder(feature_dir):
    with open(os.path.join(feature_dir, "1/assets.extra/model_card.md")) as file:
        card = file.read()
    for text in (
        "- takes the features of captions, 6 vectors of 8 each",
        "| `features` | in | `words` | float32 | [N, 6, 8] | the text encoder's",
        "| `features` | in | `lengths` | int32 | [N] | 1 to 6, the places in use |",
    ):
        assert text in card, text
    assert "`captions`" not in card and "## Example" not in card


def test_warm_up_sends_captions(of_captions):
    folder = os.path.join(of_captions.path, "assets.extra")
    path = os.path.join(folder, "tf_serving_warmup_requests")
    rows = {}
    for record in tf.data.TFRecordDataset(path):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        texts = tf.make_ndarray(request.inputs["captions"])
        assert texts[0] == b"a red blue circle square"
        rows.setdefault(request.model_spec.signature_name, []).append(len(texts))
    names = ("serving_default", "latents", "png", "truncated", "truncated_png")
    assert rows == dict.fromkeys([*names, "check_captions"], [1, 8])
