"""Files made to run code, to take all memory or time, or to break the reader.

Every test listens to Python's own audit: had a file imported, called or opened
anything, it would be heard.
"""

import io
import os
import pickle
import random
import struct
import sys
import time
import zipfile

import numpy as np
import pytest
from golden_files import GOLDEN
from importers.pytorch_files import (
    END,
    NO_VIEW,
    array,
    call,
    group,
    mapping,
    name,
    number,
    old_file,
    safetensors,
    storage,
    tensor,
    text,
    zip_file,
)

from tfgan_contra.errors import CheckpointError
from tfgan_contra.importers import read_pytorch_file, read_pytorch_state

FILES = GOLDEN / "pytorch"
FIXTURES = ["tensors.pth", "tensors_old.pth", "tensors_protocol4.pth", "studiogan.pth"]
FORBIDDEN = ("pickle.", "os.", "subprocess.", "socket.", "import", "exec")
BLOCK = storage("FloatStorage", "0", 6)
NUMBERS = {"0": np.arange(6, dtype=np.float32).tobytes()}
HEARD = []
LISTENING = []


def listen(event, arguments):
    if LISTENING and event.startswith(FORBIDDEN):
        HEARD.append((event, arguments))


sys.addaudithook(listen)


@pytest.fixture(autouse=True, scope="module")
def imported(tmp_path_factory):
    """Lets what reading itself imports be there already."""
    read_pytorch_file(FILES / "tensors.pth")
    read_pytorch_file(zip_file(tmp_path_factory.mktemp("files") / "a.pth", b"}"))


def refusal(path):
    """Returns the one line that a file is refused with; nothing may be run."""
    begin = time.monotonic()
    HEARD.clear()
    LISTENING.append(True)
    try:
        with pytest.raises(CheckpointError) as caught:
            read_pytorch_file(path)
    finally:
        LISTENING.clear()
    assert HEARD == []
    assert time.monotonic() - begin < 10
    line = str(caught.value)
    assert line.startswith(str(path)) and "\n" not in line and len(line) < 600
    return line.removeprefix(f"{path} ")


class Evil:
    """Runs a command when Python unpickles it."""

    def __reduce__(self):
        return os.system, ("touch executed",)


class EvilState:
    """Runs a method of its own when Python unpickles it."""

    def __getstate__(self):
        return {"a": 1}

    def __setstate__(self, state):
        os.system("touch executed")


def pickled(value, protocol):
    """Returns Python's own pickle of a value, without start and end."""
    return pickle.dumps(value, protocol)[2:-1]


EVIL = {
    "system": (call("os", "system", text("touch executed")), "'os.system'"),
    "posix": (call("posix", "system", text("touch executed")), "'posix.system'"),
    "eval": (call("builtins", "eval", text("1")), "'builtins.eval'"),
    "import": (call("builtins", "__import__", text("os")), "'builtins.__import__'"),
    "getattr": (call("builtins", "getattr", text("a"), text("b")), "builtins.getattr"),
    "torch load": (call("torch", "load", text("a.pth")), "'torch.load'"),
    "numpy load": (call("numpy", "load", text("a")), "'numpy.load'"),
    "dotted": (call("collections", "OrderedDict.fromkeys", text("a")), "fromkeys"),
    "unused": (name("os", "system") + b"0N", "'os.system'"),
    "protocol 2": (pickled(Evil(), 2), "'posix.system'"),
    "protocol 4": (pickled(Evil(), 4), "'posix.system'"),
    "setstate": (pickled(EvilState(), 2), "EvilState'"),
    "newobj": (pickled(EvilState(), 4), "EvilState'"),
    "inst": (b"(iposix\nsystem\n", "INST of 'posix system'"),
    "obj": (b"(" + text("a") + b"o", "the instruction OBJ"),
    "new object": (name("collections", "OrderedDict") + b")\x81", "NEWOBJ"),
    "extension": (b"\x82\x01", "EXT1"),
    "text reference": (b"Pos.system\n", "PERSID"),
    "copied top": (b"}2", "DUP"),
    "bytes to write to": (b"\x96" + bytes(8), "BYTEARRAY8"),
    "name from pieces": (
        text("os") + b"q\x010" + text("system") + b"q\x020h\x01h\x02\x93)R",
        "'os.system'",
    ),
    "number exchanged for a name": (
        text("a") + b"q\x010" + name("os", "system") + b"q\x01",
        "'os.system'",
    ),
    "class with storage in its name": (name("evil", "FloatStorage"), "evil.Float"),
}


