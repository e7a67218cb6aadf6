"""The configuration of XMC-GAN; imports no TensorFlow."""

import dataclasses
from typing import Any, ClassVar, Optional

from tfgan_contra.config import require, require_choice
from tfgan_contra.models.configs import MethodConfig, require_family
from tfgan_contra.networks.configs import NetworkConfig
from tfgan_contra.networks.text_to_image_configs import TextToImageNetworkConfig
from tfgan_contra.text.configs import TextEncoderConfig, TrainedTextConfig
from tfgan_contra.types import CaptionSpec

UPDATES = ("simultaneous", "alternating")


@dataclasses.dataclass
class XMCGANConfig(MethodConfig):
    """XMC-GAN: captions, images and their parts should find each other.

    A weight of 0 leaves a contrast out, which is how the paper's ablation is run.

    Attributes:
        text_encoder: what turns captions into vectors; frozen while the GAN trains.
        update: of the last part of a step's images: `simultaneous`: D and G from one
            pass, G judged by the D before its update (the authors' code);
            `alternating`: D, then G through the new D.
        d_only_updates: updates of D alone before that, each on images of its own.
        sentence_weight: of the contrast of images and captions: of reals in D's loss,
            of fakes in G's.
        word_weight: of the contrast of regions and words, likewise.
        image_weight: of the contrast of fakes and the reals of the same captions, by
            D's features, in G's loss.
        pretrained_weight: of the same by the features of a frozen network. With the
            text encoder that is trained in place that is the image network trained
            with it; without one the weight must be 0.
        temperature: of the contrasts of whole images, the paper's tau.
        region_temperature: how sharply a word attends to regions, the paper's rho 1.
        word_temperature: how much the best word counts, the paper's rho 2.
        score_temperature: factor of the scores of words and regions; 1/0.02.
        gather_negatives: whether the contrasts see the images of all replicas. The
            authors' see those of one device, eight.
        chunk_mb: memory that the contrast of words and regions may take at once.
    """

    takes_captions: ClassVar[bool] = True

    network: NetworkConfig = dataclasses.field(default_factory=TextToImageNetworkConfig)
    text_encoder: TextEncoderConfig = dataclasses.field(
        default_factory=TrainedTextConfig
    )
    ema_decay: float = 0.999
    ema_start: int = 0
    update: str = "simultaneous"
    d_only_updates: int = 1
    sentence_weight: float = 1.0
    word_weight: float = 1.0
    image_weight: float = 1.0
    pretrained_weight: float = 1.0
    temperature: float = 0.1
    region_temperature: float = 5.0
    word_temperature: float = 5.0
    score_temperature: float = 50.0
    gather_negatives: bool = True
    chunk_mb: Optional[int] = 256

    def check(self, path: str) -> None:
        """Checks the parts, the weights and the temperatures."""
        super().check(path)
        require_family(f"{path}.network", self.network, (TextToImageNetworkConfig,))
        require_family(f"{path}.text_encoder", self.text_encoder, (TextEncoderConfig,))
        require_choice(f"{path}.update", self.update, UPDATES)
        # They ask for latents and labels.
        names = tuple(type(item).__name__ for item in self.regularizers)
        require(not names, f"{path}.regularizers", names, "empty for XMC-GAN")
        for name in ("d_only_updates", *self.weight_names()):
            value = getattr(self, name)
            require(value >= 0, f"{path}.{name}", value, "0 or more")
        for name in (
            "temperature",
            "region_temperature",
            "word_temperature",
            "score_temperature",
        ):
            value = getattr(self, name)
            require(value > 0, f"{path}.{name}", value, "above 0")
        fits = self.chunk_mb is None or self.chunk_mb >= 1
        require(fits, f"{path}.chunk_mb", self.chunk_mb, "1 or more, or None")
        frozen = self.pretrained_weight == 0 or self.text_encoder.has_image_network
        require(
            frozen,
            f"{path}.pretrained_weight",
            self.pretrained_weight,
            "0 with a text encoder that brings no image network",
        )

    def weight_names(self) -> tuple[str, ...]:
        """Returns the fields that are weights of contrasts."""
        return ("sentence_weight", "word_weight", "image_weight", "pretrained_weight")

    @property
    def d_updates(self) -> int:
        """Updates of the discriminator in a training step."""
        return self.d_only_updates + 1

    def build(self, spec: CaptionSpec) -> Any:
        """Returns a new `XMCGAN`."""
        from tfgan_contra.models.xmc_gan import XMCGAN

        return XMCGAN(self, spec)

    def loss_weights(self) -> dict[str, float]:
        """Returns the weights by the names of the losses."""
        return {
            "d_sentence": self.sentence_weight,
            "d_word": self.word_weight,
            "g_sentence": self.sentence_weight,
            "g_word": self.word_weight,
            "g_image": self.image_weight,
            "g_pretrained": self.pretrained_weight,
        }
