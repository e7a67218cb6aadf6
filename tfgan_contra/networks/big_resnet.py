"""BigGAN: a shared class embedding and a chunk of the latents for every block.

Source: Brock et al., "Large Scale GAN Training for High Fidelity Natural Image
Synthesis", ICLR 2019 (arXiv 1809.11096), in the form of the ContraGAN authors' code
(`big_resnet`), whose parameter counts and outputs it reproduces.
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.networks.resnet import ResNetDiscriminator, ResNetGenerator


@keras.saving.register_keras_serializable(package="tfgan_contra")
class BigResNetGenerator(ResNetGenerator):
    """Latents and labels to images, both entering at every block.

    The latents are split into equal chunks: the first feeds the first layer, block i
    is conditioned on `[class embedding, chunk i]`. Without classes the blocks are
    conditioned on their chunks alone. Call and shapes as in `ResNetGenerator`.

    Args:
        shared_dim: length of the shared class embedding (never spectrally normalised).
        **kwargs: as in `ResNetGenerator`.

    Raises:
        ValueError: when latent_dim does not divide into (blocks + 1) chunks.
    """

    def __init__(self, *, shared_dim: int = 128, **kwargs: Any) -> None:
        self.shared_dim = shared_dim
        super().__init__(**kwargs)

    def make_layers(self) -> None:
        """Creates the residual layers and the shared class embedding."""
        super().make_layers()
        num_chunks = len(self.blocks) + 1
        if self.latent_dim % num_chunks:
            raise ValueError(
                f"latent_dim must be a multiple of {num_chunks}, one chunk for the "
                f"first layer and for each block. Received: {self.latent_dim}"
            )
        if self.num_classes:
            self.shared = keras.layers.Embedding(
                self.num_classes,
                self.shared_dim,
                embeddings_initializer=self.initializer,
                name="shared",
            )

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        if self.num_classes:
            self.shared.build()
        super().build(input_shape)

    def input_sizes(self) -> tuple[int, int]:
        """Returns the sizes of the first layer's input and of a block's condition."""
        chunk = self.latent_dim // (len(self.blocks) + 1)
        return chunk, chunk + (self.shared_dim if self.num_classes else 0)

    def conditions(
        self, latents: tf.Tensor, labels: Any
    ) -> tuple[tf.Tensor, tuple[Any, ...]]:
        """Returns the first chunk and `[class embedding, chunk]` for every block."""
        first, *chunks = tf.split(latents, len(self.blocks) + 1, axis=1)
        if self.num_classes:
            shared = tf.cast(self.shared(labels), latents.dtype)
            chunks = [tf.concat([shared, chunk], axis=1) for chunk in chunks]
        return first, tuple(chunks)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return super().get_config() | {"shared_dim": self.shared_dim}


@keras.saving.register_keras_serializable(package="tfgan_contra")
class BigResNetDiscriminator(ResNetDiscriminator):
    """BigGAN's discriminator body: the residual one of `ResNetDiscriminator`.

    The two families differ only in widths, attention and the method's heads.
    """
