"""How well the words of captions fit the regions of images, in bounded memory.

Shapes: `B` images on this replica, `K` chunks of `I` images, `R` regions of an image,
`N` captions, `T` words of a caption, `M` = N x T words, `C` embedding.
"""

from typing import Any, NamedTuple, Optional

import tensorflow as tf

from tfgan_contra.losses.compiled import MASKED, to_float32
from tfgan_contra.losses.pairs import SMALLEST_SQUARE, floored_unit

# What the attention of one chunk may take: enough for large products, and little beside
# the gradient of the regions.
CHUNK_BYTES = 64 << 20
# How many tensors of I x M x R float32 numbers the gradient of a chunk holds at once.
LIVE_TENSORS = 6


def word_region_scores(
    regions: Any,
    words: Any,
    lengths: Any,
    *,
    region_temperature: Any = 5.0,
    word_temperature: Any = 5.0,
    score_temperature: Any = 50.0,
    chunk_bytes: Optional[int] = CHUNK_BYTES,
) -> tf.Tensor:
    """Scores every image with every caption by attention of words over regions.

    With r and w brought to length 1 by `floored_unit`, word t of a caption attends to
    the regions of an image, `a_tj = softmax_j(g1 w_t . r_j)`, and finds the context
    `c_t = sum_j a_tj r_j`. The score is `g3 / g2 log sum_t exp(g2 cos(w_t, c_t))` over
    the caption's words.

    No context is ever built. `w_t . c_t = sum_j a_tj (w_t . r_j)`, and `|c_t|^2` comes
    from the products of regions with each other: R x R numbers per image instead of
    M x C. Images are taken a few at a time, and the gradient finds a chunk's attention
    again instead of keeping it.

    Args:
        regions: `[B, R, C]`, of this replica's images.
        words: `[N, T, C]`, of all captions: of several replicas, the gathered ones.
        lengths: `[N]` int, how many words of a caption count. The words behind them
            may hold anything, and their gradient is exactly 0.
        region_temperature: g1, a factor: the larger, the fewer regions a word attends.
        word_temperature: g2, a factor: the larger, the more the best word decides.
        score_temperature: g3, the factor of the score: 1 / t of the contrast.
        chunk_bytes: what the attention of one chunk may take, in the gradient, where
            it holds most: about `6 x 4 I M R` bytes. At least one image is taken. None:
            no limit; with all images at once the attention is kept for the gradient.

    Returns:
        `[B, N]` float32. A caption of length 0 scores 0 with every image, as one word
        of zeros would, and passes no gradient. Beside a chunk, memory grows as the
        inputs and `B x M`.

    Raises:
        ValueError: for shapes that do not belong together.

    Source: Zhang et al., "Cross-Modal Contrastive Learning for Text-to-Image
    Generation", CVPR 2021 (arXiv 2101.04702), the attention being that of AttnGAN (Xu
    et al., arXiv 1711.10485). Equal to the authors' code, which builds all contexts
    and has no floor below `|c_t|`: there a zero vector makes everything NaN, and a
    caption of length 0 costs 3e9. It is no XLA program of its own: on CPU that took
    1.3 times the processor time and more memory. It may be part of one.
    """
    regions_BRC, words_NTC = to_float32(regions, words)
    _check_shapes(regions_BRC, words_NTC, tf.convert_to_tensor(lengths))
    valid_NT = tf.sequence_mask(lengths, tf.shape(words_NTC)[1])
    words_NTC = floored_unit(tf.where(valid_NT[:, :, None], words_NTC, 0.0))
    words_MC = tf.reshape(words_NTC, [-1, regions_BRC.shape[2]])

    cosine_BM = _cosines_by_chunks(
        regions_BRC, words_MC, region_temperature, chunk_bytes
    )
    shape_BNT = tf.concat([tf.shape(regions_BRC)[:1], tf.shape(valid_NT)], axis=0)
    cosine_BNT = tf.reshape(cosine_BM, shape_BNT)
    logits_BNT = tf.where(valid_NT, word_temperature * cosine_BNT, MASKED)
    scores_BN = tf.reduce_logsumexp(logits_BNT, axis=2)
    has_words_N = tf.reduce_any(valid_NT, axis=1)
    return tf.where(has_words_N, score_temperature / word_temperature * scores_BN, 0.0)


