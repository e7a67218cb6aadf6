"""The dual contrastive loss: each real against all fakes, each fake against all reals.

Shapes: `B` and `C` real and fake logits on this replica, `N` and `M` of all replicas.
"""

from typing import Any, Optional

import tensorflow as tf

from tfgan_contra.losses.compiled import to_float32, xla_compiled

FORMS = ("minimax", "swapped", "real_anchor")


def dual_contrastive_discriminator_loss(
    real_logits: Any,
    fake_logits: Any,
    *,
    all_real_logits: Optional[Any] = None,
    all_fake_logits: Optional[Any] = None,
) -> tf.Tensor:
    """Tells each real from all fakes together, and each fake from all reals together.

    `mean_i log(1 + sum_j exp(f_j - r_i)) + mean_j log(1 + sum_i exp(f_j - r_i))` for
    real logits r and fake logits f. It is never negative; a discriminator that sees no
    difference has `log(1 + M) + log(1 + N)`, so the level depends on the batch.

    Args:
        real_logits: `[B]` or `[B, 1]`, one per image.
        fake_logits: `[C]` or `[C, 1]`; as many as there are reals, or not.
        all_real_logits: `[N]` or `[N, 1]` of all replicas; None: `real_logits`.
        all_fake_logits: `[M]` or `[M, 1]` of all replicas; None: `fake_logits`.

    Returns:
        The float32 loss of this replica's rows, finite for any finite logits. With
        gathered logits the mean over replicas is the loss of the global batch;
        without, it is the mean of the replicas' own losses, which is another number.

    Raises:
        ValueError: for logits that are not one per image, such as a map of patches,
            or if only one kind of gathered logits is given.

    Source: Yu et al., "Dual Contrastive Loss and Attention for GANs", ICCV 2021 (arXiv
    2103.16748). No code was published; whether the authors gathered is not known.
    """
    real, fake, all_real, all_fake = _logits(
        real_logits, fake_logits, all_real_logits, all_fake_logits
    )
    return _tell_apart(real, fake, all_real, all_fake)


def dual_contrastive_generator_loss(
    real_logits: Any,
    fake_logits: Any,
    *,
    form: str = "minimax",
    all_real_logits: Optional[Any] = None,
    all_fake_logits: Optional[Any] = None,
) -> tf.Tensor:
    """The generator's side; reals and fakes in the same order as the discriminator's.

    `minimax` is minus the discriminator's loss: its gradient vanishes where the
    discriminator separates the batch. The others do not saturate: `swapped` is the
    discriminator's loss with the roles exchanged, and `real_anchor` only that half of
    it which compares each real with all fakes, `mean_i log(1 + sum_j exp(r_i - f_j))`.

    Args:
        real_logits: `[B]` or `[B, 1]`; their gradient does not reach the generator, so
            the caller may stop it.
        fake_logits: `[C]` or `[C, 1]`.
        form: `minimax`, `swapped` or `real_anchor`.
        all_real_logits: as in `dual_contrastive_discriminator_loss`.
        all_fake_logits: as in `dual_contrastive_discriminator_loss`.

    Returns:
        The float32 loss of this replica's rows; it falls when any fake logit rises.

    Raises:
        ValueError: for an unknown form; otherwise as the discriminator's loss.

    Source: Yu et al., ICCV 2021 (arXiv 2103.16748) for `minimax`, the published
    objective; the other two are what independent implementations train with.
    """
    if form not in FORMS:
        raise ValueError(f"form must be one of {', '.join(FORMS)}. Received: {form!r}")
    real, fake, all_real, all_fake = _logits(
        real_logits, fake_logits, all_real_logits, all_fake_logits
    )
    if form == "minimax":
        return -_tell_apart(real, fake, all_real, all_fake)
    if form == "swapped":
        return _tell_apart(fake, real, all_fake, all_real)
    return _shortfall(-real, -all_fake)


@xla_compiled
def _tell_apart(
    high_B: tf.Tensor, low_C: tf.Tensor, all_high_N: tf.Tensor, all_low_M: tf.Tensor
) -> tf.Tensor:
    return _shortfall(high_B, all_low_M) + _shortfall(-low_C, -all_high_N)


@xla_compiled
def _shortfall(rows_B: tf.Tensor, rivals_N: tf.Tensor) -> tf.Tensor:
    """Returns the mean of `log(1 + sum_j exp(rival_j - row_i))`, never overflowing."""
    return tf.reduce_mean(tf.nn.softplus(tf.reduce_logsumexp(rivals_N) - rows_B))


def _logits(
    real: Any, fake: Any, all_real: Optional[Any], all_fake: Optional[Any]
) -> tuple[tf.Tensor, ...]:
    """Returns real and fake logits, then the gathered ones, all as float32 vectors."""
    if (all_real is None) != (all_fake is None):
        given = "all_real_logits" if all_fake is None else "all_fake_logits"
        raise ValueError(
            "all_real_logits and all_fake_logits belong together. "
            f"Received: only {given}"
        )
    own = _vector("real_logits", real), _vector("fake_logits", fake)
    if all_real is None:
        return own + own
    gathered = (
        _vector("all_real_logits", all_real),
        _vector("all_fake_logits", all_fake),
    )
    return own + gathered


def _vector(name: str, logits: Any) -> tf.Tensor:
    (rows,) = to_float32(logits)
    one_per_image = rows.shape.rank == 1 or (
        rows.shape.rank == 2 and rows.shape[1] == 1
    )
    if not one_per_image:
        raise ValueError(
            f"{name} must be one per image, [B] or [B, 1]; the mean of a map of "
            f"patches would do. Received: {rows.shape}"
        )
    return tf.reshape(rows, [-1])
