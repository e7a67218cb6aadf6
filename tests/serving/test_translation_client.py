"""Picture files to a served translator and back, over both transports."""

import base64
import http.client
import io
import json
import os
import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_contra.errors import DataError, UsageError, UserError
from tfgan_contra.serving.client import GrpcClient, RestClient, request_pictures
from tfgan_contra.serving.translation_client import (
    bytes_to_send,
    request_translations,
)


@pytest.fixture(params=["rest", "grpc"])
def client(request, translator_server):
    if request.param == "rest":
        yield RestClient(f"127.0.0.1:{translator_server.rest_port}", "cut")
    else:
        opened = GrpcClient(f"127.0.0.1:{translator_server.grpc_port}", "cut")
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def served(translator_dir):
    """The pixels that the SavedModel itself makes of uint8 pixels `[H, W, 3]`."""
    model = tf.saved_model.load(os.path.join(translator_dir, "1"))

    def translated(pixels):
        images = tf.constant(np.asarray(pixels)[None])
        return model.signatures["serving_default"](images=images)["images"].numpy()[0]

    return translated


def picture(height, width, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def read(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image)


def asked(client, source, output):
    """Returns what is said of every picture, and the error at the end."""
    lines = []
    with pytest.raises(DataError) as error:
        lines.extend(request_translations(client, str(source), str(output)))
    return lines, str(error.value)


def test_a_folder_keeps_its_names(client, served, tmp_path):
    source, output = tmp_path / "photos", tmp_path / "made"
    (source / "more").mkdir(parents=True)
    pictures = {"a.png": picture(37, 50), "more/b.jpg": picture(32, 9, 1)}
    for name, image in pictures.items():
        image.save(source / name)
    (source / "broken.png").write_bytes(b"no picture")
    (source / "notes.txt").write_text("not sent")
    lines, error = asked(client, source, output)
    assert error == "1 of 3 pictures could not be translated (named above)"
    assert lines[0].startswith(f"left out: {source}/broken.png cannot be read")
    assert lines[1:] == [str(output / "a.png"), str(output / "more/b.png")]
    for name in pictures:
        with Image.open(source / name) as image:
            expected = served(image.convert("RGB"))
        made = read((output / name).with_suffix(".png"))
        np.testing.assert_allclose(made.astype(int), expected, atol=1)


def test_pixels_and_floats_over_both_transports(client, served):
    pixels = np.asarray(picture(37, 50))
    (made,) = client.predict("serving_default", {"images": pixels[None]}).values()
    np.testing.assert_array_equal(np.asarray(made)[0], served(pixels))
    floats = pixels[None].astype(np.float32) / 127.5 - 1.0
    (made,) = client.predict("translate", {"images": floats}).values()
    assert np.asarray(made).shape == (1, 37, 50, 3)


def test_half_a_thousand_pixels_a_side_fit_into_a_request(client, served):
    pixels = np.asarray(picture(512, 512))
    expected = served(pixels)
    (made,) = client.predict("serving_default", {"images": pixels[None]}).values()
    np.testing.assert_array_equal(np.asarray(made)[0], expected)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    (made,) = client.predict("png", {"image_bytes": [file.getvalue()]}).values()
    np.testing.assert_allclose(read(io.BytesIO(made[0])), expected, atol=1)


def test_rows_of_json(translator_server, served):
    pictures = [picture(37, 50), picture(8, 13, 1)]
    rows = []
    for image in pictures:
        file = io.BytesIO()
        image.save(file, "PNG")
        text = base64.b64encode(file.getvalue()).decode()
        rows.append({"image_bytes": {"b64": text}})
    connection = http.client.HTTPConnection("127.0.0.1", translator_server.rest_port)
    body = json.dumps({"signature_name": "png", "instances": rows})
    connection.request("POST", "/v1/models/cut:predict", body)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    for image, row in zip(pictures, answer["predictions"], strict=True):
        made = read(io.BytesIO(base64.b64decode(row["b64"])))
        np.testing.assert_allclose(made, served(image), atol=1)


def with_exif(path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture(20, 30).save(path, exif=exif)


def test_what_a_server_reads_is_sent_as_it_is(tmp_path):
    for name in ("a.png", "b.jpg"):
        picture(20, 30).save(tmp_path / name)
        assert bytes_to_send(tmp_path / name) == (tmp_path / name).read_bytes()
    with_exif(tmp_path / "upright.jpg", 1)
    assert bytes_to_send(tmp_path / "upright.jpg")[:3] == b"\xff\xd8\xff"


def test_turned_and_other_pictures_are_sent_as_png(tmp_path):
    with_exif(tmp_path / "turned.jpg", 6)
    assert read(io.BytesIO(bytes_to_send(tmp_path / "turned.jpg"))).shape == (30, 20, 3)
    picture(20, 30).save(tmp_path / "a.bmp")
    np.testing.assert_array_equal(
        read(io.BytesIO(bytes_to_send(tmp_path / "a.bmp"))), picture(20, 30)
    )
    picture(20, 30).convert("L").save(tmp_path / "gray.tiff")
    assert read(io.BytesIO(bytes_to_send(tmp_path / "gray.tiff"))).shape == (20, 30)
    picture(20, 30).convert("RGBA").save(tmp_path / "alpha.tiff")
    assert read(io.BytesIO(bytes_to_send(tmp_path / "alpha.tiff"))).shape == (20, 30, 4)


def test_a_wrong_input_is_one_line(client, tmp_path):
    output = str(tmp_path / "made")
    (tmp_path / "small").mkdir()
    picture(7, 30).save(tmp_path / "small/a.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    for image, kind, message in (
        ("absent.png", DataError, "absent.png does not exist"),
        ("broken.png", DataError, "broken.png cannot be read .not an image."),
        ("small", DataError, "30x7 pixels, fewer than 8 a side"),
        ("small/a.png", DataError, "30x7 pixels, fewer than 8 a side"),
    ):
        with pytest.raises(kind, match=message) as caught:
            list(request_translations(client, str(tmp_path / image), output))
        assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="--image must name a file"):
        list(request_translations(client, "", output))
    assert not os.path.exists(output)


def test_translations_never_replace_their_pictures(client, tmp_path):
    picture(16, 16).save(tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()
    for image, output in (("", ""), ("", "made"), ("a.png", "")):
        with pytest.raises(UsageError, match="--output must not be in the folder of"):
            list(request_translations(client, str(tmp_path / image), tmp_path / output))
    assert (tmp_path / "a.png").read_bytes() == before
    assert os.listdir(tmp_path) == ["a.png"]


def test_a_picture_is_not_replaced_by_the_translation_of_another(client, tmp_path):
    for name in ("in/a.png", "in/in/a.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        picture(16, 16).save(tmp_path / name)
    with pytest.raises(UsageError, match="is a picture to translate and would be"):
        list(request_translations(client, str(tmp_path / "in"), str(tmp_path)))


def test_a_refused_or_broken_picture_is_named_and_the_others_are_done(client, tmp_path):
    source, output = tmp_path / "photos", tmp_path / "made"
    source.mkdir()
    picture(16, 16).save(source / "a.png")
    Image.new("RGB", (1500, 1500)).save(source / "b.png")
    picture(16, 16).save(source / "c.png")
    picture(300, 300).save(source / "d.bmp")
    (source / "d.bmp").write_bytes((source / "d.bmp").read_bytes()[:9000])
    lines, error = asked(client, source, output)
    assert error == "2 of 4 pictures could not be translated (named above)"
    assert [lines[0], lines[2]] == [str(output / "a.png"), str(output / "c.png")]
    assert re.match(f"failed: {source}/b.png: .* at most 2097152 in all", lines[1])
    assert lines[3].startswith(f"failed: {source}/d.bmp: cannot be read (")
    assert sorted(os.listdir(output)) == ["a.png", "c.png"]


class Vanishing:
    """A server that translates one picture and is gone."""

    def __init__(self):
        """Nothing was asked yet."""
        self.asked = 0

    def inputs(self):
        """Its signatures."""
        return {"png": ["image_bytes"], "serving_default": ["images"], "translate": []}

    def predict(self, signature, inputs):
        """Answers once."""
        self.asked += 1
        if self.asked > 1:
            raise UserError("no model server answers")
        return {"png": [b"made"]}


def test_without_a_server_the_others_are_not_tried(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.png", "c.png"):
        picture(16, 16).save(tmp_path / "in" / name)
    server, message = Vanishing(), "b.png: no model server answers; 1 of 3 pictures"
    with pytest.raises(UserError, match=message):
        list(request_translations(server, str(tmp_path / "in"), str(tmp_path / "out")))
    assert server.asked == 2


def test_an_output_that_cannot_be_written_is_named(client, tmp_path):
    (tmp_path / "photos").mkdir()
    picture(16, 16).save(tmp_path / "photos/a.png")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="choose another --output"):
        list(
            request_translations(
                client, str(tmp_path / "photos"), str(tmp_path / "file")
            )
        )


@pytest.mark.parametrize(
    ("signature", "inputs", "message"),
    [
        (
            "png",
            {"image_bytes": [b"no picture"]},
            r"must be PNG or JPEG files.*: \[10\]",
        ),
        (
            "png",
            {"image_bytes": [b"\x89PNG\r\n\x1a\n" + bytes(40)]},
            "8 pixels or more",
        ),
        (
            "png",
            {"image_bytes": [b"\xff\xd8\xff" + bytes(40)]},
            r"\(.*Invalid JPEG data",
        ),
        ("serving_default", {"images": np.zeros((1, 7, 9, 3), np.uint8)}, r": \[7 9\]"),
        ("serving_default", {"images": np.zeros((1, 9, 9, 1), np.uint8)}, "shape"),
        ("latents", {"images": [0]}, "not found in signature"),
    ],
)
def test_refusals_reach_the_client_in_words(client, signature, inputs, message):
    with pytest.raises(UserError, match=message) as caught:
        client.predict(signature, inputs)
    text = str(caught.value)
    assert "\n" not in text and "{{" not in text


def test_each_kind_of_model_says_what_it_wants(client, server):
    with pytest.raises(UsageError, match="translates pictures: give --image"):
        request_pictures(client, labels=["three"])
    with pytest.raises(UsageError, match="translates pictures: give --image"):
        request_pictures(client, truncation=0.5)
    other = RestClient(f"127.0.0.1:{server.rest_port}", "tiny")
    with pytest.raises(UsageError, match="takes none: leave out --image"):
        list(request_translations(other, "a.png", "made"))


class WithoutFiles:
    """A server of a translator of two channels."""

    def inputs(self):
        """Its signatures."""
        return {"serving_default": ["images"], "translate": ["images"]}


def test_a_translator_without_files_says_so():
    with pytest.raises(UserError, match="no signature 'png'"):
        list(request_translations(WithoutFiles(), "a.png", "made"))
