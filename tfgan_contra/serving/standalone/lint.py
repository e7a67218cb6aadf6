"""The rules a SavedModel must keep to be served by TensorFlow Serving."""

import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry

PREDICT = "tensorflow/serving/predict"
INITIALIZER = "__saved_model_init_op"
FACTS_FILE = "assets.extra/model.json"
RANDOM_OPS = frozenset(
    (
        "Multinomial",
        "NonDeterministicInts",
        "ParameterizedTruncatedNormal",
        "RandomGamma",
        "RandomPoisson",
        "RandomPoissonV2",
        "RandomShuffle",
        "RandomStandardNormal",
        "RandomUniform",
        "RandomUniformInt",
        "RngReadAndSkip",
        "RngSkip",
        "StatefulRandomBinomial",
        "StatefulStandardNormal",
        "StatefulStandardNormalV2",
        "StatefulTruncatedNormal",
        "StatefulUniform",
        "StatefulUniformFullInt",
        "StatefulUniformInt",
        "TruncatedNormal",
    )
)
PYTHON_OPS = frozenset(("EagerPyFunc", "PyFunc", "PyFuncStateless"))
WRITING_OPS = frozenset(
    ("AssignAddVariableOp", "AssignSubVariableOp", "AssignVariableOp")
)


class Check(NamedTuple):
    """One line of the report."""

    name: str
    passed: bool
    detail: str = ""


def lint(version_dir: str) -> Iterator[Check]:
    """Yields one check per rule; reads the files without loading the model."""
    name = os.path.basename(os.path.abspath(version_dir))
    yield Check("version folder has a numeric name", name.isdecimal(), name)
    saved_model = saved_model_pb2.SavedModel()
    with open(os.path.join(version_dir, "saved_model.pb"), "rb") as file:
        saved_model.ParseFromString(file.read())
    graphs = [
        graph
        for graph in saved_model.meta_graphs
        if list(graph.meta_info_def.tags) == ["serve"]
    ]
    yield Check("one graph has the tag serve", len(graphs) == 1, f"{len(graphs)}")
    if len(graphs) == 1:
        yield from _lint_graph(graphs[0])
    yield from _lint_hashes(version_dir)


def _lint_graph(graph: Any) -> Iterator[Check]:
    signatures = {
        name: signature
        for name, signature in graph.signature_def.items()
        if name != INITIALIZER
    }
    has_default = "serving_default" in signatures
    yield Check("has serving_default", has_default, ", ".join(sorted(signatures)))
    for name, signature in sorted(signatures.items()):
        problems = list(_tensor_problems(signature))
        if signature.method_name != PREDICT:
            problems.append(f"method name {signature.method_name!r}")
        yield Check(
            f"{name}: batch is axis 0 everywhere", not problems, _join(problems)
        )
        problems = list(_operation_problems(graph.graph_def, signature))
        yield Check(f"{name}: operations can be served", not problems, _join(problems))


def _tensor_problems(signature: Any) -> Iterator[str]:
    for direction in ("inputs", "outputs"):
        for name, info in sorted(getattr(signature, direction).items()):
            shape = info.tensor_shape
            if shape.unknown_rank or not shape.dim or shape.dim[0].size != -1:
                yield f"{name} has no free axis 0"
            is_text_output = (
                direction == "outputs" and info.dtype == types_pb2.DT_STRING
            )
            if is_text_output and not name.endswith("_bytes"):
                yield f"{name} is a string output whose name does not end in _bytes"


def _operation_problems(graph_def: Any, signature: Any) -> Iterator[str]:
    seen = set()
    functions = {function.signature.name for function in graph_def.library.function}
    for operation, attributes in _reachable(graph_def, signature):
        # Here nothing but TensorFlow itself has registered any.
        if operation not in functions and op_def_registry.get(operation) is None:
            seen.add(f"is not one of TensorFlow's own: {operation}")
        if operation in RANDOM_OPS:
            seen.add(f"random operation with state: {operation}")
        if operation in PYTHON_OPS:
            seen.add(f"calls back into Python: {operation}")
        if operation in WRITING_OPS:
            seen.add(f"changes the weights: {operation}")
        if "_XlaMustCompile" in attributes and attributes["_XlaMustCompile"].b:
            seen.add("must be compiled with XLA")
    yield from sorted(seen)


def _reachable(graph_def: Any, signature: Any) -> Iterator[tuple[str, Any]]:
    """Yields operation and attributes of all that a signature's outputs depend on."""
    nodes = {node.name: node for node in graph_def.node}
    functions = {f.signature.name: f for f in graph_def.library.function}
    waiting = [info.name.split(":")[0] for info in signature.outputs.values()]
    visited = set(waiting)
    called: set[str] = set()
    while waiting:
        node = nodes[waiting.pop()]
        yield from _with_calls(node, functions, called)
        for source in node.input:
            source = source.lstrip("^").split(":")[0]
            if source not in visited:
                visited.add(source)
                waiting.append(source)


def _with_calls(
    node: Any, functions: dict[str, Any], called: set[str]
) -> Iterator[tuple[str, Any]]:
    yield node.op, node.attr
    names = [
        function.name
        for attribute in node.attr.values()
        for function in (attribute.func, *attribute.list.func)
    ]
    for name in names:
        if name in functions and name not in called:
            called.add(name)
            yield name, functions[name].attr
            for inner in functions[name].node_def:
                yield from _with_calls(inner, functions, called)


def _lint_hashes(version_dir: str) -> Iterator[Check]:
    path = os.path.join(version_dir, FACTS_FILE)
    if not os.path.exists(path):
        yield Check("files are as exported", False, f"{FACTS_FILE} is missing")
        return
    with open(path, encoding="utf-8") as file:
        expected = json.load(file).get("sha256", {})
    changed = []
    for name, digest in expected.items():
        with open(os.path.join(version_dir, name), "rb") as weights:
            if hashlib.sha256(weights.read()).hexdigest() != digest:
                changed.append(f"{name} was changed")
    yield Check("files are as exported", bool(expected) and not changed, _join(changed))


def _join(problems: list[str]) -> str:
    return "; ".join(problems)
