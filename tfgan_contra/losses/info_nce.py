"""InfoNCE between local and global features of an image, the loss of InfoMax-GAN.

Shapes: `B` images on this replica, `M` images gathered from all replicas, `L` = H x W
locations of an image, `N` = M x L local features, `R` projected features.
"""

from typing import Any, Optional

import tensorflow as tf

from tfgan_contra.losses.compiled import (
    MASKED,
    log_sum_exp,
    to_float32,
    xla_compiled,
)
from tfgan_contra.losses.keys import others_mask

NEGATIVES = ("other_images", "all")

# What stands for the scores of an image's own locations among the negatives: the
# authors' number.
OWN_IMAGE = -10.0


def info_nce_loss(
    local_features: Any,
    global_features: Any,
    *,
    negatives: str = "other_images",
    all_local_features: Optional[Any] = None,
    row_offset: Any = 0,
) -> tf.Tensor:
    """Cross entropy of finding an image's own local features by its global feature.

    With the score `s(n; b, p) = <local of image b at p, global of image n>`, a pair of
    image n and location i costs `-s(n; n, i) + log(exp(s(n; n, i)) + E_n)`, where
    `E_n = sum_{b != n, p} exp(s(n; b, p)) + L exp(-10)`: the authors put -10 in the
    place of the own image's other locations. Scores are raw products, without length
    or temperature. `E_n` is the same at all locations, so it is found once per image.

    Args:
        local_features: `[B, H, W, R]`, projected.
        global_features: `[B, R]`, projected, of the same images.
        negatives: `other_images` (the authors' code); `all`: the paper's denominator,
            where the own image's other locations are negatives too.
        all_local_features: `[M, H, W, R]` of all replicas; None: `local_features`.
            Real and fake images are contrasted apart, each with their own.
        row_offset: index of this replica's first image among them.

    Returns:
        The float32 mean over this replica's B x L pairs, for any finite scores.
        Gathering raises the number of candidates from `(B - 1) L + 1` to
        `(M - 1) L + 1` and with it the level of the loss. Memory grows as `B x N`.

    Raises:
        ValueError: for unknown `negatives` or shapes that do not belong together.

    Source: Lee et al., "InfoMax-GAN: Improved Adversarial Image Generation via
    Information Maximization and Contrastive Learning", WACV 2021 (arXiv 2007.04589).
    Equal to the authors' code, which has one device and holds `B x L x N` scores.
    """
    _check_negatives(negatives)
    local, anchors = to_float32(local_features, global_features)
    others = local
    if all_local_features is not None:
        (others,) = to_float32(all_local_features)
    _check_shapes(local, anchors, others)
    return _contrast(
        local,
        anchors,
        others,
        tf.cast(row_offset, tf.int32),
        own_image=negatives == "all",
    )


def info_nce_accuracy(
    local_features: Any,
    global_features: Any,
    *,
    negatives: str = "other_images",
) -> tf.Tensor:
    """Share of pairs of an image and a location whose positive beats all negatives.

    A pair of image n and location i counts if `s(n; n, i)` is larger than the score
    of every negative; a tie does not. The negatives are the loss's, without the -10.
    Where all images are copies of one, it is 0 up to the rounding of the scores.

    Args:
        local_features: `[B, H, W, R]`, projected.
        global_features: `[B, R]`, projected, of the same images.
        negatives: as in the loss; with `all` the image's other locations are to be
            beaten as well, which one location of each image can do at most.

    Returns:
        A float32 scalar in [0, 1]; 1 where there are no negatives.

    Raises:
        ValueError: for unknown `negatives` or shapes that do not belong together.

    Source: the retrieval that Lee et al. (arXiv 2007.04589) argue with: the fewer
    modes a batch of fakes has, the harder it is.
    """
    _check_negatives(negatives)
    local, anchors = to_float32(local_features, global_features)
    _check_shapes(local, anchors, local)
    return _retrieved(local, anchors, own_image=negatives == "all")


def mutual_information_bound(
    loss: Any, local_features: Any, *, negatives: str = "other_images"
) -> tf.Tensor:
    """Lower bound `ln K - loss` of the information that a global feature holds.

    K is the number of candidates of which one is the positive: `(M - 1) L + 1` with
    `other_images`, `M L` with `all`. The bound is at most ln K, in nats, and below 0
    where the features do worse than chance. An image's own locations are no
    independent negatives: with `all` it is the paper's quantity, but no strict bound.

    Args:
        loss: what `info_nce_loss` returned, not weighted.
        local_features: `[M, H, W, R]` that the loss chose from: the gathered ones, if
            it had any. Only the shape is used.
        negatives: as in the loss.

    Returns:
        A float32 scalar.

    Raises:
        ValueError: for unknown `negatives`.

    Source: van den Oord et al., "Representation Learning with Contrastive Predictive
    Coding" (arXiv 1807.03748), as Lee et al. (arXiv 2007.04589) use it.
    """
    _check_negatives(negatives)
    images, height, width, _ = tf.unstack(tf.shape(local_features))
    locations = height * width
    candidates = images * locations
    if negatives == "other_images":
        candidates += 1 - locations
    return tf.math.log(tf.cast(candidates, tf.float32)) - tf.cast(loss, tf.float32)


