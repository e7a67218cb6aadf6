"""Data config of captioned images; imports no TensorFlow."""

import dataclasses

from tfgan_contra.config import DataConfig, require, require_choice

RENDERED_SHAPES = ("bundled:shapes", "bundled:unrelated_shapes")
CAPTION_SOURCES = (
    f"{', '.join(RENDERED_SHAPES)}, captions:<folder> or tfds:coco_captions"
)


@dataclasses.dataclass
class CaptionDataConfig(DataConfig):
    """Images with captions, for text-to-image models.

    Attributes:
        source: `bundled:shapes`; `bundled:unrelated_shapes`, the same without families
            of pictures that are hard to tell apart; `captions:<folder>` (images beside
            a `captions.jsonl` or `captions.tsv`); or `tfds:<name>` for a prepared set
            with the features `image` and `captions`, such as `coco_captions`.
        image_size: 32, 64, 128 or 256.
        crop: `none`: pictures are resized whole to a square, as the authors do; a crop
            could cut off what a caption speaks of.
        flip: mirror half of the training images; refused where captions are known to
            speak of left and right. The authors do mirror COCO's.
        max_words: words after which captions are cut; the authors' 17.
    """

    source: str = "bundled:shapes"
    crop: str = "none"
    flip: bool = False
    max_words: int = 17

    def check(self, path: str) -> None:
        """Checks the source's form, the size, and what shapes would not survive."""
        require(":" in self.source, f"{path}.source", self.source, CAPTION_SOURCES)
        require(
            self.image_size in (32, 64, 128, 256),
            f"{path}.image_size",
            self.image_size,
            "32, 64, 128 or 256",
        )
        require(
            self.channels in (None, 1, 3), f"{path}.channels", self.channels, "1 or 3"
        )
        require_choice(f"{path}.crop", self.crop, ("none",))
        for name, least in (("max_words", 1), ("max_unreadable", 0)):
            value = getattr(self, name)
            require(value >= least, f"{path}.{name}", value, f"{least} or more")
        if self.source in RENDERED_SHAPES:
            require(
                not self.flip,
                f"{path}.flip",
                self.flip,
                f"false with {self.source}, whose captions say left of and right of",
            )
            require(
                self.channels != 1,
                f"{path}.channels",
                self.channels,
                f"3 with {self.source}, whose captions name colours",
            )
