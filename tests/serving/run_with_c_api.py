"""Runs one signature through TensorFlow's C library, as a model server would.

Never imports the Python package: the library is found by path and called with ctypes.
Reads a JSON description from the standard input, writes the result as JSON.
"""

import ctypes as c
import json
import pathlib
import sys

import numpy as np

DTYPES = {1: np.float32, 3: np.int32, 4: np.uint8, 9: np.int64}
# TF_STRING, and the bytes of a TF_TString.
STRING, STRING_BYTES = 7, 24


class Output(c.Structure):
    """TF_Output."""

    _fields_ = [("operation", c.c_void_p), ("index", c.c_int)]


def load_library(folder):
    """Opens the two libraries of the wheel and declares what is called."""
    c.CDLL(str(folder / "libtensorflow_framework.so.2"), c.RTLD_GLOBAL)
    library = c.CDLL(str(folder / "libtensorflow_cc.so.2"), c.RTLD_GLOBAL)
    pointer, text = c.c_void_p, c.c_char_p
    sizes, status = c.POINTER(c.c_int64), pointer
    tags, outputs = c.POINTER(text), c.POINTER(Output)
    tensors = c.POINTER(pointer)
    for name, result, arguments in [
        ("TF_NewStatus", pointer, []),
        ("TF_GetCode", c.c_int, [status]),
        ("TF_Message", text, [status]),
        ("TF_NewGraph", pointer, []),
        ("TF_NewSessionOptions", pointer, []),
        (
            "TF_LoadSessionFromSavedModel",
            pointer,
            [pointer, pointer, text, tags, c.c_int, pointer, pointer, status],
        ),
        ("TF_GraphOperationByName", pointer, [pointer, text]),
        ("TF_AllocateTensor", pointer, [c.c_int, sizes, c.c_int, c.c_size_t]),
        ("TF_TensorData", pointer, [pointer]),
        ("TF_StringInit", None, [pointer]),
        ("TF_StringCopy", None, [pointer, text, c.c_size_t]),
        ("TF_TensorByteSize", c.c_size_t, [pointer]),
        ("TF_TensorType", c.c_int, [pointer]),
        ("TF_NumDims", c.c_int, [pointer]),
        ("TF_Dim", c.c_int64, [pointer, c.c_int]),
        (
            "TF_SessionRun",
            None,
            [pointer, pointer, outputs, tensors, c.c_int, outputs, tensors, c.c_int]
            + [pointer, c.c_int, pointer, status],
        ),
    ]:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def to_tensor(library, array):
    """Copies an array into a TF_Tensor."""
    if array.dtype.kind == "U":
        return to_string_tensor(library, array)
    kind = {np.dtype(dtype): number for number, dtype in DTYPES.items()}[array.dtype]
    sizes = (c.c_int64 * array.ndim)(*array.shape)
    tensor = library.TF_AllocateTensor(kind, sizes, array.ndim, array.nbytes)
    c.memmove(library.TF_TensorData(tensor), array.ctypes.data, array.nbytes)
    return tensor


def to_string_tensor(library, array):
    """Copies strings into a TF_Tensor."""
    sizes = (c.c_int64 * array.ndim)(*array.shape)
    size = STRING_BYTES * array.size
    tensor = library.TF_AllocateTensor(STRING, sizes, array.ndim, size)
    for i, text in enumerate(array.ravel().tolist()):
        place = library.TF_TensorData(tensor) + STRING_BYTES * i
        library.TF_StringInit(place)
        library.TF_StringCopy(place, text.encode(), len(text.encode()))
    return tensor


def to_list(library, tensor):
    """Reads a TF_Tensor."""
    shape = [library.TF_Dim(tensor, i) for i in range(library.TF_NumDims(tensor))]
    size = library.TF_TensorByteSize(tensor)
    data = c.string_at(library.TF_TensorData(tensor), size)
    dtype = DTYPES[library.TF_TensorType(tensor)]
    return np.frombuffer(data, dtype).reshape(shape).tolist()


def main():
    """Loads the model, runs every request, prints code, message and output of each."""
    task = json.load(sys.stdin)
    library = load_library(pathlib.Path(task["library"]))
    status, graph = library.TF_NewStatus(), library.TF_NewGraph()
    session = library.TF_LoadSessionFromSavedModel(
        library.TF_NewSessionOptions(),
        None,
        task["model"].encode(),
        (c.c_char_p * 1)(b"serve"),
        1,
        graph,
        None,
        status,
    )
    assert library.TF_GetCode(status) == 0, library.TF_Message(status)

    def output(name):
        operation, _, index = name.partition(":")
        found = library.TF_GraphOperationByName(graph, operation.encode())
        assert found, name
        return Output(found, int(index))

    answers = []
    for request in task["requests"]:
        count = len(request["inputs"])
        names = (Output * count)(*[output(name) for name, _, _ in request["inputs"]])
        arrays = [np.array(value, dtype) for _, dtype, value in request["inputs"]]
        tensors = (c.c_void_p * count)(*[to_tensor(library, a) for a in arrays])
        wanted, got = (Output * 1)(output(request["output"])), (c.c_void_p * 1)()
        status = library.TF_NewStatus()
        library.TF_SessionRun(
            session, None, names, tensors, count, wanted, got, 1, None, 0, None, status
        )
        code, message = library.TF_GetCode(status), library.TF_Message(status).decode()
        value = to_list(library, got[0]) if code == 0 else None
        answers.append({"code": code, "message": message, "output": value})
    assert "tensorflow" not in sys.modules
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
