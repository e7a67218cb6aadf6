"""JSON to arrays and back, by the rules of TensorFlow Serving's REST document."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.serving.json_tensors import decode_request, encode_response
from tfgan_contra.serving.model_store import ServingError

SPECS = {
    "two": {
        "labels": tf.TensorSpec([None], tf.int64),
        "points": tf.TensorSpec([None, 2], tf.float32),
    },
    "serving_default": {"seeds": tf.TensorSpec([None], tf.int64)},
    "text": {"names": tf.TensorSpec([None], tf.string)},
}


def decode(request):
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    return decode_request(body, lambda name: SPECS[name])


def test_row_format_becomes_columns():
    rows = [{"labels": 1, "points": [1, 2.5]}, {"labels": 2, "points": [3, 4]}]
    request = decode({"signature_name": "two", "instances": rows})
    assert request.is_row_format
    assert request.inputs["labels"].dtype == np.int64
    assert request.inputs["labels"].tolist() == [1, 2]
    assert request.inputs["points"].dtype == np.float32
    assert request.inputs["points"].tolist() == [[1.0, 2.5], [3.0, 4.0]]


def test_column_format_keeps_columns():
    columns = {"labels": [1], "points": [[1, 2]]}
    request = decode({"signature_name": "two", "inputs": columns})
    assert not request.is_row_format
    assert request.inputs["points"].tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("key", ["inputs", "instances"])
def test_a_single_input_needs_no_name(key):
    request = decode({key: [4, -5]})
    assert request.signature == "serving_default"
    assert request.inputs["seeds"].tolist() == [4, -5]


def test_bytes_come_as_base64_and_text_as_it_is():
    request = decode({"signature_name": "text", "instances": ["zwei", {"b64": "AP8="}]})
    assert request.inputs["names"].tolist() == [b"zwei", b"\x00\xff"]


def test_half_a_letter_is_refused():
    body = b'{"signature_name": "text", "instances": ["a\\ud83d"]}'
    with pytest.raises(ServingError, match="input names must be valid Unicode"):
        decode(body)


def test_the_largest_integers_survive():
    request = decode({"inputs": {"seeds": [2**63 - 1, -(2**63)]}})
    assert request.inputs["seeds"].tolist() == [2**63 - 1, -(2**63)]


def test_not_a_number_is_a_float():
    body = b'{"signature_name": "two", "inputs": {"labels": [1], "points": [[NaN, 1]]}}'
    assert np.isnan(decode(body).inputs["points"][0, 0])


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (b"", "JSON Parse error"),
        (b"\xff\xfe", "JSON Parse error"),
        (b"[" * 100_000, "JSON Parse error"),
        ([1], "must be a JSON object"),
        ({}, "exactly one of the keys"),
        ({"inputs": [1], "instances": [1]}, "exactly one of the keys"),
        ({"signature_name": 3, "inputs": [1]}, "'signature_name' must be a string"),
        ({"instances": 1}, "'instances' must be a list"),
        ({"instances": []}, "'instances' must be a list"),
        ({"signature_name": "two", "instances": [1]}, "name labels, points"),
        ({"signature_name": "two", "inputs": [1]}, "name labels, points"),
        ({"signature_name": "two", "inputs": {"labels": [1]}}, "Missing named input"),
        ({"inputs": {"seeds": [1], "z": [1]}}, "unknown input z; there are seeds"),
        ({"instances": [{"seeds": 1}, {"z": 1}]}, "element 1 of 'instances'"),
        ({"instances": [{"seeds": 1}, 1]}, "element 1 of 'instances'"),
        ({"inputs": {"seeds": [1.5]}}, "seeds must be int64. Received: 1.5"),
        ({"inputs": {"seeds": [True]}}, "seeds must be int64. Received: true"),
        ({"inputs": {"seeds": ["1"]}}, 'seeds must be int64. Received: "1"'),
        ({"inputs": {"seeds": [None]}}, "seeds must be int64. Received: null"),
        ({"inputs": {"seeds": [2**63]}}, "does not fit int64"),
        ({"inputs": {"seeds": [[1], [1, 2]]}}, "nested lists of equal lengths"),
        ({"inputs": {"seeds": [1, [2]]}}, "nested lists of equal lengths"),
        ({"inputs": {"seeds": [[1], 2]}}, "nested lists of equal lengths"),
        (
            {"signature_name": "two", "inputs": {"labels": [1], "points": [[1e39, 0]]}},
            "does not fit float32",
        ),
        ({"signature_name": "text", "inputs": [7]}, "must be a string"),
        ({"signature_name": "text", "inputs": [{"b64": "%"}]}, "valid base64"),
    ],
)
def test_malformed_requests_are_named(request_, message):
    with pytest.raises(ServingError, match=message) as caught:
        decode(request_)
    assert caught.value.code == "INVALID_ARGUMENT"


def test_one_output_is_sent_without_its_name():
    outputs = {"images": np.array([[0, 255], [7, 8]], np.uint8)}
    assert json.loads(encode_response(outputs, True)) == {
        "predictions": [[0, 255], [7, 8]]
    }
    assert json.loads(encode_response(outputs, False)) == {
        "outputs": [[0, 255], [7, 8]]
    }


def test_several_outputs_keep_their_names():
    outputs = {
        "image_bytes": np.array([b"\x00", b"\xff"], object),
        "names": np.array([b"a", b"b"], object),
    }
    assert json.loads(encode_response(outputs, True)) == {
        "predictions": [
            {"image_bytes": {"b64": "AA=="}, "names": "a"},
            {"image_bytes": {"b64": "/w=="}, "names": "b"},
        ]
    }
    assert json.loads(encode_response(outputs, False)) == {
        "outputs": {
            "image_bytes": [{"b64": "AA=="}, {"b64": "/w=="}],
            "names": ["a", "b"],
        }
    }
