"""PatchNCE, the patchwise contrastive loss of CUT.

Shapes: `B` images on this replica, `M` images gathered from all replicas, `P` patches
of an image, `N` patches that a query is compared with, `C` embedding.
"""

from typing import Any, Optional

import tensorflow as tf

from tfgan_contra.losses.compiled import to_float32, xla_compiled

NEGATIVES = ("image", "batch")

# What stands for a query's product with its own key among the negatives: the authors'
# number. Divided by their temperature it is as good as minus infinity.
OWN_KEY = -10.0


def patch_nce_loss(
    queries: Any,
    keys: Any,
    *,
    temperature: Any = 0.07,
    negatives: str = "image",
    all_keys: Optional[Any] = None,
    row_offset: Any = 0,
) -> tf.Tensor:
    """Pulls a patch of the output to the input's patch at the same place.

    With `s_ij = q_i . k_j / t`, a query costs
    `-s_ii + log(exp(s_ii) + exp(-10 / t) + sum_{j != i} exp(s_ij))`, j running over
    the patches of the same image or of the whole mini-batch. `exp(-10 / t)` is the
    authors' mask of the query's own key among the negatives; at their t it is exactly
    nothing in float32. A query without negatives costs 0.

    Args:
        queries: `[B, P, C]`, patches of the output; of length 1 in CUT, but any length
            is taken, and a zero vector is a query like any other.
        keys: `[B, P, C]`, patches of the input at the same places; no gradient.
        temperature: t, above 0.
        negatives: `image`: the other patches of the same image; `batch`: those of all
            images.
        all_keys: `[M, P, C]` keys of all replicas, for `batch`; None: `keys`.
        row_offset: index of this replica's first image among `all_keys`.

    Returns:
        The float32 mean over this replica's B x P queries. Memory grows as
        `B x P x P`: with `batch`, one image's queries are compared at a time.

    Raises:
        ValueError: for unknown `negatives`, shapes that differ, or `all_keys` where
            only an image's own patches are compared.

    Source: Park et al., "Contrastive Learning for Unpaired Image-to-Image
    Translation", ECCV 2020 (arXiv 2007.15651), eq. 3. Equal to the authors' code, whose
    `nce_includes_all_negatives_from_minibatch` is `batch`; unlike it, the batch size is
    that of the tensors. The paper sums over places, the code takes the mean.
    """
    if negatives not in NEGATIVES:
        raise ValueError(
            f"negatives must be one of {', '.join(NEGATIVES)}. Received: {negatives!r}"
        )
    if all_keys is not None and negatives == "image":
        raise ValueError("all_keys has a meaning only with negatives='batch'")
    rows, own_keys = to_float32(queries, keys)
    if rows.shape.rank != 3 or not rows.shape.is_compatible_with(own_keys.shape):
        raise ValueError(
            "queries and keys must be [images, patches, embedding] of one shape. "
            f"Received: {rows.shape} and {own_keys.shape}"
        )
    others = own_keys if all_keys is None else tf.cast(all_keys, tf.float32)
    return _contrast(
        rows,
        own_keys,
        others,
        tf.cast(row_offset, tf.int32),
        tf.cast(temperature, tf.float32),
        whole_batch=negatives == "batch",
    )


@xla_compiled
def _contrast(
    queries_BPC: tf.Tensor,
    keys_BPC: tf.Tensor,
    all_keys_MPC: tf.Tensor,
    row_offset: tf.Tensor,
    temperature: tf.Tensor,
    whole_batch: bool,
) -> tf.Tensor:
    @tf.custom_gradient
    def mean_loss(queries_BPC: tf.Tensor) -> Any:
        """Returns the mean loss, with the gradient written out."""
        if whole_batch:
            losses_BP, slopes_BPC = _against_batch(
                queries_BPC, keys_BPC, all_keys_MPC, row_offset, temperature
            )
        else:
            losses_BP, slopes_BPC = _losses_and_slopes(
                queries_BPC, keys_BPC, keys_BPC, tf.constant(0), temperature
            )
        slopes_BPC /= tf.cast(tf.size(losses_BP), tf.float32)
        return tf.reduce_mean(losses_BP), lambda upstream: upstream * slopes_BPC

    return mean_loss(queries_BPC)


def _against_batch(
    queries_BPC: tf.Tensor,
    keys_BPC: tf.Tensor,
    all_keys_MPC: tf.Tensor,
    row_offset: tf.Tensor,
    temperature: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Compares the queries of one image after the other with all keys."""
    num_patches = tf.shape(keys_BPC)[1]
    all_keys_NC = tf.reshape(all_keys_MPC, [-1, keys_BPC.shape[2]])
    firsts_B = (row_offset + tf.range(tf.shape(keys_BPC)[0])) * num_patches

    def of_image(image: tuple) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the loss and the gradient of one image's patches."""
        queries_PC, keys_PC, first = image
        return _losses_and_slopes(queries_PC, keys_PC, all_keys_NC, first, temperature)

    return tf.map_fn(
        of_image,
        (queries_BPC, keys_BPC, firsts_B),
        fn_output_signature=(
            tf.TensorSpec(queries_BPC.shape[1:2], tf.float32),
            tf.TensorSpec(queries_BPC.shape[1:], tf.float32),
        ),
    )


def _losses_and_slopes(
    queries_PC: tf.Tensor,
    keys_PC: tf.Tensor,
    others_NC: tf.Tensor,
    first: tf.Tensor,
    temperature: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns every query's loss and its derivative by the query.

    Both at once, so that nothing of size `P x N` is kept for a backward pass. All
    tensors may have a leading axis of images.

    Args:
        queries_PC: the queries.
        keys_PC: their positives.
        others_NC: keys to compare with, the positives being among them.
        first: where among them the first query's positive stands.
        temperature: t.
    """
    num_queries, num_others = tf.shape(queries_PC)[-2], tf.shape(others_NC)[-2]
    places_P = first + tf.range(num_queries)
    own_PN = places_P[:, None] == tf.range(num_others)[None, :]

    products_PN = tf.matmul(queries_PC, others_NC, transpose_b=True)
    logits_PN = tf.where(own_PN, OWN_KEY, products_PN) / temperature
    positive_P = tf.reduce_sum(queries_PC * keys_PC, axis=-1) / temperature
    top_P = tf.maximum(positive_P, tf.reduce_max(logits_PN, axis=-1))
    exponentials_PN = tf.exp(logits_PN - top_P[..., None])
    exponential_P = tf.exp(positive_P - top_P)
    total_P = exponential_P + tf.reduce_sum(exponentials_PN, axis=-1)

    # The mask is a constant: it takes part in the sum, but not in the derivative.
    weights_PN = tf.where(own_PN, 0.0, exponentials_PN) / total_P[..., None]
    missing_P = exponential_P / total_P - 1.0
    slopes_PC = tf.matmul(weights_PN, others_NC) + missing_P[..., None] * keys_PC
    return top_P + tf.math.log(total_P) - positive_P, slopes_PC / temperature
