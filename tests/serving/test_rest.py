"""The REST protocol over a real socket."""

import base64
import http.client
import json
import pathlib
import re
import socket

import numpy as np
import pytest
import tensorflow as tf


def call(server, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def predict(server, request, path="/v1/models/tiny:predict"):
    return call(server, "POST", path, json.dumps(request))


@pytest.fixture(scope="module")
def expected(version_dir):
    """Pictures of labels 0, 1, 2 with seeds 7, 8, 9 straight from the SavedModel."""
    signature = tf.saved_model.load(version_dir).signatures["serving_default"]
    labels, seeds = tf.constant([0, 1, 2], tf.int64), tf.constant([7, 8, 9], tf.int64)
    return signature(labels=labels, seeds=seeds)["images"].numpy()


def test_row_format(server, expected):
    rows = [{"labels": i, "seeds": 7 + i} for i in range(3)]
    status, answer = predict(server, {"instances": rows})
    assert status == 200
    np.testing.assert_array_equal(answer["predictions"], expected)


def test_column_format_of_one_version(server, expected):
    columns = {"labels": [0, 1, 2], "seeds": [7, 8, 9]}
    path = "/v1/models/tiny/versions/1:predict"
    status, answer = predict(server, {"inputs": columns}, path)
    assert status == 200
    np.testing.assert_array_equal(answer["outputs"], expected)


def test_files_are_base64(server, expected):
    rows = [{"labels": 2, "seeds": 9}]
    status, answer = predict(server, {"signature_name": "png", "instances": rows})
    assert status == 200
    (file,) = answer["predictions"]
    png = base64.b64decode(file["b64"])
    np.testing.assert_array_equal(tf.io.decode_png(png), expected[2])


def test_status(server):
    body = {
        "model_version_status": [
            {
                "version": "1",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }
    assert call(server, "GET", "/v1/models/tiny") == (200, body)
    assert call(server, "GET", "/v1/models/tiny/versions/1") == (200, body)
    assert call(server, "GET", "/V1/Models/tiny?x=1") == (200, body)


def test_metadata(server):
    status, answer = call(server, "GET", "/v1/models/tiny/metadata")
    assert status == 200
    assert answer["model_spec"] == {
        "name": "tiny",
        "signature_name": "",
        "version": "1",
    }
    signature = answer["metadata"]["signature_def"]["signature_def"]["png"]
    assert signature["inputs"]["labels"]["dtype"] == "DT_INT64"
    sizes = signature["outputs"]["image_bytes"]["tensor_shape"]["dim"]
    assert [dim["size"] for dim in sizes] == ["-1"]
    assert signature["method_name"] == "tensorflow/serving/predict"


COLUMNS = {"inputs": {"labels": [0], "seeds": [0]}}
PREDICT = "/v1/models/tiny:predict"


@pytest.mark.parametrize(
    ("method", "path", "request_", "status", "message"),
    [
        ("POST", PREDICT, {"inputs": {"labels": [4], "seeds": [0]}}, 400, "0 to 3"),
        ("POST", PREDICT, {"inputs": {"labels": ["a"], "seeds": [0]}}, 400, "int64"),
        ("POST", PREDICT, {"inputs": {"labels": [0], "seeds": 0}}, 400, "shape"),
        ("POST", PREDICT, {"inputs": {"labels": [0]}}, 400, "Missing named input"),
        ("POST", PREDICT, {"signature_name": "x"} | COLUMNS, 400, "not found in sig"),
        ("POST", PREDICT, {"signature_name": "x" * 99}, 400, "not found in sig"),
        ("POST", PREDICT, [], 400, "JSON object"),
        ("POST", "/v1/models/tiny/versions/9:predict", COLUMNS, 404, "tiny, 9"),
        ("POST", "/v1/models/other:predict", COLUMNS, 404, "Latest(other)"),
        ("POST", "/v1/models/tiny:classify", COLUMNS, 400, "Malformed request"),
        ("POST", "/v1/models/tiny", COLUMNS, 400, "Malformed request"),
        ("POST", "/", COLUMNS, 400, "Malformed request"),
        ("GET", PREDICT, None, 400, "Malformed request"),
        ("GET", "/v1/models/other", None, 404, "Could not find any versions"),
        ("GET", "/v1/models/tiny/versions/9", None, 404, "with version 9"),
        ("GET", "/v1/models/tiny/versions/x", None, 400, "Malformed request"),
        ("GET", "/v1/models/tiny/versions/9/metadata", None, 404, "tiny, 9"),
        ("PUT", PREDICT, None, 501, "Unsupported method"),
    ],
)
def test_errors_are_json_with_the_right_status(
    server, method, path, request_, status, message
):
    body = None if request_ is None else json.dumps(request_)
    found, answer = call(server, method, path, body)
    assert found == status
    assert list(answer) == ["error"]
    assert message in answer["error"]


def test_the_requests_of_the_readme_are_answered(server):
    readme = pathlib.Path(__file__).parents[2] / "export" / "README.md"
    text = readme.read_text()
    to_contragan = r"\\\n +http://127.0.0.1:8501/v1/models/contragan:predict"
    bodies = re.findall(rf"curl -d '(.*?)' {to_contragan}", text)
    assert len(bodies) == 3
    for body in bodies:
        assert call(server, "POST", PREDICT, body)[0] == 200
    paths = re.findall(r"curl http://[\d.:]+(\S+)", text)
    assert len(paths) == 2
    for path in paths:
        assert call(server, "GET", path.replace("contragan", "tiny"))[0] == 200


def test_bad_json_is_refused(server):
    status, answer = call(server, "POST", PREDICT, b"{")
    assert (status, answer["error"][:16]) == (400, "JSON Parse error")


def test_too_many_rows_are_refused(server):
    columns = {"labels": [0] * 21, "seeds": [0] * 21}
    status, answer = predict(server, {"inputs": columns})
    assert status == 400
    assert "must have 1 to 20 rows. Received: 21" in answer["error"]


def test_a_large_body_is_refused_and_the_answer_arrives(server):
    status, answer = call(server, "POST", PREDICT, b" " * (3 << 20))
    assert status == 413
    assert answer == {"error": f"the request is larger than {1 << 18} bytes"}


def test_a_large_body_is_refused_before_it_is_sent(server):
    head = f"POST {PREDICT} HTTP/1.1\r\nContent-Length: 9999999\r\n"
    with socket.create_connection(("127.0.0.1", server.rest_port), 20) as connection:
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_a_length_is_refused(server):
    headers = {"Transfer-Encoding": "chunked"}
    status, answer = call(server, "POST", PREDICT, iter([b"{}"]), headers)
    assert status == 411
    assert "Content-Length" in answer["error"]


def test_a_connection_serves_several_requests(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=20)
    for request in (COLUMNS, {"inputs": {}}, COLUMNS):
        connection.request("POST", PREDICT, json.dumps(request))
        response = connection.getresponse()
        response.read()
        assert response.status == (200 if request is COLUMNS else 400)
    connection.close()