def _check_shapes(
    regions_BRC: tf.Tensor, words_NTC: tf.Tensor, lengths_N: tf.Tensor
) -> None:
    fitting = (
        regions_BRC.shape.rank == 3
        and words_NTC.shape.is_compatible_with((None, None, regions_BRC.shape[2]))
        and lengths_N.shape.is_compatible_with(words_NTC.shape[:1])
    )
    if not fitting:
        raise ValueError(
            "regions must be [images, regions, embedding], words [captions, words, "
            "embedding] and lengths [captions]. "
            f"Received: {regions_BRC.shape}, {words_NTC.shape} and {lengths_N.shape}"
        )


def _cosines_by_chunks(
    regions_BRC: tf.Tensor,
    words_MC: tf.Tensor,
    factor: Any,
    chunk_bytes: Optional[int],
) -> tf.Tensor:
    """Returns `[B, M]`: the cosine of each word with its context in each image."""
    size, count = _chunking(regions_BRC, words_MC, chunk_bytes)
    if isinstance(count, int) and count == 1:
        return _cosines(regions_BRC, words_MC, factor)
    # The last chunk may go beyond the last image.
    places_KI = tf.reshape(tf.range(tf.cast(count * size, tf.int32)), [-1, size])

    @tf.custom_gradient
    def cosines(regions_BRC: tf.Tensor, words_MC: tf.Tensor) -> Any:
        """Returns the cosines, with a gradient that finds the attention again."""
        cosine_KIM = tf.map_fn(
            lambda places_I: _cosines(
                _rows_at(places_I, regions_BRC), words_MC, factor
            ),
            places_KI,
            fn_output_signature=tf.float32,
            parallel_iterations=1,
        )
        cosine_BM = _joined(cosine_KIM, regions_BRC)
        return cosine_BM, lambda upstream_BM: _slopes_by_chunks(
            regions_BRC, words_MC, factor, places_KI, upstream_BM
        )

    return cosines(regions_BRC, words_MC)


def _chunking(
    regions_BRC: tf.Tensor, words_MC: tf.Tensor, chunk_bytes: Optional[int]
) -> tuple[Any, Any]:
    """Returns the images of a chunk, and how many chunks there are."""
    images = _length(regions_BRC, 0)
    if chunk_bytes is None:
        return images, 1
    pairs = images * _length(regions_BRC, 1) * _length(words_MC, 0)
    count = _ceiling(LIVE_TENSORS * 4 * pairs, chunk_bytes)
    if isinstance(count, int):
        count = 1 << (count - 1).bit_length()  # It divides most batches.
    size = _ceiling(images, count)
    return size, _ceiling(images, size)


