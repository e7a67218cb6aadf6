"""Translated pictures from a SavedModel alone, without the run that made it."""

import json
import os
from collections.abc import Callable
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from tfgan_contra.errors import UsageError
from tfgan_contra.models.pass_limits import PassLimits
from tfgan_contra.models.tiling import GRID, Function
from tfgan_contra.models.translator import PictureTranslator, bytes_per_pixel
from tfgan_contra.serving.checking import newest_version
from tfgan_contra.serving.model_card import FACTS_FILE

SIGNATURE = "serving_default"
# Of the first convolution, where the graph does not show it: the authors'.
ASSUMED_WIDTH = 64


class SavedTranslator(PictureTranslator):
    """Translates with the `serving_default` signature of an exported translator.

    Large pictures are cut into tiles as `Translator` does it, with one difference: the
    graph normalises each tile by its own statistics, so that colours may drift from
    tile to tile. The tiles overlap more, to make the drift gradual.

    Args:
        model_dir: a SavedModel, or a folder of numbered versions, whose newest is used.
        memory_limit_mb: as of `Translator`.
        say: as of `Translator`.

    Raises:
        UsageError: if there is no SavedModel, or none that translates pictures.
    """

    def __init__(
        self,
        model_dir: str,
        *,
        memory_limit_mb: Optional[int] = None,
        say: Callable[[str], None] = print,
    ) -> None:
        version_dir = newest_version(model_dir)
        # The signatures use the variables of the object that they were loaded with.
        self._model = _loaded(version_dir)
        self._signature = self._model.signatures.get(SIGNATURE)
        taken, made = _shapes(version_dir, self._signature)
        limits = PassLimits.of(
            bytes_per_pixel(_width(self._signature, taken[3])),
            memory_limit_mb,
            max_pixels=_facts(version_dir).get("max_pixels"),
        )
        super().__init__(taken[3], made[3], limits, say)

    def one_pass(self, images: np.ndarray) -> np.ndarray:
        """Translates uint8 `[N, h, w, channels]` that fit into memory together."""
        return self._signature(images=tf.constant(images))["images"].numpy()

    def overlap(self, tile: int) -> int:
        """Returns how many pixels neighbouring tiles share: a quarter."""
        return GRID * (tile // (4 * GRID))

    def for_tiles(self, picture: np.ndarray) -> tuple[Function, str]:
        """Returns what translates the tiles of a picture, and how to name it."""
        return (
            lambda pixels: self.one_pass(pixels[None])[0],
            "each normalised by its own statistics, so colours may drift from tile to "
            "tile (not so from the run folder, --workdir)",
        )


def _loaded(version_dir: str) -> Any:
    try:
        return tf.saved_model.load(version_dir)
    except (OSError, ValueError, tf.errors.OpError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"--model_dir: {version_dir} cannot be loaded ({reason}); export it again"
        ) from None


def _shapes(version_dir: str, signature: Any) -> tuple[tf.TensorShape, tf.TensorShape]:
    """Returns the shapes of the pictures taken and made."""
    inputs = signature.structured_input_signature[1] if signature else {}
    taken = inputs.get("images")
    if taken is None or taken.dtype != tf.uint8 or taken.shape.rank != 4:
        raise UsageError(
            f"--model_dir: {version_dir} takes {', '.join(inputs) or 'nothing'}, no "
            "pictures to translate; ask it with export/request.py"
        )
    return taken.shape, signature.outputs[0].shape


def _width(signature: Any, channels: int) -> int:
    """Returns the filters of the first convolution, whose kernel takes the pictures."""
    shapes = [variable.shape for variable in signature.variables]
    kernels = [s for s in shapes if s.rank == 4 and s[2] == channels]
    return kernels[0][3] if kernels else ASSUMED_WIDTH


def _facts(version_dir: str) -> dict[str, Any]:
    try:
        with open(os.path.join(version_dir, FACTS_FILE), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}  # exported by something else
