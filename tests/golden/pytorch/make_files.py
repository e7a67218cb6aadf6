"""Wrote the files beside it with PyTorch 2.13, which the tests do without.

python tests/golden/pytorch/make_files.py tests/golden/pytorch
"""

import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch import nn

OLD = {"_use_new_zipfile_serialization": False}


def tensors():
    """Returns every element type, and every way to lie in a storage."""
    base = torch.arange(24, dtype=torch.float32)
    table = base.reshape(4, 6)
    return OrderedDict(
        float64=base.double() / 7,
        float32=base.reshape(2, 3, 4).clone(),
        float16=base.half() / 4,
        bfloat16=(base / 4).bfloat16(),
        int64=base.long() - 5,
        int32=base.int(),
        int16=base.short(),
        int8=base.to(torch.int8),
        uint8=base.to(torch.uint8),
        bool=base.long() % 3 == 0,
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 3),
        shared=base,
        transposed=table.t(),
        tail=base[20:],
        sliced=table[1:3, ::2],
        repeated=base[3:4].expand(5, 1),
        parameter=nn.Parameter(base.clone()),
    )


def set_parameters(model):
    """Makes every number follow from its place."""
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            values = torch.arange(parameter.numel()).reshape(parameter.shape)
            parameter.copy_(values / 8 + i)


def studiogan():
    """Returns what StudioGAN saves of a discriminator, with one step of Adam."""
    convolution = nn.utils.spectral_norm(nn.Conv2d(2, 3, 3))
    model = nn.DataParallel(nn.Sequential(convolution, nn.BatchNorm2d(3)))
    set_parameters(model)
    optimizer = torch.optim.Adam(model.parameters(), 2e-4, (0.5, 0.999), 1e-6)
    model(torch.ones(2, 2, 4, 4)).sum().backward()
    optimizer.step()
    set_parameters(model)
    return {
        "state_dict": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "seed": 3,
        "run_name": "CIFAR10-ContraGAN-train",
        "step": 94000,
        "epoch": 2,
        "topk": 64,
        "aa_p": None,
        "best_step": 94000,
        "best_fid": np.float64(8.065),
        "best_fid_ckpt": "checkpoints",
        "lecam_emas": {
            "init": 7777,
            "decay": 0.9,
            "D_real": torch.tensor(0.5),
            "device": torch.device("cuda", 0),
            "dtype": torch.float16,
            "size": torch.Size([2, 3]),
        },
    }


def main(folder):
    """Writes all files."""
    torch.manual_seed(0)
    torch.save(tensors(), folder / "tensors.pth")
    torch.save(tensors(), folder / "tensors_old.pth", **OLD)
    torch.save(tensors(), folder / "tensors_protocol4.pth", pickle_protocol=4)
    torch.save(studiogan(), folder / "studiogan.pth")
    torch.save(studiogan(), folder / "studiogan_old.pth", **OLD)
    torch.save(nn.Linear(2, 2), folder / "whole_module.pth")
    torch.jit.script(nn.Linear(2, 2)).save(str(folder / "script.pt"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
