"""What the checks of all kinds of models share: comparing, wording, refusals."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

# Convolutions may sum in another order in another batch; that moves a float image in
# its last digits and can tip a uint8 pixel by one level, never more.
PIXEL_TOLERANCE = 1

Arrays = dict[str, np.ndarray]
Run = Callable[[str, Arrays], Arrays]
Line = tuple[str, bool, str]


def pixel_difference(a: np.ndarray, b: np.ndarray) -> int:
    """Returns the largest difference in levels."""
    return int(np.max(np.abs(a.astype(np.int32) - b.astype(np.int32)), initial=0))


def pictures_of(outputs: Arrays) -> np.ndarray:
    """Returns the pictures `[N, H, W, C]` of a signature, files decoded."""
    if "image_bytes" in outputs:
        files = outputs["image_bytes"]
        return np.stack([tf.io.decode_png(file).numpy() for file in files])
    return outputs["images"]


def to_levels(images: np.ndarray) -> np.ndarray:
    """Maps [-1, 1] to 0..255 as the served models do."""
    return np.floor(np.clip(127.5 * (images + 1.0) + 0.5, 0.0, 255.0))


def within(name: str, worst: int, allowed: int = PIXEL_TOLERANCE) -> Line:
    """Returns the line of a comparison in levels."""
    return name, worst <= allowed, f"largest difference {worst} of 255 levels"


def line(name: str, problems: list[str], otherwise: str) -> Line:
    """Returns the line of a check that passes without problems."""
    return name, not problems, "; ".join(problems) or otherwise


def shown(outputs: Arrays) -> str:
    """Returns name, type and shape of outputs."""
    kinds = {
        name: "string" if v.dtype == object else v.dtype for name, v in outputs.items()
    }
    return ", ".join(f"{n} {kinds[n]} {list(v.shape)}" for n, v in outputs.items())


def is_refused(run: Run, signature: str, inputs: Arrays) -> bool:
    """Returns whether a call stops with `InvalidArgument`."""
    try:
        run(signature, inputs)
    except tf.errors.InvalidArgumentError:
        return True
    return False
