"""Clients for a served generator, over REST or gRPC, and the pictures they bring home.

Work with TensorFlow Serving as with the embedded server. The REST client needs neither
TensorFlow nor gRPC.
"""

import base64
import http.client
import io
import json
import math
import os
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from tfgan_contra.errors import UsageError, UserError
from tfgan_contra.serving.model_kinds import (
    is_translator,
    picture_signature,
    takes_captions,
    takes_features,
)

ROWS_PER_REQUEST = 64
GRID_PADDING = 2
NO_ENCODER = (
    "this model takes no captions but their features, which a text encoder makes "
    "outside the server: send words, lengths and sentences to its signature 'features'"
)


class RequestRefused(UserError):
    """The server answers, but not this request: another one may do."""


class Client(Protocol):
    """What both transports offer."""

    def inputs(self) -> dict[str, list[str]]:
        """Returns signature name -> names of its inputs."""

    def predict(self, signature: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Sends columns of values; returns outputs by name."""


class Picture(NamedTuple):
    """One generated picture with the request that made it."""

    name: str
    seed: int
    png: bytes


class RestClient:
    """Talks to `/v1/models/<name>` over HTTP."""

    def __init__(
        self,
        address: str,
        model_name: str,
        version: int | None = None,
        timeout: float = 60.0,
    ) -> None:
        """Connects with the first request.

        Args:
            address: `host:port`.
            model_name: the model's name on the server.
            version: which version answers; None: the newest.
            timeout: seconds to wait for an answer.
        """
        self._address = address
        self._timeout = timeout
        self._path = f"/v1/models/{urllib.parse.quote(model_name, safe='')}"
        if version is not None:
            self._path += f"/versions/{version}"

    def status(self) -> list[dict[str, Any]]:
        """Returns version, state and error of every version."""
        return self._send("GET", self._path)["model_version_status"]

    def is_ready(self) -> bool:
        """Returns whether a version of the model can be asked now."""
        try:
            return any(entry["state"] == "AVAILABLE" for entry in self.status())
        except UserError:
            return False

    def inputs(self) -> dict[str, list[str]]:
        """Returns signature name -> names of its inputs."""
        answer = self._send("GET", f"{self._path}/metadata")
        signatures = answer["metadata"]["signature_def"]["signature_def"]
        return {name: sorted(signatures[name].get("inputs", ())) for name in signatures}

    def predict(self, signature: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Sends columns of values; returns outputs by name, bytes decoded.

        An unnamed single output is returned under the name `output`.

        Raises:
            UserError: if the server does not answer or refuses, with its reason.
        """
        request = {"signature_name": signature, "inputs": _json_ready(inputs)}
        answer = self._send("POST", f"{self._path}:predict", request)["outputs"]
        columns = answer if isinstance(answer, dict) else {"output": answer}
        return {name: [_from_json(v) for v in rows] for name, rows in columns.items()}

    def _send(self, method: str, path: str, body: dict | None = None) -> dict:
        # http.client and not urllib: a proxy from the environment must not see this.
        connection = http.client.HTTPConnection(self._address, timeout=self._timeout)
        try:
            text = None if body is None else json.dumps(body)
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, text, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise _no_answer(self._address, str(error)) from None
        except ValueError:
            raise _no_answer(self._address, "the answer is not JSON") from None
        finally:
            connection.close()
        if response.status != 200:
            reason = answer.get("error", "") if isinstance(answer, dict) else answer
            raise _refused(self._address, f"{response.status}: {reason}")
        return answer


class GrpcClient:
    """Talks to PredictionService over gRPC."""

    def __init__(
        self,
        address: str,
        model_name: str,
        version: int | None = None,
        timeout: float = 60.0,
    ) -> None:
        """Connects with the first request; arguments as for `RestClient`."""
        import grpc
        from tensorflow_serving.apis import prediction_service_pb2_grpc

        self._address = address
        self._model_name = model_name
        self._version = version
        self._timeout = timeout
        # Pictures are larger than gRPC's default limit of 4 MB per message.
        options = [
            ("grpc.max_receive_message_length", -1),
            ("grpc.enable_http_proxy", 0),
        ]
        self._channel = grpc.insecure_channel(address, options=options)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    def inputs(self) -> dict[str, list[str]]:
        """Returns signature name -> names of its inputs."""
        from tensorflow_serving.apis import get_model_metadata_pb2

        request = get_model_metadata_pb2.GetModelMetadataRequest()
        self._name_model(request.model_spec)
        request.metadata_field.append("signature_def")
        answer = self._call(self._stub.GetModelMetadata, request)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(signatures)
        found = signatures.signature_def
        return {name: sorted(found[name].inputs) for name in found}

    def predict(self, signature: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Sends columns of values; returns outputs by name as arrays.

        Raises:
            UserError: if the server does not answer or refuses, with its reason.
        """
        import tensorflow as tf
        from tensorflow_serving.apis import predict_pb2

        request = predict_pb2.PredictRequest()
        self._name_model(request.model_spec)
        request.model_spec.signature_name = signature
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
        answer = self._call(self._stub.Predict, request)
        return {name: tf.make_ndarray(proto) for name, proto in answer.outputs.items()}

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()

    def _name_model(self, spec: Any) -> None:
        spec.name = self._model_name
        if self._version is not None:
            spec.version.value = self._version

    def _call(self, method: Any, request: Any) -> Any:
        import grpc

        try:
            return method(request, timeout=self._timeout)
        except grpc.RpcError as error:
            code, details = error.code(), error.details()
            silent = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
            if code in silent:
                raise _no_answer(self._address, str(details)) from None
            raise _refused(self._address, f"{code.name}: {details}") from None


def request_pictures(
    client: Client,
    *,
    labels: Sequence[str] = (),
    num_images: int = 8,
    seed: int = 0,
    truncation: float = 1.0,
) -> list[list[Picture]]:
    """Asks for `num_images` pictures of every label, with seeds `seed`, `seed + 1`, ...

    Args:
        client: a `RestClient` or `GrpcClient`.
        labels: class names or numbers; none for a generator without classes.
        num_images: pictures per label.
        seed: seed of the first picture of each row.
        truncation: in (0, 1]; 1 is off.

    Returns:
        A row of pictures per label, or one row.

    Raises:
        UserError: if the labels do not fit the model, or the server refuses.
    """
    signatures = client.inputs()
    if is_translator(signatures):
        raise UsageError(
            "this model translates pictures: give --image=<file or folder> and leave "
            "out --label, --num_images, --seed and --truncation"
        )
    if takes_features(signatures):
        raise UsageError(NO_ENCODER)
    if takes_captions(signatures):
        raise UsageError(
            "this model makes pictures of captions: give --caption=<text> and leave "
            "out --label"
        )
    signature = picture_signature(signatures, truncation)
    if ("labels" in signatures[signature]) != bool(labels):
        needs = "has classes: give" if not labels else "has no classes: leave out"
        raise UsageError(f"this model {needs} --label")
    seeds = np.arange(seed, seed + num_images, dtype=np.int64)
    constants = {} if truncation == 1.0 else {"truncation": np.float32(truncation)}
    if not labels:
        return [request_row(client, signature, "image", seeds, constants)]
    numbers = resolve_labels(client, labels, signatures)
    return [
        request_row(client, signature, name, seeds, constants | {"labels": number})
        for name, number in zip(labels, numbers, strict=True)
    ]


def resolve_labels(
    client: Client, labels: Sequence[str], signatures: Mapping[str, Any]
) -> list[np.int64]:
    """Returns the number of each label; the server itself knows the class names.

    Args:
        client: asked for the numbers of the names.
        labels: class names; digits alone are a number already.
        signatures: what `client.inputs()` returned.

    Raises:
        UserError: if the model has no such class, or no names at all.
    """
    names = [label for label in labels if not label.isdecimal()]
    found: dict[str, int] = {}
    if names:
        if "class_labels" not in signatures:
            raise UsageError(
                f"this model has no class names: give --label a number. "
                f"Received: {names[0]!r}"
            )
        (numbers,) = client.predict("class_labels", {"class_names": names}).values()
        found = dict(zip(names, numbers, strict=True))
    return [np.int64(found[label] if label in found else label) for label in labels]


def request_row(
    client: Client,
    signature: str,
    name: str,
    seeds: np.ndarray,
    constants: Mapping[str, Any],
) -> list[Picture]:
    """Asks for a picture per seed, in requests of bearable size.

    Args:
        client: a `RestClient` or `GrpcClient`.
        signature: one that gives PNG files.
        name: what to call the pictures.
        seeds: `[N]` int64.
        constants: the other inputs, one value each.
    """
    row = []
    for some in np.array_split(seeds, math.ceil(len(seeds) / ROWS_PER_REQUEST)):
        columns = {key: np.repeat(value, len(some)) for key, value in constants.items()}
        (files,) = client.predict(signature, {"seeds": some} | columns).values()
        row += [Picture(name, int(s), f) for s, f in zip(some, files, strict=True)]
    return row


def save_pictures(rows: Sequence[Sequence[Picture]], output_dir: str) -> list[str]:
    """Writes every picture and `grid.png` with a line per row; returns the paths.

    Raises:
        UserError: if the folder cannot be written.
    """
    paths = []
    try:
        os.makedirs(output_dir, exist_ok=True)
        for picture in (picture for row in rows for picture in row):
            name = re.sub(r"[^\w.-]+", "_", picture.name)
            paths.append(os.path.join(output_dir, f"{name}_seed_{picture.seed}.png"))
            with open(paths[-1], "wb") as file:
                file.write(picture.png)
        paths.append(os.path.join(output_dir, "grid.png"))
        _grid([[picture.png for picture in row] for row in rows]).save(paths[-1])
    except OSError as error:
        raise UserError(
            f"cannot write pictures to {output_dir!r}: {error}; choose another --output"
        ) from None
    return paths


def _grid(rows: Sequence[Sequence[bytes]]) -> Any:
    from PIL import Image

    pictures = [[Image.open(io.BytesIO(png)) for png in row] for row in rows]
    width, height = pictures[0][0].size
    step_x, step_y = width + GRID_PADDING, height + GRID_PADDING
    columns = max(len(row) for row in pictures)
    size = (columns * step_x + GRID_PADDING, len(rows) * step_y + GRID_PADDING)
    grid = Image.new(pictures[0][0].mode, size, "white")
    for y, row in enumerate(pictures):
        for x, picture in enumerate(row):
            grid.paste(picture, (GRID_PADDING + x * step_x, GRID_PADDING + y * step_y))
    return grid


def _json_ready(inputs: Mapping[str, Any]) -> dict[str, Any]:
    lists = {
        name: value.tolist() if isinstance(value, np.ndarray) else list(value)
        for name, value in inputs.items()
    }
    return {name: [_to_json(v) for v in values] for name, values in lists.items()}


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"b64"}:
        return base64.b64decode(value["b64"])
    return value


def _no_answer(address: str, reason: str) -> UserError:
    return UserError(
        f"no model server answers at {address} ({reason}); start one with "
        "export/serve.py or correct --address"
    )


def _refused(address: str, reason: str) -> RequestRefused:
    return RequestRefused(f"the server at {address} refused the request ({reason})")
