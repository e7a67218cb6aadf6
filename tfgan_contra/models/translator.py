"""Translated pictures from a trained generator: any size, uint8 in and out."""

import abc
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from tfgan_contra.errors import DataError
from tfgan_contra.layers.instance_norm import InstanceNormalization
from tfgan_contra.models.pass_limits import SMALLEST_TILE, PassLimits
from tfgan_contra.models.sampler import to_uint8
from tfgan_contra.models.tiling import GRID, Function, map_in_tiles
from tfgan_contra.networks.translation_layout import SMALLEST_SIDE
from tfgan_contra.networks.translation_sizes import translate_any_size

# The most that a pass was seen to hold at once, in activations of the first
# convolution: 10.4 for CUT's generator (widths 4 to 128), 7.0 for SinCUT's.
FULL_SIZE_ACTIVATIONS = 11
FLOAT_BYTES = 4
# What a tile's own border changes has faded after this many pixels.
BORDER = 64


class PictureTranslator(abc.ABC):
    """Translates uint8 pictures of any size; large ones in overlapping tiles.

    Args:
        channels: of the pictures taken.
        out_channels: of those made.
        limits: of one pass.
        say: is told once why and how pictures are cut into tiles.
    """

    def __init__(
        self,
        channels: int,
        out_channels: int,
        limits: PassLimits,
        say: Callable[[str], None] = print,
    ) -> None:
        self.channels, self.out_channels = channels, out_channels
        self.limits, self._say, self._said = limits, say, False

    @abc.abstractmethod
    def one_pass(self, images: np.ndarray) -> np.ndarray:
        """Translates uint8 `[N, h, w, channels]` that fit into memory together."""

    @abc.abstractmethod
    def for_tiles(self, picture: np.ndarray) -> tuple[Function, str]:
        """Returns what translates the tiles of a picture, and how to name it."""

    @abc.abstractmethod
    def overlap(self, tile: int) -> int:
        """Returns how many pixels neighbouring tiles share."""

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Returns uint8 `[N, H, W, out_channels]`.

        Args:
            images: uint8 `[N, H, W, channels]`, H and W 5 or more.

        Raises:
            ValueError: for images of another type or shape.
            DataError: if memory does not do, even in tiles.
        """
        self._check_images(images)
        height, width = images.shape[1:3]
        tile = self.limits.tile_for(height, width)
        while True:
            try:
                return self._translated(images, tile)
            except tf.errors.ResourceExhaustedError:
                tile = _halved(tile or max(height, width))
                self._say(f"memory ran out; trying again in tiles of {tile} pixels")

    def _translated(self, images: np.ndarray, tile: Optional[int]) -> np.ndarray:
        if tile is not None:
            return np.stack([self._in_tiles(picture, tile) for picture in images])
        rows = self.limits.rows_per_pass(*images.shape[1:3])
        starts = range(0, len(images), rows)
        return np.concatenate([self.one_pass(images[i : i + rows]) for i in starts])

    def _in_tiles(self, picture: np.ndarray, tile: int) -> np.ndarray:
        height, width, _ = picture.shape
        function, how = self.for_tiles(picture)
        if not self._said:
            self._say(
                f"{width}x{height} pixels {self.limits.obstacle(height, width)}: "
                f"translating in tiles of {tile} pixels, {how}"
            )
            self._said = True
        overlap = self.overlap(tile)
        return map_in_tiles(function, picture, self.out_channels, tile, overlap)

    def _check_images(self, images: np.ndarray) -> None:
        fits = images.ndim == 4 and images.shape[3] == self.channels and len(images)
        if not fits or images.dtype != np.uint8 or min(images.shape) < 1:
            raise ValueError(
                f"images must be uint8 [N, H, W, {self.channels}]. Received: "
                f"{images.dtype} {list(images.shape)}"
            )
        if min(images.shape[1:3]) < SMALLEST_SIDE:
            raise ValueError(
                f"images must have {SMALLEST_SIDE} pixels or more on each side. "
                f"Received: {images.shape[1]}x{images.shape[2]}"
            )


class Translator(PictureTranslator):
    """Translates with a model's `generator_ema`, as its weights are at `update`.

    A picture whose activations would not fit into memory is cut into overlapping
    tiles, which are blended by linear ramps. The authors' generator has instance norms,
    which see the whole picture; in tiles they would each see another part of it, and
    the colours of flat regions drift from tile to tile (on a photograph of 1920x1281 in
    tiles of 512 by a tenth of the range, with patches that everybody sees). All tiles
    are therefore normalised by the same means and variances: those of the whole
    picture, reduced to the size that fits into one pass. What remains is a change of
    the whole: 1 to 2 % of the range on average where the picture was halved, 2 to 4 %
    at a quarter. With the statistics of the unreduced picture it is below 0.1 %, which
    is also what networks without such norms (SinCUT's) lose.

    Args:
        gan: the model; call `update` after it has trained on.
        memory_limit_mb: memory for a picture with all its activations; None: half of
            what is free.
        tile: side of the tiles, a multiple of 4, for every picture that is larger;
            None: tiles only where memory asks for them, as large as it allows.
        say: is told once why and how pictures are cut into tiles.

    Attributes:
        generator: the frozen network.

    Raises:
        ValueError: for a tile that is too small or no multiple of 4.
    """

    def __init__(
        self,
        gan: Any,
        *,
        memory_limit_mb: Optional[int] = None,
        tile: Optional[int] = None,
        say: Callable[[str], None] = print,
    ) -> None:
        if tile is not None and (tile % GRID or tile < 4 * GRID):
            raise ValueError(
                f"tile must be a multiple of {GRID}, {4 * GRID} or more. "
                f"Received: {tile}"
            )
        self._gan = gan
        source = gan.generator_ema
        self.generator = type(source).from_config(source.get_config())
        (width,) = source.feature_channels((1,))
        limits = PassLimits.of(bytes_per_pixel(width), memory_limit_mb, tile)
        super().__init__(source.channels, source.out_channels, limits, say)
        layers = self.generator._flatten_layers()
        self._norms = [n for n in layers if isinstance(n, InstanceNormalization)]
        images = tf.TensorSpec([None, None, None, self.channels], tf.uint8)
        statistics = tf.TensorSpec([None], tf.float32)
        # Sizes are left open: one graph serves all.
        self._translate = _graph(self._pixels, images)
        self._collect = _graph(self._statistics, images)
        self._translate_by = _graph(self._pixels_by, images, statistics)
        self._step: Optional[int] = None
        self.update()

    def update(self) -> None:
        """Takes over the weights that the model's generator has now."""
        step = int(np.asarray(self._gan.step))  # Mirrored variables have no int().
        if step == self._step:
            return
        self._step = step
        pairs = zip(
            self.generator.variables, self._gan.generator_ema.variables, strict=True
        )
        for own, source in pairs:
            own.assign(np.asarray(source))

    def one_pass(self, images: np.ndarray) -> np.ndarray:
        """Translates uint8 `[N, h, w, channels]` that fit into memory together."""
        return self._translate(tf.constant(images)).numpy()

    def overlap(self, tile: int) -> int:
        """Returns how many pixels neighbouring tiles share: what borders change."""
        return min(BORDER, GRID * (tile // (4 * GRID)))

    def for_tiles(self, picture: np.ndarray) -> tuple[Function, str]:
        """Returns what translates the tiles of a picture, and how to name it."""
        if not self._norms:
            return lambda pixels: self.one_pass(pixels[None])[0], "blended"
        height, width = size = self.limits.largest_size(*picture.shape[:2])
        reduced = tf.image.resize(picture[None], size, method="area")
        statistics = self._collect(tf.cast(tf.round(reduced), tf.uint8))
        return (
            lambda pixels: self._translate_by(
                tf.constant(pixels[None]), statistics
            ).numpy()[0],
            f"all normalised by the statistics of the picture at {width}x{height}",
        )

    def _generated(self, pixels: tf.Tensor) -> tf.Tensor:
        images = tf.cast(pixels, tf.float32) / 127.5 - 1.0
        return translate_any_size(self.generator, images)

    def _pixels(self, pixels: tf.Tensor) -> tf.Tensor:
        return to_uint8(self._generated(pixels))

    def _statistics(self, pixels: tf.Tensor) -> tf.Tensor:
        """Returns means and variances before all norms, one behind the other."""
        seen: list[tf.Tensor] = []

        def own(inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            """Notes the statistics of one norm."""
            moments = tf.nn.moments(inputs, [0, 1, 2])
            seen.extend(moments)
            return moments

        with self._normalising_by(own):
            self._generated(pixels)
        return tf.concat(seen, axis=0)

    def _pixels_by(self, pixels: tf.Tensor, statistics: tf.Tensor) -> tf.Tensor:
        begin = 0

        def given(inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            """Returns the statistics of the next norm."""
            nonlocal begin
            middle = begin + inputs.shape[3]
            means = statistics[begin:middle]
            begin = middle + inputs.shape[3]
            return means, statistics[middle:begin]

        with self._normalising_by(given):
            return self._pixels(pixels)

    @contextlib.contextmanager
    def _normalising_by(self, statistics: Callable) -> Iterator[None]:
        for norm in self._norms:
            norm.statistics = statistics
        try:
            yield
        finally:
            for norm in self._norms:
                norm.statistics = None


def _graph(function: Callable, *signature: tf.TensorSpec) -> Any:
    return tf.function(function, input_signature=signature, autograph=False)


def bytes_per_pixel(width: int) -> float:
    """Returns an upper bound of the memory of a pass, measured on CPU in float32.

    Args:
        width: channels of the first convolution; at full size there are never fewer.
    """
    return FULL_SIZE_ACTIVATIONS * FLOAT_BYTES * width


def _halved(side: int) -> int:
    half = GRID * (side // (2 * GRID))
    if half < SMALLEST_TILE:
        raise DataError(
            f"memory ran out even in tiles of {side} pixels; close other programs, or "
            "shrink the picture with --resize"
        )
    return half
