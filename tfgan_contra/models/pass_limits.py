"""How much of a picture one pass through a network may take; no TensorFlow."""

import dataclasses
from typing import Optional

from tfgan_contra.errors import DataError
from tfgan_contra.memory import available_bytes

# Of the free memory, where the user names no limit: the estimates are no more than
# that, and others want memory too.
SHARE = 0.5
# The decoded picture, the arrays that go in and come out, and the file being encoded.
HELD_BYTES = 16
# A row of tiles and its neighbour while they are blended, in float32.
STRIP_BYTES = 32
SMALLEST_TILE = 128
TILE_STEP = 64
MOST_ROWS = 16
MEGABYTE = 1 << 20


@dataclasses.dataclass(frozen=True)
class PassLimits:
    """What fits into one pass.

    Attributes:
        bytes_per_pixel: what a pass takes for every pixel of its input.
        memory: bytes that everything together may take.
        tile: side of the tiles of pictures that are larger; None: tiles are used where
            memory asks for them, as large as it allows.
        max_pixels: of a pass, however much memory there is; None: any number.
    """

    bytes_per_pixel: float
    memory: int
    tile: Optional[int] = None
    max_pixels: Optional[int] = None

    @classmethod
    def of(
        cls,
        bytes_per_pixel: float,
        memory_limit_mb: Optional[int] = None,
        tile: Optional[int] = None,
        max_pixels: Optional[int] = None,
    ) -> "PassLimits":
        """Returns limits; without `memory_limit_mb` half of the free memory."""
        memory = int(SHARE * available_bytes())
        if memory_limit_mb is not None:
            memory = memory_limit_mb * MEGABYTE
        return cls(bytes_per_pixel, memory, tile, max_pixels)

    def bytes_needed(self, height: int, width: int, tile: int) -> int:
        """Returns what a picture takes in tiles of a side, or in one pass."""
        tall, wide = min(height, tile), min(width, tile)
        held = HELD_BYTES * height * width + STRIP_BYTES * tall * width
        return int(self.bytes_per_pixel * tall * wide) + held

    def tile_for(self, height: int, width: int) -> Optional[int]:
        """Returns the side of a picture's tiles, or None for one pass.

        Raises:
            DataError: if not even the smallest tiles fit.
        """
        longest = max(height, width)
        if longest <= (self.tile or longest) and self._fits(height, width, longest):
            return None
        first = TILE_STEP * (longest // TILE_STEP)
        sides = (
            [self.tile] if self.tile else range(first, SMALLEST_TILE - 1, -TILE_STEP)
        )
        for side in sides:
            if self._fits(height, width, side):
                return side
        smallest = self.tile or SMALLEST_TILE
        raise DataError(
            f"a picture of {width}x{height} pixels takes "
            f"{in_words(self.bytes_needed(height, width, smallest))} of memory even "
            f"in tiles of {smallest} pixels, more than the limit of "
            f"{in_words(self.memory)}; raise --memory_limit_mb, or shrink it with "
            "--resize"
        )

    def check_decoded(self, height: int, width: int, bytes_per_pixel: int) -> None:
        """Refuses a file whose pixels alone do not fit, before they are decoded.

        Raises:
            DataError: if so.
        """
        needed = bytes_per_pixel * height * width
        if needed > self.memory:
            raise DataError(
                f"a file of {width}x{height} pixels takes {in_words(needed)} of memory "
                f"to be read, more than the limit of {in_words(self.memory)}; raise "
                "--memory_limit_mb, or shrink the file"
            )

    def obstacle(self, height: int, width: int) -> str:
        """Returns why a picture does not go through in one pass."""
        if self.max_pixels is not None and height * width > self.max_pixels:
            return f"are more than the {self.max_pixels} that the model takes at once"
        needed = self.bytes_needed(height, width, max(height, width))
        if needed > self.memory:
            return (
                f"would take {in_words(needed)} of memory in one pass (limit "
                f"{in_words(self.memory)})"
            )
        return "are more than a tile"

    def rows_per_pass(self, height: int, width: int) -> int:
        """Returns how many pictures of a size to translate at once."""
        fitting = self.memory // self.bytes_needed(height, width, max(height, width))
        return max(1, min(MOST_ROWS, fitting))

    def largest_size(self, height: int, width: int) -> tuple[int, int]:
        """Returns the largest size of a picture, in proportion, that one pass takes."""
        left = self.memory - HELD_BYTES * height * width
        most = left / (self.bytes_per_pixel + STRIP_BYTES)
        if self.max_pixels is not None:
            most = min(most, self.max_pixels)
        scale = min(1.0, (max(most, 1.0) / (height * width)) ** 0.5)
        return max(int(height * scale), 8), max(int(width * scale), 8)

    def _fits(self, height: int, width: int, tile: int) -> bool:
        pixels = min(height, tile) * min(width, tile)
        if self.max_pixels is not None and pixels > self.max_pixels:
            return False
        return self.bytes_needed(height, width, tile) <= self.memory


def in_words(count: float) -> str:
    """Returns a number of bytes as people read it."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