def _slopes_by_chunks(
    regions_BRC: tf.Tensor,
    words_MC: tf.Tensor,
    factor: Any,
    places_KI: tf.Tensor,
    upstream_BM: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the derivatives by regions and words, one chunk after the other."""
    count, images = tf.shape(places_KI)[0], tf.shape(regions_BRC)[0]

    def add_chunk(
        chunk: tf.Tensor, of_words_MC: tf.Tensor, of_regions: tf.TensorArray
    ) -> tuple:
        """Adds what one chunk contributes."""
        places_I = places_KI[chunk]
        regions_IRC = _rows_at(places_I, regions_BRC)
        with tf.GradientTape() as tape:
            tape.watch([regions_IRC, words_MC])
            cosine_IM = _cosines(regions_IRC, words_MC, factor)
        counts_IM = tf.where(
            (places_I < images)[:, None], _rows_at(places_I, upstream_BM), 0.0
        )
        of_chunk = tape.gradient(cosine_IM, [regions_IRC, words_MC], counts_IM)
        return (
            chunk + 1,
            of_words_MC + of_chunk[1],
            of_regions.write(chunk, of_chunk[0]),
        )

    _, of_words_MC, of_regions = tf.while_loop(
        lambda chunk, *_: chunk < count,
        add_chunk,
        (0, tf.zeros_like(words_MC), tf.TensorArray(tf.float32, count)),
        parallel_iterations=1,
    )
    return _joined(of_regions.stack(), regions_BRC), of_words_MC


class _Attention(NamedTuple):
    """The attention of words over the regions of images, and the contexts' products.

    Attributes:
        logits: `[I, M, R]`, g1 times the products of words and regions.
        weights: `[I, M, R]`, their softmax.
        towards: `[I, M, R]`, the products of contexts and regions.
        product: `[I, M]`, of each word and its context.
        square: `[I, M]`, of each context with itself.
        inverse: `[I, M]`, 1 / the context's length.
    """

    logits: tf.Tensor
    weights: tf.Tensor
    towards: tf.Tensor
    product: tf.Tensor
    square: tf.Tensor
    inverse: tf.Tensor


def _cosines(regions_IRC: tf.Tensor, words_MC: tf.Tensor, factor: Any) -> tf.Tensor:
    """Returns `[I, M]` cosines of all images at once; keeps their attention."""

    @tf.custom_gradient
    def cosines(regions_IRC: tf.Tensor, words_MC: tf.Tensor) -> Any:
        """Returns the cosines, with the gradient written out."""
        attention = _attend(regions_IRC, words_MC, factor)
        return attention.product * attention.inverse, lambda upstream_IM: _slopes(
            attention, regions_IRC, words_MC, factor, upstream_IM
        )

    return cosines(floored_unit(regions_IRC), words_MC)


def _attend(regions_IRC: tf.Tensor, words_MC: tf.Tensor, factor: Any) -> _Attention:
    logits_IMR = tf.matmul((factor * words_MC)[None], regions_IRC, transpose_b=True)
    weights_IMR = tf.nn.softmax(logits_IMR)
    gram_IRR = tf.matmul(regions_IRC, regions_IRC, transpose_b=True)
    towards_IMR = tf.matmul(weights_IMR, gram_IRR)
    square_IM = tf.reduce_sum(weights_IMR * towards_IMR, axis=2)
    return _Attention(
        logits_IMR,
        weights_IMR,
        towards_IMR,
        tf.reduce_sum(weights_IMR * logits_IMR, axis=2) / factor,
        square_IM,
        1.0 / tf.sqrt(tf.maximum(square_IM, SMALLEST_SQUARE)),
    )


def _slopes(
    attention: _Attention,
    regions_IRC: tf.Tensor,
    words_MC: tf.Tensor,
    factor: Any,
    upstream_IM: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the derivatives by regions and words of length 1."""
    logits_IMR, weights_IMR, towards_IMR, product_IM, square_IM, inverse_IM = attention
    of_product_IM = upstream_IM * inverse_IM
    of_square_IM = tf.where(
        square_IM > SMALLEST_SQUARE,
        -0.5 * of_product_IM * product_IM * tf.square(inverse_IM),
        0.0,
    )
    # Of a weight: of_product * logit / g1 + 2 of_square * towards. The softmax takes
    # the weighted mean of that away.
    mean_IM = of_product_IM * product_IM + 2.0 * of_square_IM * square_IM
    slopes_IMR = weights_IMR * (
        of_product_IM[:, :, None] * logits_IMR
        + (2.0 * factor * of_square_IM)[:, :, None] * towards_IMR
        + (of_product_IM - factor * mean_IM)[:, :, None]
    )
    of_gram_IRR = tf.matmul(
        of_square_IM[:, :, None] * weights_IMR, weights_IMR, transpose_a=True
    )
    # As two matrix products: no tensor of I x M x C.
    num_words, size = tf.shape(words_MC)[0], words_MC.shape[1]
    slopes_MIR = tf.reshape(tf.transpose(slopes_IMR, [1, 0, 2]), [num_words, -1])
    of_words_MC = tf.matmul(slopes_MIR, tf.reshape(regions_IRC, [-1, size]))
    of_regions = tf.matmul(slopes_MIR, words_MC, transpose_a=True)
    of_regions_IRC = tf.reshape(of_regions, tf.shape(regions_IRC))
    return of_regions_IRC + 2.0 * tf.matmul(of_gram_IRR, regions_IRC), of_words_MC


def _length(tensor: tf.Tensor, axis: int) -> Any:
    """Returns the length of an axis: a number, or a tensor where it is unknown."""
    known = tensor.shape[axis]
    return tf.shape(tensor, tf.int64)[axis] if known is None else known


def _ceiling(number: Any, divisor: Any) -> Any:
    return -(-number // divisor)


def _rows_at(places_I: tf.Tensor, rows_B: tf.Tensor) -> tf.Tensor:
    """Returns the rows at some places; beyond the last one, the last one."""
    return tf.gather(rows_B, tf.minimum(places_I, tf.shape(rows_B)[0] - 1))


def _joined(parts_KI: tf.Tensor, like_B: tf.Tensor) -> tf.Tensor:
    """Returns the rows of all chunks, as many as another tensor has."""
    shape = tf.concat([[-1], tf.shape(parts_KI)[2:]], axis=0)
    return tf.reshape(parts_KI, shape)[: tf.shape(like_B)[0]]