@pytest.mark.parametrize("case", EVIL)
@pytest.mark.parametrize("write", [zip_file, old_file])
def test_code_is_refused_by_its_name(tmp_path, monkeypatch, write, case):
    monkeypatch.chdir(tmp_path)
    program, named = EVIL[case]
    with_numbers = mapping({"a": array("0", np.zeros(6, np.float32)), "b": program})
    line = refusal(write(tmp_path / "a.pth", with_numbers))
    assert line.startswith("holds code, not only arrays") and named in line
    assert "refused unread" in line
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("protocol", range(6))
def test_a_plain_pickle_is_no_checkpoint(tmp_path, monkeypatch, protocol):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.pth"
    path.write_bytes(pickle.dumps(Evil(), protocol))
    assert refusal(path).startswith(("holds code", "is neither a PyTorch file"))
    path.write_bytes(pickle.dumps([1], 2))
    assert "is damaged" in refusal(path)
    path.write_bytes(pickle.dumps(1, 2) * 2)
    assert refusal(path) == "is a pickle, but not one of PyTorch"
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("file", ["whole_module.pth", "script.pt"])
def test_programs_that_pytorch_saves_are_refused(file):
    line = refusal(FILES / file)
    assert line.startswith("holds code")


MISUSED = {
    "a tensor in no storage": call("torch._utils", "_rebuild_tensor_v2", *[b"N"] * 4),
    "a tensor in text": tensor(text("0"), 0, [1], [1]),
    "sizes and no strides": tensor(BLOCK, 0, [1], []),
    "too many dimensions": tensor(BLOCK, 0, [1] * 40, [1] * 40),
    "a negative stride": tensor(BLOCK, 5, [5], [-1]),
    "a negative place": tensor(BLOCK, -1, [1], [1]),
    "beyond its storage": tensor(BLOCK, 1, [6], [1]),
    "far beyond its storage": tensor(BLOCK, 0, [2, 2], [1, 2**62]),
    "of terabytes": tensor(BLOCK, 0, [2**40], [0]),
    "of a number that overflows": tensor(BLOCK, 0, [2**80, 2**80], [0, 0]),
    "empty but for its size": tensor(BLOCK, 0, [0] + [2**30] * 9, [1] * 10),
    "in a storage of terabytes": tensor(storage("FloatStorage", "0", 2**40), 0, [], []),
    "in a negative storage": tensor(storage("FloatStorage", "0", -1), 0, [], []),
    "elsewhere": tensor(storage("FloatStorage", "../../version", 1), 0, [], []),
    "in another file": tensor(storage("FloatStorage", "/etc/passwd", 1), 0, [], []),
    "a storage of two types": BLOCK + storage("LongStorage", "0", 3),
    "a reference to a pickle": b"U" + bytes([9]) + pickle.dumps(1, 4)[:9] + b"Q",
    "a reference to a module": group(text("module"), b"N", b"N", b"N", b"N") + b"Q",
    "a reference of any length": b"(" + b"N" * 99 + b"tQ",
    "a type of another name": group(text("storage"), text("a"), *[b"N"] * 3) + b"Q",
    "a dictionary with arguments": call("collections", "OrderedDict", b"]"),
    "a size of text": call("torch", "Size", text("abc")),
    "a codec that unpacks": call("_codecs", "encode", text("a"), text("zlib")),
    "a number that is an object": call("numpy", "dtype", text("O8"), b"\x89", b"\x88"),
    "a number of nothing": call("numpy.core.multiarray", "scalar", b"N", b"N"),
    "state for a list": b"]N" + b"b",
    "a call of text": text("os.system") + b")R",
    "a call of a type": name("torch", "FloatStorage") + b")R",
    "arguments in a list": name("torch", "Size") + b"]R",
    "a key that is a tuple": b"})Ns",
    "a key that collides": b"}" + number(2**61 - 1) + b"Ns",
    "a huge number": number(2**2000),
    "a number in words": b"I" + b"9" * 9000 + b"\n",
    "a value too few": b"\x85",
    "a value from under a mark": b"N(0R",
    "a mark too few": b"t",
    "an odd dictionary": b"}(Nu",
    "items without a list": b"N(Ne",
    "a number never given": b"h\x09",
    "a name of a number": number(1) + number(2) + b"\x93",
    "lists without end": b"]" * 9_999 + b"a" * 9_998,
    "tuples without end": b")" + b"\x85" * 9_999,
}


