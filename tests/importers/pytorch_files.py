"""Writes PyTorch's files without PyTorch, well formed or hostile."""

import json
import struct
import zipfile

import numpy as np

STORAGES = {"float32": "FloatStorage", "float16": "HalfStorage", "int64": "LongStorage"}
END = b"."
NO_VIEW = b"N"


def name(module, attribute):
    """Returns the instruction that looks up a name."""
    return b"c" + f"{module}\n{attribute}\n".encode()


def text(value):
    """Returns the instruction that pushes text."""
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value):
    """Returns the instruction that pushes a whole number of up to 255 bytes."""
    data = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def group(*items):
    """Returns the instructions for a tuple."""
    return b"(" + b"".join(items) + b"t"


def call(module, attribute, *arguments):
    """Returns the instructions that call a name."""
    return name(module, attribute) + group(*arguments) + b"R"


def mapping(items):
    """Returns the instructions for a dictionary with text as keys."""
    pairs = b"".join(text(key) + value for key, value in items.items())
    return b"}(" + pairs + b"u"


def storage(kind, key, count, view=b""):
    """Returns the instructions for a reference to a block of numbers.

    Files of the old format have a view after it, `NO_VIEW` mostly.
    """
    parts = (text("storage"), name("torch", kind), text(key), text("cpu"))
    return group(*parts, number(count), view) + b"Q"


def tensor(block, offset, shape, strides):
    """Returns the instructions for a tensor in a block."""
    sizes = [group(*map(number, values)) for values in (shape, strides)]
    hooks = call("collections", "OrderedDict")
    return call(
        "torch._utils",
        "_rebuild_tensor_v2",
        block,
        number(offset),
        *sizes,
        b"\x89",
        hooks,
    )


def array(key, values, view=b""):
    """Returns the instructions for a whole array that lies in a block of its own."""
    strides = [step // values.itemsize for step in values.strides]
    block = storage(STORAGES[values.dtype.name], key, values.size, view)
    return tensor(block, 0, values.shape, strides)


def zip_file(path, program, blocks=(), order="little", compression=zipfile.ZIP_STORED):
    """Writes a file of today's format: a pickle, and blocks of bytes by key."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + program + END)
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", order)
        for key, data in dict(blocks).items():
            archive.writestr(f"archive/data/{key}", data)
    return path


def old_file(path, program, blocks=()):
    """Writes a file of the format before PyTorch 1.6; blocks are (items, bytes)."""
    blocks = dict(blocks)
    keys = b"](" + b"".join(text(key) for key in blocks) + b"e"
    pickles = (number(0x1950A86A20F9469CFC6C), number(1001), mapping({}), program, keys)
    data = b"".join(b"\x80\x02" + pickle + END for pickle in pickles)
    for count, values in blocks.values():
        data += struct.pack("<q", count) + values
    path.write_bytes(data)
    return path


def write_state(path, state, **beside):
    """Writes a state dict as StudioGAN does, in today's format."""
    places, blocks = tensors_and_blocks(state)
    return zip_file(path, mapping({"state_dict": places} | beside), blocks)


def write_plain_state(path, state):
    """Writes nothing but a state dict, as the CUT authors do, in today's format."""
    return zip_file(path, *tensors_and_blocks(state))


def tensors_and_blocks(state):
    """Returns the instructions for a state dict, and its blocks of bytes by key."""
    arrays = {key: np.ascontiguousarray(value) for key, value in state.items()}
    # `ascontiguousarray` makes scalars one-dimensional.
    arrays = {key: value.reshape(state[key].shape) for key, value in arrays.items()}
    blocks = {str(i): value.tobytes() for i, value in enumerate(arrays.values())}
    places = {
        key: array(str(i), value) for i, (key, value) in enumerate(arrays.items())
    }
    return mapping(places), blocks


def safetensors(path, header, data=b""):
    """Writes a .safetensors file of a header (a dictionary, or bytes) and data."""
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
    return path
