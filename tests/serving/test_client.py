"""Both clients against the embedded server, and what they make of errors."""

import io
import socket

import numpy as np
import pytest
from PIL import Image

from tfgan_contra.errors import UsageError, UserError
from tfgan_contra.serving import client as clients
from tfgan_contra.serving.client import (
    GrpcClient,
    Picture,
    RestClient,
    request_pictures,
    save_pictures,
)


@pytest.fixture(params=["rest", "grpc"])
def client(request, server):
    if request.param == "rest":
        yield RestClient(f"127.0.0.1:{server.rest_port}", "tiny")
    else:
        opened = GrpcClient(f"127.0.0.1:{server.grpc_port}", "tiny")
        yield opened
        opened.close()


def test_names_and_numbers_ask_for_the_same_class(client):
    named, numbered = (
        request_pictures(client, labels=labels, num_images=3, seed=5)
        for labels in (["three", "zero"], ["3", "0"])
    )
    files = [[picture.png for picture in row] for row in named]
    assert files == [[picture.png for picture in row] for row in numbered]
    assert [picture.seed for picture in named[0]] == [5, 6, 7]
    assert [row[0].name for row in named] == ["three", "zero"]


def test_many_pictures_come_in_several_requests(client, monkeypatch):
    whole = request_pictures(client, labels=["1"], num_images=7)
    monkeypatch.setattr(clients, "ROWS_PER_REQUEST", 3)
    assert request_pictures(client, labels=["1"], num_images=7) == whole


def test_truncation_is_passed_on(client):
    full = request_pictures(client, labels=["1"], num_images=1)
    narrow = request_pictures(client, labels=["1"], num_images=1, truncation=0.4)
    assert full[0][0].png != narrow[0][0].png


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "has classes: give --label"),
        ({"labels": ["ten"]}, "among: zero, one, two, three"),
        ({"labels": ["4"]}, "labels must be from 0 to 3"),
        ({"labels": ["1"], "truncation": 2.0}, "truncation must be above 0"),
    ],
)
def test_errors_of_the_server_become_one_line(client, options, message):
    with pytest.raises(UserError, match=message) as caught:
        request_pictures(client, **options)
    assert "\n" not in str(caught.value)


def test_unknown_models_and_versions_are_named(server):
    address = f"127.0.0.1:{server.rest_port}"
    with pytest.raises(UserError, match="404: .*Latest.other"):
        RestClient(address, "other").inputs()
    with pytest.raises(UserError, match="404: .*Specific.tiny, 9"):
        RestClient(address, "tiny", version=9).inputs()
    with pytest.raises(UserError, match="NOT_FOUND"):
        GrpcClient(f"127.0.0.1:{server.grpc_port}", "tiny", version=9).inputs()


def test_status_is_read(server):
    (status,) = RestClient(f"127.0.0.1:{server.rest_port}", "tiny").status()
    assert status["state"] == "AVAILABLE"
    assert RestClient(f"127.0.0.1:{server.rest_port}", "tiny").is_ready()


@pytest.mark.parametrize("kind", [RestClient, GrpcClient])
def test_silence_is_explained(kind):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{reserved.getsockname()[1]}"
        with pytest.raises(UserError, match=f"no model server answers at {address}"):
            kind(address, "tiny", timeout=2.0).inputs()
        assert not RestClient(address, "tiny", timeout=2.0).is_ready()


class WithoutClasses:
    """A server of a generator without classes."""

    def inputs(self):
        """Its only signature."""
        return {"png": ["seeds"]}

    def predict(self, signature, inputs):
        """One byte per seed."""
        assert sorted(inputs) == ["seeds"]
        return {"image_bytes": [bytes([int(seed)]) for seed in inputs["seeds"]]}


def test_generators_without_classes_take_no_label():
    rows = request_pictures(WithoutClasses(), num_images=2, seed=3)
    assert rows == [[Picture("image", 3, b"\x03"), Picture("image", 4, b"\x04")]]
    with pytest.raises(UsageError, match="has no classes: leave out --label"):
        request_pictures(WithoutClasses(), labels=["three"])


def test_models_without_names_take_numbers_only():
    with pytest.raises(UsageError, match="no class names: give --label a number"):
        clients.resolve_labels(WithoutClasses(), ["three"], {"png": []})
    assert clients.resolve_labels(WithoutClasses(), ["2", "0"], {}) == [2, 0]


def png(value):
    file = io.BytesIO()
    Image.fromarray(np.full((4, 6), value, np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_pictures_and_grid_are_saved(tmp_path):
    rows = [[Picture("a/b c", s, png(40 * s)) for s in range(3)] for _ in range(2)]
    paths = save_pictures(rows, str(tmp_path / "new" / "folder"))
    assert [p.rsplit("/", 1)[1] for p in paths[:3]] == [
        f"a_b_c_seed_{s}.png" for s in range(3)
    ]
    with Image.open(paths[-1]) as file:
        grid = np.asarray(file)
    assert grid.shape == (2 * (4 + 2) + 2, 3 * (6 + 2) + 2)
    assert grid[2:6, 10:16].tolist() == np.full((4, 6), 40).tolist()
    assert grid[0, 0] == 255


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="choose another --output"):
        save_pictures([[Picture("a", 0, png(0))]], str(tmp_path / "file"))