@pytest.mark.parametrize("case", MISUSED)
def test_what_is_allowed_is_checked(tmp_path, case):
    program = mapping({"a": MISUSED[case]})
    refusal(zip_file(tmp_path / "a.pth", program, NUMBERS))
    blocks = {key: (len(data) // 4, data) for key, data in NUMBERS.items()}
    refusal(old_file(tmp_path / "b.pth", program, blocks))


def test_dropped_instructions_do_no_harm(tmp_path):
    """PyTorch notes versions beside a state dict; a file may note anything there."""
    state = mapping({"__class__": text("os"), "__setstate__": text("system")})
    good = mapping({"a": array("0", np.zeros(6, np.float32))})
    program = call("collections", "OrderedDict") + good[1:] + state + b"b"
    (read,) = read_pytorch_state(zip_file(tmp_path / "a.pth", program, NUMBERS)).items()
    np.testing.assert_array_equal(read[1], np.arange(6))


def test_references_cannot_multiply(tmp_path):
    """A list of ten references to a list of ten references to ...: 10^60 in all."""
    program = b"]q\x00" + b"".join(
        b"](" + b"h" + bytes([i]) + (b"h" + bytes([i])) * 9 + b"eq" + bytes([i + 1])
        for i in range(60)
    )
    read = read_pytorch_file(zip_file(tmp_path / "a.pth", program))
    assert read[0] is read[9]


def test_structure_that_is_too_long_is_refused_before_it_is_read(tmp_path):
    program = mapping({"a": text("a" * 3 * 2**20)})
    path = zip_file(tmp_path / "a.pth", program)
    assert "describes its arrays in more than" in refusal(path)
    assert "is damaged or truncated" in refusal(old_file(tmp_path / "b.pth", program))


GOOD = mapping({"a": tensor(BLOCK, 0, [6], [1])})


def archive(path, files, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for key, data in files.items():
            file.writestr(key, data)
    return path


def test_archives_that_lie(tmp_path):
    path = tmp_path / "a.pth"
    zip_file(path, GOOD, NUMBERS, compression=zipfile.ZIP_DEFLATED)
    assert "with compressed files" in refusal(path)

    archive(path, {"a/data.pkl": END, "b/data.pkl": END})
    assert "not one of PyTorch" in refusal(path)
    archive(path, {"a.txt": b"", "b.npy": b""})
    assert "not one of PyTorch" in refusal(path)

    whole = zip_file(path, GOOD, NUMBERS).read_bytes()
    entry = whole.rindex(b"PK\x01\x02", 0, whole.rindex(b"archive/data/0"))
    for change, place, words in (
        (struct.pack("<H", 1), 8, "encrypted"),
        (struct.pack("<II", 2**31, 2**31), 20, "claim more room"),
    ):
        lie = bytearray(whole)
        lie[entry + place : entry + place + len(change)] = change
        path.write_bytes(lie)
        assert words in refusal(path)

    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a/data.pkl", END)
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("a/data.pkl", END)
    assert "two files of one name" in refusal(path)


def test_numpy_archives_that_lie(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, a=np.array([Evil()], object))
    assert "which is no array of numbers" in refusal(path)
    np.savez(path, a=np.zeros(2, [("a", "f4")]))
    assert "which is no array of numbers" in refusal(path)
    np.savez_compressed(path, a=np.zeros(2**21))
    assert "unpacks to more than 100 times its size" in refusal(path)

    claims = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (2**40,)}
    np.lib.format.write_array_header_1_0(claims, header)
    archive(path, {"a.npy": claims.getvalue()})
    assert "has the wrong size" in refusal(path)


BYTES = {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}
SAFETENSORS = {
    "a shape of more": {"a": BYTES | {"shape": [5]}},
    "a negative shape": {"a": BYTES | {"shape": [-2, -2]}},
    "a shape of terabytes": {"a": BYTES | {"shape": [2**50]}},
    "a shape of fractions": {"a": BYTES | {"shape": [4.0]}},
    "places behind the end": {"a": BYTES | {"data_offsets": [1, 5]}},
    "places before the start": {"a": BYTES | {"data_offsets": [-4, 0]}},
    "the same place again": {"a": BYTES, "b": BYTES},
    "places without end": {"a": BYTES | {"data_offsets": [0, float("inf")]}},
    "places in text": {"a": BYTES | {"data_offsets": ["0", "4"]}},
    "another type": {"a": BYTES | {"dtype": "object"}},
    "no shape": {"a": {"dtype": "U8", "data_offsets": [0, 4]}},
    "a list": b"{[]}",
    "one name twice": b'{"a": 1, "a": 2}',
    "no end": b'{"a": ' * 100_000,
}


@pytest.mark.parametrize("case", SAFETENSORS)
def test_safetensors_that_lie(tmp_path, case):
    path = safetensors(tmp_path / "a.safetensors", SAFETENSORS[case], b"abcd")
    assert "damaged" in refusal(path)


@pytest.mark.parametrize("length", [2**63, 2**40, 3])
def test_safetensors_of_another_length(tmp_path, length):
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b'{"a": {}}')
    assert "damaged or truncated" in refusal(path)


@pytest.mark.parametrize("file", FIXTURES)
def test_truncated_files(tmp_path, file):
    whole, path = (FILES / file).read_bytes(), tmp_path / file
    for length in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:length])
        assert "truncated" in refusal(path) or length < 20


@pytest.mark.parametrize("file", FIXTURES)
def test_damaged_files_give_a_line_or_arrays(tmp_path, file):
    whole, path = (FILES / file).read_bytes(), tmp_path / file
    dice = random.Random(file)
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        path.write_bytes(damaged)
        LISTENING.append(True)
        try:
            read_pytorch_file(path)
        except CheckpointError as error:
            refused += 1
            assert str(error).startswith(str(path)) and len(str(error)) < 600
        finally:
            LISTENING.clear()
    assert HEARD == []
    assert refused > 20


def test_old_files_that_lie(tmp_path):
    program = mapping({"a": array("0", np.zeros(6, np.float32), NO_VIEW)})
    for count in (7, -1, 2**60):
        blocks = {"0": (count, NUMBERS["0"])}
        assert "truncated" in refusal(old_file(tmp_path / "a.pth", program, blocks))
    blocks = {"0": (6, NUMBERS["0"]), "unknown": (6, NUMBERS["0"])}
    assert "damaged" in refusal(old_file(tmp_path / "a.pth", program, blocks))
