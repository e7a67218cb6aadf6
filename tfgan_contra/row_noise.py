"""Normal latents that depend on their own row's seed and on nothing else.

A server merges requests into batches, so a stream of random numbers per batch would
give other pictures whenever the neighbours change. Here every row has its own counter
generator: Philox 4x32 with 10 rounds (Salmon et al., "Parallel random numbers: as easy
as 1, 2, 3", SC 2011), keyed by the row's seed, in integer TensorFlow operations, so
that eager code, graphs and servers produce the same bits.

`N` rows, `Q` blocks of four 32-bit words.
"""

import math
from typing import Any, Optional

import tensorflow as tf

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
LOW_32 = 0xFFFFFFFF
WORDS_PER_BLOCK = 4


def philox_4x32_10(
    counter: tuple[Any, Any, Any, Any], key: tuple[Any, Any]
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Encrypts counters under keys: ten rounds of multiply, swap and exclusive or.

    Args:
        counter: four uint64 tensors of one broadcastable shape, each in [0, 2^32).
        key: two uint64 tensors that broadcast with them, each in [0, 2^32).

    Returns:
        Four uint64 tensors, each in [0, 2^32).

    Reference: Salmon et al., SC 2011; the constants are those of Random123.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        high_0, low_0 = _multiply(c0, MULTIPLIERS[0])
        high_1, low_1 = _multiply(c2, MULTIPLIERS[1])
        c0, c1, c2, c3 = _xor(high_1, c1, k0), low_1, _xor(high_0, c3, k1), low_0
        k0, k1 = _low(k0 + _u64(KEY_STEPS[0])), _low(k1 + _u64(KEY_STEPS[1]))
    return c0, c1, c2, c3


def row_bits(seeds: Any, num_words: int) -> tf.Tensor:
    """Returns `num_words` random 32-bit words for every seed.

    The key is the seed (low word, high word); the counter is the block's number.

    Args:
        seeds: `[N]` int64, any value.
        num_words: words per row.

    Returns:
        `[N, num_words]` uint64, each in [0, 2^32). A longer row starts with the
        words of a shorter one.
    """
    seeds = tf.bitcast(tf.convert_to_tensor(seeds, tf.int64), tf.uint64)[:, None]
    key = (_low(seeds), tf.bitwise.right_shift(seeds, _u64(32)))
    num_blocks = math.ceil(num_words / WORDS_PER_BLOCK)
    block = tf.cast(tf.range(num_blocks), tf.uint64)[None, :] + tf.zeros_like(seeds)
    zero = tf.zeros_like(block)
    words = tf.stack(philox_4x32_10((block, zero, zero, zero), key), axis=-1)
    words = tf.reshape(words, [-1, num_blocks * WORDS_PER_BLOCK])
    return words[:, :num_words]


def row_latents(
    seeds: Any, latent_dim: int, truncation: Optional[Any] = None
) -> tf.Tensor:
    """Returns standard normal latents, one row per seed.

    Each 32-bit word `w` becomes `u = (w + 0.5) / 2^32` and the latent is the normal
    quantile of u. A truncation t keeps the central fraction t of the probability:
    the quantile of `0.5 + t * (u - 0.5)`, a normal truncated at the quantile of
    `(1 + t) / 2` (t = 0.683: one standard deviation, t = 0.954: two). t = 1 changes
    nothing. This is the truncation trick of Brock et al. (BigGAN, ICLR 2019,
    arXiv 1809.11096) with the resampling replaced by the inverse distribution
    function, which needs no loop and moves a latent smoothly as t falls.

    Args:
        seeds: `[N]` int64.
        latent_dim: latents per row.
        truncation: `[N]` float in (0, 1], or None: off.

    Returns:
        `[N, latent_dim]` float32.
    """
    # In float32 the vectorised and the scalar code path of one kernel differ in the
    # last bit, so a latent would depend on its place in the batch. In float64 the
    # difference vanishes in the final rounding.
    uniform = (tf.cast(row_bits(seeds, latent_dim), tf.float64) + 0.5) / 2.0**32
    if truncation is not None:
        kept = tf.cast(truncation, tf.float64)[:, None]
        uniform = 0.5 + kept * (uniform - 0.5)
    return tf.cast(tf.math.ndtri(uniform), tf.float32)


def _u64(value: int) -> tf.Tensor:
    return tf.constant(value, tf.uint64)


def _low(value: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.bitwise_and(value, _u64(LOW_32))


def _multiply(value: tf.Tensor, factor: int) -> tuple[tf.Tensor, tf.Tensor]:
    product = value * _u64(factor)
    return tf.bitwise.right_shift(product, _u64(32)), _low(product)


def _xor(a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(a, b), c)
