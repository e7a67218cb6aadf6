"""The gRPC protocol over a real channel, with TensorFlow Serving's own stubs."""

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

LABELS, SEEDS = np.array([0, 1, 2]), np.array([7, 8, 9])


@pytest.fixture(scope="module")
def channel(server):
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}", options) as opened:
        yield opened


@pytest.fixture(scope="module")
def predictor(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


def predict_request(signature="", name="tiny", version=None, **inputs):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return request


def test_predict(predictor, version_dir):
    answer = predictor.Predict(predict_request(labels=LABELS, seeds=SEEDS))
    assert answer.model_spec.name == "tiny"
    assert answer.model_spec.version.value == 1
    assert answer.model_spec.signature_name == "serving_default"
    signature = tf.saved_model.load(version_dir).signatures["serving_default"]
    expected = signature(labels=tf.constant(LABELS), seeds=tf.constant(SEEDS))
    images = tf.make_ndarray(answer.outputs["images"])
    np.testing.assert_array_equal(images, expected["images"])


def test_files_and_floats(predictor):
    request = predict_request("png", version=1, labels=LABELS, seeds=SEEDS)
    files = tf.make_ndarray(predictor.Predict(request).outputs["image_bytes"])
    assert [file[:4] for file in files] == [b"\x89PNG"] * 3
    latents = np.zeros((2, 5), np.float32)
    request = predict_request("latents", labels=LABELS[:2], latents=latents)
    images = tf.make_ndarray(predictor.Predict(request).outputs["images"])
    assert images.dtype == np.float32 and images.shape == (2, 8, 8, 3)


def test_metadata_lists_the_signatures(predictor):
    request = get_model_metadata_pb2.GetModelMetadataRequest()
    request.model_spec.name = "tiny"
    with pytest.raises(grpc.RpcError) as caught:
        predictor.GetModelMetadata(request)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    request.metadata_field.append("signature_def")
    answer = predictor.GetModelMetadata(request)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(signatures)
    assert sorted(signatures.signature_def["truncated"].inputs) == [
        "labels",
        "seeds",
        "truncation",
    ]


def test_status(channel):
    stub = model_service_pb2_grpc.ModelServiceStub(channel)
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "tiny"
    (status,) = stub.GetModelStatus(request).model_version_status
    assert (status.version, status.status.error_code) == (1, 0)
    assert status.state == get_model_status_pb2.ModelVersionStatus.AVAILABLE
    request.model_spec.version.value = 9
    with pytest.raises(grpc.RpcError) as caught:
        stub.GetModelStatus(request)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def claim_shape(request, *sizes):
    """Gives the seeds a shape that their one number does not fill."""
    proto = request.inputs["seeds"]
    proto.Clear()
    proto.dtype = 9
    for size in sizes:
        proto.tensor_shape.dim.add().size = size
    proto.int64_val.append(1)
    return request


def torn_bytes(request):
    proto = request.inputs["seeds"]
    proto.ClearField("int64_val")
    proto.tensor_content = b"\x00" * 5
    return request


def with_label(request):
    request.model_spec.version_label = "stable"
    return request


GOOD = {"labels": LABELS, "seeds": SEEDS}


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (predict_request("nope", **GOOD), "FAILED_PRECONDITION", '"nope" not found'),
        (predict_request(name="other", **GOOD), "NOT_FOUND", "Latest(other)"),
        (predict_request(version=9, **GOOD), "NOT_FOUND", "Specific(tiny, 9)"),
        (predict_request(labels=LABELS), "INVALID_ARGUMENT", "required: {seeds}"),
        (predict_request(x=LABELS, **GOOD), "INVALID_ARGUMENT", "Sent extra: {x}"),
        (
            predict_request(labels=LABELS, seeds=SEEDS.astype(np.float32)),
            "INVALID_ARGUMENT",
            "seeds must be int64. Received: float32",
        ),
        (
            predict_request(labels=LABELS + 9, seeds=SEEDS),
            "INVALID_ARGUMENT",
            "labels must be from 0 to 3",
        ),
        (
            claim_shape(predict_request(labels=LABELS), 1 << 40),
            "INVALID_ARGUMENT",
            "1 to 20 rows. Received: 1099511627776",
        ),
        (
            claim_shape(predict_request(labels=LABELS), 1 << 20, 1 << 20),
            "INVALID_ARGUMENT",
            "must have shape [N]",
        ),
        (
            torn_bytes(predict_request(**GOOD)),
            "INVALID_ARGUMENT",
            "seeds is no valid tensor",
        ),
        (with_label(predict_request(**GOOD)), "INVALID_ARGUMENT", "label: stable"),
    ],
)
def test_wrong_requests_are_named(predictor, request_, code, message):
    with pytest.raises(grpc.RpcError) as caught:
        predictor.Predict(request_)
    assert caught.value.code().name == code
    assert message in caught.value.details()


def test_a_large_request_is_refused(predictor):
    request = predict_request(labels=LABELS, seeds=np.zeros(1 << 16, np.int64))
    with pytest.raises(grpc.RpcError) as caught:
        predictor.Predict(request)
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
