"""CUT, FastCUT and SinCUT: image translation without pairs by patchwise contrast.

Source: Park, Efros, Zhang and Zhu, "Contrastive Learning for Unpaired Image-to-Image
Translation", ECCV 2020 (arXiv 2007.15651). Equal to the authors' code step by step,
except that the features of the keys are taken from the generator's main pass, where
they have been computed already; the authors run the encoder once more for them.
"""

from typing import Any, NamedTuple, Optional

import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.layers.channels import with_channels
from tfgan_contra.layers.patch_sampler import PatchSampler
from tfgan_contra.losses.patch_nce import patch_nce_loss
from tfgan_contra.models.model import AdversarialModel, Share
from tfgan_contra.models.translation_configs import (
    CUTConfig,
    FastCUTConfig,
    SinCUTConfig,
)
from tfgan_contra.networks.translation_sizes import translate_any_size
from tfgan_contra.random import Purpose, StepNoise
from tfgan_contra.regularizers.base import Losses
from tfgan_contra.types import Batch, Generated, TranslationSpec

Maps = tuple[tf.Tensor, ...]


class Translated(NamedTuple):
    """What the generator's main pass gives.

    Attributes:
        fake: translations of A, `[B, H, W, channels_out]`.
        identity: translations of B, or None.
        input_maps: tapped feature maps of A.
        target_maps: tapped feature maps of B, or None.
        mirrored: whether the pass saw mirrored pictures (a scalar), or None for never.
    """

    fake: tf.Tensor
    identity: Optional[tf.Tensor]
    input_maps: Maps
    target_maps: Optional[Maps]
    mirrored: Optional[tf.Tensor]