def _check_negatives(negatives: str) -> None:
    if negatives not in NEGATIVES:
        raise ValueError(
            f"negatives must be one of {', '.join(NEGATIVES)}. Received: {negatives!r}"
        )


def _check_shapes(local: tf.Tensor, anchors: tf.Tensor, others: tf.Tensor) -> None:
    fitting = (
        local.shape.rank == 4
        and anchors.shape.is_compatible_with((local.shape[0], local.shape[3]))
        and others.shape.is_compatible_with((None, *local.shape[1:]))
    )
    if not fitting:
        raise ValueError(
            "local_features must be [B, H, W, R], global_features [B, R] and "
            "all_local_features [M, H, W, R]. "
            f"Received: {local.shape}, {anchors.shape} and {others.shape}"
        )


@xla_compiled
def _contrast(
    local_BHWR: tf.Tensor,
    global_BR: tf.Tensor,
    all_local_MHWR: tf.Tensor,
    row_offset: tf.Tensor,
    own_image: bool,
) -> tf.Tensor:
    num_images, size = tf.shape(local_BHWR)[0], local_BHWR.shape[3]
    local_BLR = tf.reshape(local_BHWR, [num_images, -1, size])
    positive_BL = tf.linalg.matvec(local_BLR, global_BR)
    num_locations = tf.shape(positive_BL)[1]

    all_local_NR = tf.reshape(all_local_MHWR, [-1, size])
    scores_BN = tf.matmul(global_BR, all_local_NR, transpose_b=True)
    others_BN = _other_images(scores_BN, num_locations, row_offset)
    if own_image:
        own_B = tf.reduce_logsumexp(positive_BL, axis=1)
        total_B = log_sum_exp(own_B, scores_BN, others_BN)
        return tf.reduce_mean(total_B[:, None] - positive_BL)
    masked = tf.math.log(tf.cast(num_locations, tf.float32)) + OWN_IMAGE
    negatives_B = log_sum_exp(tf.fill([num_images], masked), scores_BN, others_BN)
    return tf.reduce_mean(tf.nn.softplus(negatives_B[:, None] - positive_BL))


@xla_compiled
def _retrieved(
    local_BHWR: tf.Tensor, global_BR: tf.Tensor, own_image: bool
) -> tf.Tensor:
    num_images, size = tf.shape(local_BHWR)[0], local_BHWR.shape[3]
    local_NR = tf.reshape(local_BHWR, [-1, size])
    scores_BN = tf.matmul(global_BR, local_NR, transpose_b=True)
    num_locations = tf.shape(local_NR)[0] // num_images
    others_BN = _other_images(scores_BN, num_locations, 0)
    # The same products, so that the scores of copies round alike.
    rows_B = tf.range(num_images)
    by_image_BBL = tf.reshape(scores_BN, [num_images, num_images, num_locations])
    positive_BL = tf.gather_nd(by_image_BBL, tf.stack([rows_B, rows_B], axis=1))
    hardest_B = tf.reduce_max(tf.where(others_BN, scores_BN, MASKED), axis=1)
    won_BL = positive_BL > hardest_B[:, None]
    if own_image:
        at_least_BLL = positive_BL[:, None, :] >= positive_BL[:, :, None]
        # Every location is at least itself.
        won_BL &= tf.reduce_sum(tf.cast(at_least_BLL, tf.int32), axis=2) == 1
    return tf.reduce_mean(tf.cast(won_BL, tf.float32))


def _other_images(
    scores_BN: tf.Tensor, num_locations: tf.Tensor, row_offset: tf.Tensor
) -> tf.Tensor:
    """Returns `[B, N]`: whether a local feature belongs to another image."""
    by_image_BML = tf.reshape(scores_BN, [tf.shape(scores_BN)[0], -1, num_locations])
    others_BM = others_mask(by_image_BML[:, :, 0], row_offset)
    others_BML = tf.broadcast_to(others_BM[:, :, None], tf.shape(by_image_BML))
    return tf.reshape(others_BML, tf.shape(scores_BN))
