"""Arrays come out of PyTorch's files as PyTorch put them in.

The files in tests/golden/pytorch were written by PyTorch 2.13; every number in them
follows from its place, `base` being 0 to 23.
"""

import subprocess
import sys

import numpy as np
import pytest
from golden_files import GOLDEN
from importers.pytorch_files import (
    array,
    mapping,
    number,
    old_file,
    safetensors,
    storage,
    tensor,
    text,
    write_state,
    zip_file,
)

from tfgan_contra.errors import CheckpointError
from tfgan_contra.importers import read_pytorch_file, read_pytorch_state

FILES = GOLDEN / "pytorch"
BASE = np.arange(24, dtype=np.float32)
TENSORS = {
    "float64": BASE.astype(np.float64) / 7,
    "float32": BASE.reshape(2, 3, 4),
    "float16": (BASE / 4).astype(np.float16),
    "bfloat16": BASE / 4,
    "int64": BASE.astype(np.int64) - 5,
    "int32": BASE.astype(np.int32),
    "int16": BASE.astype(np.int16),
    "int8": BASE.astype(np.int8),
    "uint8": BASE.astype(np.uint8),
    "bool": BASE.astype(np.int64) % 3 == 0,
    "scalar": np.float32(2.5),
    "empty": np.zeros((0, 3), np.float32),
    "shared": BASE,
    "transposed": BASE.reshape(4, 6).T,
    "tail": BASE[20:],
    "sliced": BASE.reshape(4, 6)[1:3, ::2],
    "repeated": np.full((5, 1), 3, np.float32),
    "parameter": BASE,
}


def check_same(arrays, expected):
    assert list(arrays) == list(expected)
    for name, value in expected.items():
        assert arrays[name].dtype == value.dtype, name
        np.testing.assert_array_equal(arrays[name], value, name)


@pytest.mark.parametrize(
    "name", ["tensors.pth", "tensors_old.pth", "tensors_protocol4.pth"]
)
def test_every_type_and_layout(name):
    arrays = read_pytorch_state(FILES / name)
    check_same(arrays, TENSORS)
    assert np.shares_memory(arrays["shared"], arrays["transposed"])
    assert not arrays["float32"].flags.writeable


@pytest.mark.parametrize("name", ["studiogan.pth", "studiogan_old.pth"])
def test_a_studiogan_file_gives_its_state_and_what_lies_beside(name):
    """Written through DataParallel, so its names start with `module.`."""
    state = read_pytorch_state(FILES / name)
    kernel = np.arange(54, dtype=np.float32).reshape(3, 2, 3, 3) / 8 + 1
    np.testing.assert_array_equal(state["0.weight_orig"], kernel)
    np.testing.assert_array_equal(state["1.weight"], np.arange(3) / 8 + 2)
    assert state["0.weight_v"].shape == (18,)
    assert state["1.num_batches_tracked"] == 1

    whole = read_pytorch_file(FILES / name)
    assert whole["step"] == 94000 and whole["best_fid"] == 8.065
    assert whole["run_name"] == "CIFAR10-ContraGAN-train" and whole["aa_p"] is None
    lecam = whole["lecam_emas"]
    assert lecam.pop("D_real") == 0.5
    assert lecam == {
        "init": 7777,
        "decay": 0.9,
        "device": "cuda:0",
        "dtype": "torch.float16",
        "size": (2, 3),
    }
    moments = whole["optimizer"]["state"][1]
    assert moments["exp_avg"].shape == (3, 2, 3, 3)
    assert whole["optimizer"]["param_groups"][0]["betas"] == (0.5, 0.999)
    assert list(whole["state_dict"])[0] == "module.0.bias"


def test_safetensors(tmp_path):
    halves = np.arange(6, dtype=np.float16).reshape(2, 3)
    brain = np.array([1.5, -2.0], np.float32)
    data = halves.tobytes() + (brain.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    header = {
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]},
        "b": {"dtype": "BF16", "shape": [2], "data_offsets": [12, 16]},
    }
    path = safetensors(tmp_path / "weights", header, data)
    check_same(read_pytorch_state(path), {"a": halves, "b": brain})


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(tmp_path, save):
    arrays = {"a.weight": np.asfortranarray(BASE.reshape(4, 6)), "b": np.int64(3)}
    save(tmp_path / "weights.npz", **arrays)
    check_same(read_pytorch_state(tmp_path / "weights.npz"), arrays)


def test_our_own_writer_and_big_endian_files(tmp_path):
    state = {"a": BASE.reshape(4, 6), "n": np.int64(7)}
    path = write_state(tmp_path / "a.pth", state, step=number(5))
    check_same(read_pytorch_state(path), state)
    assert read_pytorch_file(path)["step"] == 5

    program, data = mapping({"a": array("0", BASE)}), BASE.astype(">f4").tobytes()
    big = zip_file(tmp_path / "b.pth", program, {"0": data}, order="big")
    check_same(read_pytorch_state(big), {"a": BASE})


def test_what_is_referred_to_twice_stays_one(tmp_path):
    """Also a container that holds itself, which has no end when written out."""
    program = b"]q\x00" + b"h\x00a" + text("x") + b"a"
    path = zip_file(tmp_path / "a.pth", mapping({"list": program}))
    loop = read_pytorch_file(path)["list"]
    assert loop[0] is loop and loop[1] == "x"


def test_only_the_state_dict_is_read(tmp_path):
    """The optimiser, twice the size of the weights, costs nothing; nor does damage."""
    beyond = tensor(storage("FloatStorage", "1", 10), 0, [10], [1])
    good = mapping({"a": array("0", BASE)})
    program = mapping({"state_dict": good, "optimizer": beyond})
    path = zip_file(tmp_path / "a.pth", program, {"0": BASE.tobytes()})
    check_same(read_pytorch_state(path), {"a": BASE})
    with pytest.raises(CheckpointError, match="damaged or truncated"):
        read_pytorch_file(path)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (mapping({"step": number(3)}), "has no state dict"),
        (mapping({"state_dict": mapping({})}), "has no state dict"),
        (
            mapping(
                {"a": tensor(storage("FloatStorage", "0", 1), 0, [], []), "b": b"N"}
            ),
            "has 'b' in its state dict: no array",
        ),
    ],
)
def test_a_file_without_a_state_dict_is_named(tmp_path, program, message):
    path = zip_file(tmp_path / "a.pth", program, {"0": b"abcd"})
    with pytest.raises(CheckpointError, match=message) as caught:
        read_pytorch_state(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_foreign_one_are_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"Cannot read .*none.pth: No such file"):
        read_pytorch_state(tmp_path / "none.pth")
    (tmp_path / "a.pth").write_text("<!DOCTYPE html>")
    with pytest.raises(CheckpointError, match="starts with b'<!DOCTYPE html>"):
        read_pytorch_state(tmp_path / "a.pth")


def test_reading_starts_neither_torch_nor_tensorflow():
    code = (
        "import sys; from tfgan_contra.importers import read_pytorch_state; "
        f"read_pytorch_state({str(FILES / 'studiogan.pth')!r}); "
        "sys.exit(bool({'torch', 'tensorflow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_old_format_keeps_views_of_storages(tmp_path):
    """Files of PyTorch 0.4 name a part of a storage as a storage of its own."""
    view = b"(" + text("view") + number(2) + number(3) + b"t"
    block = storage("FloatStorage", "0", 24, view)
    program = mapping({"part": tensor(block, 1, [2], [1])})
    path = old_file(tmp_path / "a.pth", program, {"0": (24, BASE.tobytes())})
    check_same(read_pytorch_state(path), {"part": BASE[3:5]})
