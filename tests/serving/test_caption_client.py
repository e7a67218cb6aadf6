"""Captions to a served text-to-image model, over both transports and by the command."""

import http.client
import io
import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tfgan_contra.errors import UsageError, UserError
from tfgan_contra.serving import caption_client
from tfgan_contra.serving.caption_client import request_captioned, unheard
from tfgan_contra.serving.client import (
    GrpcClient,
    RestClient,
    request_pictures,
    save_pictures,
)
from tfgan_contra.serving.launcher import ServerOptions
from tfgan_contra.serving.local_server import LocalServer

ROOT = pathlib.Path(__file__).parents[2]
CAPTIONS = ["A red circle!", "écu / a red circle above a blue square"]


@pytest.fixture(params=["rest", "grpc"])
def client(request, caption_server):
    if request.param == "rest":
        yield RestClient(f"127.0.0.1:{caption_server.rest_port}", "xmcgan")
    else:
        opened = GrpcClient(f"127.0.0.1:{caption_server.grpc_port}", "xmcgan")
        yield opened
        opened.close()


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png))).astype(int)


def test_captions_bring_the_models_pictures(client, of_captions, tmp_path):
    said = []
    rows = request_captioned(client, CAPTIONS, num_images=2, seed=5, warn=said.append)
    texts = np.array([text.encode() for text in CAPTIONS], object).repeat(2)
    files = of_captions.run("png", {"captions": texts, "seeds": np.array([5, 6, 5, 6])})
    made = [pixels(picture.png) for row in rows for picture in row]
    expected = [pixels(file) for file in files["image_bytes"]]
    assert expected[0].shape == (32, 32, 3)
    np.testing.assert_allclose(made, expected, atol=1)
    assert said == [
        "caption 'écu / a red circle above a blue square' is cut: it has 8 words, the "
        "model reads 6"
    ]
    *paths, grid = save_pictures(rows, str(tmp_path))
    assert [os.path.basename(path) for path in paths] == [
        "1_A_red_circle__seed_5.png",
        "1_A_red_circle__seed_6.png",
        "2_écu_a_red_circle_above_a_blue_square_seed_5.png",
        "2_écu_a_red_circle_above_a_blue_square_seed_6.png",
    ]
    with Image.open(grid) as image:
        assert image.size == (2 * 34 + 2, 2 * 34 + 2)


def test_truncation_is_passed_on(client):
    full = request_captioned(client, ["red"], num_images=1)
    narrow = request_captioned(client, ["red"], num_images=1, truncation=0.4)
    assert full[0][0].png != narrow[0][0].png


def test_unknown_words_are_named(client, monkeypatch):
    monkeypatch.setattr(caption_client, "ROWS_PER_REQUEST", 2)
    captions = ["red", "a Purple, two-tone ring", "red tree", "tree house", "a tree."]
    assert unheard(client, captions) == [
        "caption 'a Purple, two-tone ring' has the unknown words 'Purple,', "
        "'two-tone', 'ring'",
        "caption 'red tree' has the unknown word 'tree'",
        "caption 'tree house' has only unknown words: 'tree', 'house'",
        "caption 'a tree.' has the unknown word 'tree.'",
    ]


@pytest.mark.parametrize(
    ("captions", "message"),
    [
        (["red", "?!"], r"--caption must have words. Received: '\?!'"),
        (["a\udcff"], r"--caption must be text in UTF-8. Received: 'a\\udcff'"),
    ],
)
def test_captions_that_say_nothing_are_named(client, captions, message):
    with pytest.raises(UsageError, match=message):
        request_captioned(client, captions)


def test_errors_of_the_server_become_one_line(client):
    inputs = {"captions": ["a", "?!", ""], "seeds": np.arange(3)}
    message = r"word or more\..*from 0: \[1 2\]"
    with pytest.raises(UserError, match=message) as error:
        client.predict("png", inputs)
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match=r"in UTF-8\..*counted from 0: \[0\]"):
        client.predict("check_captions", {"captions": [b"\xff"]})


def test_a_model_of_captions_says_what_it_wants(client):
    with pytest.raises(UsageError, match="makes pictures of captions: give --caption="):
        request_pictures(client, labels=["three"])


class Other:
    """A server of another kind of model."""

    def __init__(self, *inputs):
        """Takes the inputs of its only signature."""
        self.signatures = {"serving_default": list(inputs)}

    def inputs(self):
        """Its only signature."""
        return self.signatures


def test_other_models_take_no_captions():
    with pytest.raises(UsageError, match="takes no captions: leave out --caption"):
        request_captioned(Other("labels", "seeds"), ["red"])
    features = Other("words", "lengths", "sentences", "seeds")
    with pytest.raises(UsageError, match="no captions but their features"):
        request_captioned(features, ["red"])
    with pytest.raises(UsageError, match="no captions but their features"):
        request_pictures(features)
    with pytest.raises(UserError, match="no signature 'png'; it has serving_default"):
        request_captioned(Other("captions", "seeds"), ["red"])


def predict(server, body):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
    connection.request("POST", "/v1/models/xmcgan:predict", body.encode())
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


def test_the_requests_of_the_readme_are_answered(caption_server, of_captions):
    text = (ROOT / "export/README.md").read_text()
    url = "http://127.0.0.1:8501/v1/models/xmcgan:predict"
    bodies = re.findall(rf"curl -d '(.*?)' \\\n +{url}", text)
    assert len(bodies) == 2
    status, answer = predict(caption_server, bodies[0])
    assert (status, np.shape(answer["predictions"])) == (200, (2, 32, 32, 3))
    status, answer = predict(caption_server, bodies[1])
    assert status == 200
    assert sorted(answer["predictions"][0]) == ["num_cut", "num_unknown", "num_words"]


@pytest.mark.slow
def test_features_go_over_both_transports(feature_dir, of_features, caption_model):
    features = caption_model.encoder.encode(["a red circle", "blue"])._asdict()
    request = features | {"seeds": np.array([3, 4])}
    (expected,) = of_features.run("features", request).values()
    options = ServerOptions(rest_port=0, grpc_port=0)
    with LocalServer(feature_dir, "features", options, log=print) as server:
        for client in (
            RestClient(f"127.0.0.1:{server.rest_port}", "features"),
            GrpcClient(f"127.0.0.1:{server.grpc_port}", "features"),
        ):
            (files,) = client.predict("png", request).values()
            made = [pixels(file) for file in files]
            np.testing.assert_allclose(made, expected.astype(int), atol=1)


def run(*arguments):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, str(ROOT / "export/request.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def test_the_command_warns_and_saves(caption_server, tmp_path):
    result = run(
        f"--address=127.0.0.1:{caption_server.rest_port}",
        "--model_name=xmcgan",
        "--caption=a red, round circle",
        "--caption=blue",
        "--num_images=2",
        f"--output={tmp_path}",
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr.splitlines() == [
        "warning: caption 'a red, round circle' has the unknown word 'round'"
    ]
    assert "4 pictures of 'a red, round circle', 'blue', seeds 0 to 1" in result.stdout
    names = ["1_a_red_round_circle", "2_blue"]
    expected = [f"{name}_seed_{seed}.png" for name in names for seed in (0, 1)]
    assert sorted(os.listdir(tmp_path)) == [*expected, "grid.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--caption=red", "--label=3"], "for a model of captions: leave out --label"),
        (["--caption=red", "--image=x"], "for a translator: leave out --caption"),
    ],
)
def test_flags_that_contradict_are_one_line(arguments, message):
    result = run("--model_name=xmcgan", *arguments)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ") and message in line
