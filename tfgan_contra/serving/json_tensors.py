"""The JSON of TensorFlow Serving's predict requests and responses.

Row format: `{"instances": [...]}` -> `{"predictions": [...]}`; column format:
`{"inputs": ...}` -> `{"outputs": ...}`. Bytes are `{"b64": "..."}`, in a response for
outputs whose name ends in `_bytes`. Stricter than Python's own conversions: 1.5 is no
integer, true is no number.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfgan_contra.serving.model_store import DEFAULT_SIGNATURE, ServingError

Specs = Mapping[str, tf.TensorSpec]


class JsonRequest(NamedTuple):
    """A decoded predict request."""

    signature: str
    inputs: dict[str, np.ndarray]
    is_row_format: bool


def decode_request(body: bytes, specs_of: Callable[[str], Specs]) -> JsonRequest:
    """Reads a request body.

    Args:
        body: JSON text.
        specs_of: returns the inputs of a signature, or raises `ServingError`.

    Raises:
        ServingError: INVALID_ARGUMENT, naming what is wrong.
    """
    request = _parse(body)
    signature = request.get("signature_name", "") or DEFAULT_SIGNATURE
    if not isinstance(signature, str):
        raise _invalid(f"'signature_name' must be a string. Received: {signature!r}")
    specs = specs_of(signature)
    if ("instances" in request) == ("inputs" in request):
        raise _invalid("Expecting exactly one of the keys 'inputs' and 'instances'")
    if "instances" in request:
        columns = _columns_of_rows(request["instances"], specs)
    else:
        columns = _named_columns(request["inputs"], specs)
    inputs = {name: to_array(name, columns[name], specs[name]) for name in specs}
    return JsonRequest(signature, inputs, "instances" in request)


def encode_response(outputs: Mapping[str, np.ndarray], is_row_format: bool) -> bytes:
    """Returns the response body; a single output is sent without its name."""
    columns = {name: _to_json(name, value) for name, value in outputs.items()}
    single = len(columns) == 1
    if not is_row_format:
        body = {"outputs": next(iter(columns.values())) if single else columns}
    elif single:
        body = {"predictions": next(iter(columns.values()))}
    else:
        rows = zip(*columns.values(), strict=True)
        body = {"predictions": [dict(zip(columns, row, strict=True)) for row in rows]}
    return json.dumps(body).encode()


def to_array(name: str, value: Any, spec: tf.TensorSpec) -> np.ndarray:
    """Converts nested lists to an array of the input's type; ragged lists fail."""
    shape = _nested_shape(value)
    leaves: list[Any] = []
    _collect(name, value, shape, leaves)
    dtype = spec.dtype
    if dtype == tf.string:
        array = np.empty([len(leaves)], object)
        array[:] = [_to_bytes(name, leaf) for leaf in leaves]
        return array.reshape(shape)
    allowed = (int,) if dtype.is_integer else (int, float)
    for leaf in leaves:
        if isinstance(leaf, bool) or not isinstance(leaf, allowed):
            raise _invalid(
                f"input {name} must be {dtype.name}. Received: {_brief(leaf)}"
            )
    return _numbers(name, leaves, dtype).reshape(shape)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _invalid(f"JSON Parse error: {error}") from None
    if not isinstance(request, dict):
        raise _invalid(
            f"the request must be a JSON object. Received: {_brief(request)}"
        )
    return request


def _columns_of_rows(rows: Any, specs: Specs) -> dict[str, Any]:
    if not isinstance(rows, list) or not rows:
        raise _invalid("'instances' must be a list with at least one element")
    if not _is_object(rows[0]):
        return {_only_input(specs, "instances"): rows}
    for i, row in enumerate(rows):
        if not _is_object(row) or set(row) != set(specs):
            raise _invalid(
                f"element {i} of 'instances' must be an object with the keys "
                f"{', '.join(sorted(specs))}. Received: {_brief(row)}"
            )
    return {name: [row[name] for row in rows] for name in specs}


def _named_columns(columns: Any, specs: Specs) -> dict[str, Any]:
    if not _is_object(columns):
        return {_only_input(specs, "inputs"): columns}
    for name in specs:
        if name not in columns:
            raise _invalid(f"Missing named input: {name} in 'inputs' object.")
    for name in columns:
        if name not in specs:
            raise _invalid(
                f"'inputs' has the unknown input {name}; "
                f"there are {', '.join(sorted(specs))}"
            )
    return columns


def _only_input(specs: Specs, key: str) -> str:
    if len(specs) > 1:
        raise _invalid(
            f"'{key}' is a plain list, but this signature has several inputs: name "
            f"{', '.join(sorted(specs))}"
        )
    return next(iter(specs))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and set(value) != {"b64"}


def _nested_shape(value: Any) -> list[int]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return shape


def _collect(name: str, value: Any, shape: list[int], leaves: list[Any]) -> None:
    if isinstance(value, list) != bool(shape) or (shape and len(value) != shape[0]):
        raise _invalid(f"input {name} must be nested lists of equal lengths")
    if not shape:
        leaves.append(value)
        return
    for item in value:
        _collect(name, item, shape[1:], leaves)


def _numbers(name: str, leaves: list[Any], dtype: tf.DType) -> np.ndarray:
    low, high = (np.asarray(limit).item() for limit in (dtype.min, dtype.max))
    finite = (leaf for leaf in leaves if not isinstance(leaf, float) or isfinite(leaf))
    if not all(low <= leaf <= high for leaf in finite):
        raise _invalid(f"input {name} holds a number that does not fit {dtype.name}")
    return np.array(leaves, dtype.as_numpy_dtype)


def _to_bytes(name: str, leaf: Any) -> bytes:
    if isinstance(leaf, str):
        try:
            return leaf.encode()
        except UnicodeEncodeError:  # JSON can spell half of a surrogate pair
            raise _invalid(f"input {name} must be valid Unicode") from None
    if isinstance(leaf, dict) and set(leaf) == {"b64"} and isinstance(leaf["b64"], str):
        try:
            return base64.b64decode(leaf["b64"], validate=True)
        except binascii.Error:
            raise _invalid(f"input {name} is not valid base64") from None
    raise _invalid(f"input {name} must be a string. Received: {_brief(leaf)}")


def _to_json(name: str, value: np.ndarray) -> Any:
    if value.dtype != object:
        return value.tolist()
    if name.endswith("_bytes"):
        return [{"b64": base64.b64encode(item).decode()} for item in value]
    return [item.decode("utf-8", "replace") for item in value]


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _invalid(message: str) -> ServingError:
    return ServingError("INVALID_ARGUMENT", message)
