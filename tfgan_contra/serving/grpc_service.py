"""The gRPC half of the embedded server, on tensorflow-serving-api's stubs.

PredictionService: Predict and GetModelMetadata; ModelService: GetModelStatus. What a
generator has no use for (Classify, Regress, ...) answers UNIMPLEMENTED.
"""

import contextlib
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tfgan_contra.serving.model_store import (
    DEFAULT_SIGNATURE,
    LoadedModel,
    ModelStore,
    ServingError,
)

METADATA_FIELD = "signature_def"
UNKNOWN_ERROR = 2  # error_codes_pb2.Code UNKNOWN


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict and GetModelMetadata."""

    def __init__(self, store: ModelStore) -> None:
        """Answers from `store`."""
        self._store = store

    def Predict(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Runs a signature."""
        with _reporting(context):
            model = _find(self._store, request.model_spec)
            signature = request.model_spec.signature_name or DEFAULT_SIGNATURE
            inputs = _read_inputs(model, signature, request.inputs)
            outputs = self._store.predict(
                model, signature, inputs, tuple(request.output_filter)
            )
        response = predict_pb2.PredictResponse()
        response.model_spec.name = self._store.name
        response.model_spec.version.value = model.version
        response.model_spec.signature_name = signature
        for name, value in outputs.items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
        return response

    def GetModelMetadata(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Returns the signatures, the only metadata there is."""
        with _reporting(context):
            if list(request.metadata_field) != [METADATA_FIELD]:
                raise ServingError(
                    "INVALID_ARGUMENT",
                    f"metadata_field must be ['{METADATA_FIELD}']. "
                    f"Received: {list(request.metadata_field)}",
                )
            model = _find(self._store, request.model_spec)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        for name, signature in model.signature_defs.items():
            signatures.signature_def[name].CopyFrom(signature)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name = self._store.name
        response.model_spec.version.value = model.version
        response.metadata[METADATA_FIELD].Pack(signatures)
        return response


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus."""

    def __init__(self, store: ModelStore) -> None:
        """Answers from `store`."""
        self._store = store

    def GetModelStatus(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Returns the state of one version or of all."""
        spec = request.model_spec
        version = spec.version.value if spec.HasField("version") else None
        with _reporting(context):
            statuses = self._store.statuses(spec.name, version)
        response = get_model_status_pb2.GetModelStatusResponse()
        states = get_model_status_pb2.ModelVersionStatus.State
        for status in statuses:
            entry = response.model_version_status.add()
            entry.version = status.version
            entry.state = states.Value(status.state)
            entry.status.error_code = UNKNOWN_ERROR if status.error else 0
            entry.status.error_message = status.error
        return response


def grpc_server(store: ModelStore, max_request_bytes: int) -> grpc.Server:
    """Returns a server with both services, without a port yet."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=8),
        options=[
            ("grpc.max_receive_message_length", max_request_bytes),
            ("grpc.max_send_message_length", -1),
            # Otherwise a second server could take the same port without an error.
            ("grpc.so_reuseport", 0),
        ],
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(store), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(
        ModelService(store), server
    )
    return server


@contextlib.contextmanager
def _reporting(context: grpc.ServicerContext) -> Iterator[None]:
    try:
        yield
    except ServingError as error:
        context.abort(grpc.StatusCode[error.code], str(error))


def _find(store: ModelStore, spec: Any) -> LoadedModel:
    if spec.version_label:
        raise ServingError(
            "INVALID_ARGUMENT",
            f"Unrecognized servable version label: {spec.version_label}",
        )
    return store.get(
        spec.name, spec.version.value if spec.HasField("version") else None
    )


def _read_inputs(model: LoadedModel, signature: str, protos: Any) -> dict[str, Any]:
    specs = model.input_specs(signature)
    inputs = {}
    for name, proto in protos.items():
        if name in specs:
            # Before the numbers are unpacked: a short proto may claim any size.
            shape = [dimension.size for dimension in proto.tensor_shape.dim]
            model.check_input(name, specs[name], _dtype(name, proto.dtype), shape)
        try:
            inputs[name] = tf.make_ndarray(proto) if name in specs else None
        except (TypeError, ValueError) as error:
            message = f"input {name} is no valid tensor: {error}"
            raise ServingError("INVALID_ARGUMENT", message) from None
    return inputs


def _dtype(name: str, number: int) -> tf.DType:
    try:
        return tf.as_dtype(number)
    except TypeError:
        message = f"input {name} has the unknown type {number}"
        raise ServingError("INVALID_ARGUMENT", message) from None