class CUT(AdversarialModel):
    """An adversarial loss on patches of B's style, PatchNCE for A's content.

    A patch of the translation should be told from all other patches of the input by
    its features, and the same for B, whose translation should be B itself.

    Attributes:
        projector: the network F, which embeds the patches; it has its own optimiser.
    """

    Config = CUTConfig
    config: CUTConfig

    def __init__(self, config: CUTConfig, spec: TranslationSpec, **kwargs: Any) -> None:
        super().__init__(config, spec, **kwargs)
        self.projector = PatchSampler(
            self.generator.feature_channels(tuple(config.nce_layers)),
            num_patches=config.num_patches,
            embedding_dim=config.embedding_dim,
            init_gain=config.network.init_gain,  # type: ignore[attr-defined]
            dtype="float32",
            name="projector",
        )

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One pass of G; then a step of D; then one of G and F, through the new D."""
        noise = self.step_noise()

        def losses(pair: Batch) -> Losses:
            """Returns the losses of G and F, having updated D in between."""
            translated = self.translate_both(pair, noise)
            self.update_discriminator(pair.condition, translated.fake, noise)
            return self.generator_losses(pair, translated, noise)

        self.minimize(self.g_share(), losses, [Batch(*data)])
        self.update_ema()
        return self.finish_step()

    def translate_both(self, pair: Batch, noise: StepNoise) -> Translated:
        """Translates A and, for the identity terms, B in one pass."""
        key = noise.key(Purpose.GENERATOR_NOISE)
        inputs = pair.images
        if self.config.translates_target:
            inputs = _join(pair.images, self.as_inputs(pair.condition))
        mirrored = self.draw_mirrored(noise)
        images, maps = self.generator(
            _mirror(inputs, mirrored), training=True, taps=self.taps, key=key
        )
        # The keys come from pictures as they are; no gradient passes through them.
        keys = tuple(tf.stop_gradient(m) for m in maps)
        if mirrored is not None:
            keys = tf.cond(mirrored, lambda: self.encode(inputs), lambda: keys)
        if not self.config.translates_target:
            return Translated(images, None, keys, None, mirrored)
        fake, identity = _part(images)
        input_maps, target_maps = zip(*map(_part, keys), strict=True)
        return Translated(fake, identity, input_maps, target_maps, mirrored)

    def update_discriminator(
        self, target: tf.Tensor, fake: tf.Tensor, noise: StepNoise
    ) -> None:
        """Does one step of the discriminator; no gradient reaches the generator."""
        fake = tf.stop_gradient(fake)
        self.minimize(
            self.d_share(),
            lambda real: self.discriminator_losses(real, fake, noise),
            [Batch(target)],
        )
        for regularizer in self.regularizers:
            regularizer.after_discriminator_update(self)

    def discriminator_losses(
        self, real: Batch, fake: tf.Tensor, noise: StepNoise
    ) -> Losses:
        """Adversarial loss on pictures of B and on translations."""
        # Nothing in D mixes the images of a batch.
        both = self.discriminate(tf.concat([fake, real.images], axis=0), training=True)
        halves = {name: tf.split(rows, 2) for name, rows in both.items()}
        on_fake, on_real = ({n: h[i] for n, h in halves.items()} for i in (0, 1))
        adversarial = self.adversarial.discriminator(
            on_real["logits"], on_fake["logits"]
        )
        made = Generated(fake, None, None)
        return {
            "d_adversarial": adversarial,
            **self.d_regularization(real, on_real, made, on_fake, noise),
        }

    def generator_losses(
        self, pair: Batch, translated: Translated, noise: StepNoise
    ) -> Losses:
        """Adversarial loss on translations, and the contrast for A and for B."""
        on_fake = self.discriminate(translated.fake, training=True)
        outputs = self.as_inputs(translated.fake)
        if translated.identity is not None:
            outputs = _join(outputs, self.as_inputs(translated.identity))
        maps = self.generator(outputs, training=True, taps=self.taps, encode_only=True)
        queries = tuple(_mirror(m, translated.mirrored) for m in maps)
        losses = {"g_adversarial": self.g_adversarial(on_fake["logits"])}
        if translated.target_maps is None:
            losses["g_nce"] = self.nce("g_nce", queries, translated.input_maps, noise)
        else:
            input_queries, target_queries = zip(*map(_part, queries), strict=True)
            keys = translated.input_maps, translated.target_maps
            losses["g_nce"] = self.nce("g_nce", input_queries, keys[0], noise)
            losses["g_identity_nce"] = self.nce(
                "g_identity_nce", target_queries, keys[1], noise
            )
        return losses | self.g_regularization(
            Generated(translated.fake, None, None), on_fake, noise
        )

    def nce(self, name: str, queries: Maps, keys: Maps, noise: StepNoise) -> tf.Tensor:
        """Returns PatchNCE (eq. 3 and 4 of the paper), its mean over the layers.

        Args:
            name: of the loss; that of every layer is logged beside it.
            queries: feature maps of translations.
            keys: feature maps of what was translated.
            noise: draws the places of the patches.
        """
        patch_keys, places = self.projector(keys, key=noise.key(Purpose.PATCHES))
        patch_queries, _ = self.projector(queries, patch_ids=places)
        losses = [
            self.layer_nce(q, tf.stop_gradient(k))
            for q, k in zip(patch_queries, patch_keys, strict=True)
        ]
        self.track(dict(zip(self.layer_names(name), losses, strict=True)))
        return tf.add_n(losses) / len(losses)

    def layer_nce(self, queries: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        """Returns the contrast of one layer's patches, `[B, P, D]` each."""
        config, everybody = self.config, {}
        if config.negatives == "batch" and config.gather_negatives:
            everybody = {
                "all_keys": distribution.all_gather(keys),
                "row_offset": distribution.row_offset(keys),
            }
        return patch_nce_loss(
            queries,
            keys,
            temperature=config.temperature,
            negatives=config.negatives,
            **everybody,
        )

    # The parts.

    @property
    def taps(self) -> tuple[int, ...]:
        """The generator's layers whose features are contrasted."""
        return tuple(self.config.nce_layers)

    def encode(self, inputs: tf.Tensor) -> Maps:
        """Returns the tapped feature maps without a gradient."""
        maps = self.generator(inputs, training=True, taps=self.taps, encode_only=True)
        return tuple(tf.stop_gradient(m) for m in maps)

    def as_inputs(self, images: tf.Tensor) -> tf.Tensor:
        """Returns pictures of B with A's number of channels, for the generator.

        The authors have no such thing: their channels must be equal.
        """
        return with_channels(images, self.spec.channels_in)

    def draw_mirrored(self, noise: StepNoise) -> Optional[tf.Tensor]:
        """Returns whether this step mirrors its pictures; None: it never does."""
        if not self.config.flip_equivariance:
            return None
        key = noise.key(Purpose.MIRRORING)
        return tf.random.stateless_uniform([], key, alg="philox") < 0.5

    def discriminate(
        self, images: tf.Tensor, labels: Any = None, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns `logits`, one per patch or per image, and features; no labels."""
        return self.discriminator(images, training=training)

    def translate(self, images: Any) -> tf.Tensor:
        """Translates pictures of A, of any size.

        Args:
            images: `[B, H, W, channels_in]` in [-1, 1], H and W 5 or more.

        Returns:
            `[B, H, W, channels_out]` float32 in [-1, 1].
        """
        return translate_any_size(self.generator_ema, images)

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of the logged losses, those of each layer last."""
        terms = ("d_adversarial", "g_adversarial", *self.contrast_names())
        return (*terms, *self.detail_names())

    def detail_names(self) -> tuple[str, ...]:
        """Returns the names of the contrasts of every layer."""
        layers = map(self.layer_names, self.contrast_names())
        return tuple(name for names in layers for name in names)

    def contrast_names(self) -> tuple[str, ...]:
        """Returns the names of the contrasts."""
        identity = ("g_identity_nce",) if self.config.translates_target else ()
        return ("g_nce", *identity)

    def layer_names(self, name: str) -> tuple[str, ...]:
        """Returns the names of a contrast's losses by layer."""
        return tuple(f"{name}_layer_{tap}" for tap in self.taps)

    def g_share(self) -> list[Share]:
        """Returns the generator and the projector, each with its optimiser."""
        projector = Share(self.f_optimizer, self.projector.trainable_variables)
        return [*super().g_share(), projector]

    def compile(  # type: ignore[override]
        self,
        g_optimizer: Any,
        d_optimizer: Any,
        f_optimizer: Optional[Any] = None,
        seed: int = 0,
    ) -> None:
        """Attaches the optimisers and the run's seed; builds their state at once.

        Args:
            g_optimizer: for the generator.
            d_optimizer: for the discriminator.
            f_optimizer: for the projector; None: one like the generator's.
            seed: all noise of the run follows from it and the step.
        """
        if f_optimizer is None:
            f_optimizer = type(g_optimizer).from_config(g_optimizer.get_config())
        super().compile(g_optimizer, d_optimizer, seed)
        variables = self.projector.trainable_variables
        self.f_optimizer = self.attach(f_optimizer, variables)


class FastCUT(CUT):
    """CUT without translating B, with a stronger contrast and mirrored pictures.

    Half of the steps translate mirrored pictures; the features of those translations
    are mirrored back and contrasted with the pictures as they are.
    """

    Config = FastCUTConfig
    config: FastCUTConfig


class SinCUT(CUT):
    """CUT on crops of a single picture, with StyleGAN2's layers and R1.

    The negatives of a patch are those of the other crops in the batch, at the same
    place; B's translation should be B also pixel by pixel.
    """

    Config = SinCUTConfig
    config: SinCUTConfig

    def generator_losses(
        self, pair: Batch, translated: Translated, noise: StepNoise
    ) -> Losses:
        """CUT's losses and the mean absolute change of B."""
        losses = super().generator_losses(pair, translated, noise)
        if translated.identity is None:
            return losses
        target = _mirror(pair.condition, translated.mirrored)
        change = tf.reduce_mean(tf.abs(translated.identity - target))
        return losses | {"g_identity": change}

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of the logged losses, those of each layer last."""
        names = super().loss_names()
        return (*names[:2], "g_identity", *names[2:])


def _join(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Returns rows of both in turn, a pair after the other.

    A replica's rows are then consecutive rows of the global batch, whose noise is drawn
    in that order.
    """
    pairs = tf.stack([a, b], axis=1)
    return tf.reshape(pairs, tf.concat([[-1], tf.shape(a)[1:]], axis=0))


def _part(joined: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns what `_join` was given."""
    shape = tf.concat([[-1, 2], tf.shape(joined)[1:]], axis=0)
    a, b = tf.unstack(tf.reshape(joined, shape), num=2, axis=1)
    for half in (a, b):
        half.set_shape([None, *joined.shape[1:]])
    return a, b


def _mirror(images: tf.Tensor, mirrored: Optional[tf.Tensor]) -> tf.Tensor:
    """Returns images or maps mirrored left to right, if they are to be."""
    if mirrored is None:
        return images
    return tf.cond(mirrored, lambda: tf.reverse(images, [2]), lambda: images)
