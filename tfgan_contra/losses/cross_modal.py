"""XMC-GAN's losses: images and captions, real and fake images, words and regions.

Shapes: `B` images on this replica, `N` images of all replicas, `D` embedding,
`R` regions of an image, `T` words of a caption, `C` embedding of a region or word.
"""

from typing import Any, Optional

import tensorflow as tf

from tfgan_contra.losses.pairs import (
    embedding_pair_scores,
    pair_contrastive_loss,
    pair_scores,
)
from tfgan_contra.losses.word_region import CHUNK_BYTES, word_region_scores


def sentence_image_loss(
    image_embeddings: Any,
    sentence_embeddings: Any,
    *,
    temperature: Any = 0.1,
    normalize: bool = True,
    all_image_embeddings: Optional[Any] = None,
    all_sentence_embeddings: Optional[Any] = None,
    row_offset: Any = 0,
) -> tf.Tensor:
    """Pulls an image to its caption, away from other captions, and a caption likewise.

    With `s_ij = cos(image_i, sentence_j) / t` the loss is
    `mean_i (log sum_j exp(s_ij) - s_ii) + mean_j (log sum_i exp(s_ij) - s_jj)`.

    Args:
        image_embeddings: `[B, D]`, any length.
        sentence_embeddings: `[B, D]` of the images' captions, any length.
        temperature: t, above 0.
        normalize: False: products in the place of cosines.
        all_image_embeddings: `[N, D]` of all replicas; None: `image_embeddings`.
        all_sentence_embeddings: `[N, D]` of all replicas; None: `sentence_embeddings`.
        row_offset: index of this replica's first image among the gathered ones.

    Returns:
        The float32 mean over this replica's images; 0 for one image alone.

    Raises:
        ValueError: for shapes that differ, or if only one kind of embedding was
            gathered.

    Source: Zhang et al., "Cross-Modal Contrastive Learning for Text-to-Image
    Generation", CVPR 2021 (arXiv 2101.04702). Equal to the authors' code, which adds
    both directions; the paper's formula has the first one. The authors never gather.
    """
    return pair_contrastive_loss(
        embedding_pair_scores(
            image_embeddings,
            sentence_embeddings,
            temperature=temperature,
            normalize=normalize,
            all_first=all_image_embeddings,
            all_second=all_sentence_embeddings,
            row_offset=row_offset,
        )
    )


def image_image_loss(
    real_features: Any,
    fake_features: Any,
    *,
    temperature: Any = 0.1,
    normalize: bool = True,
    all_real_features: Optional[Any] = None,
    all_fake_features: Optional[Any] = None,
    row_offset: Any = 0,
) -> tf.Tensor:
    """Pulls a fake image to the real one of the same caption, and the real one to it.

    The same sum of both directions as `sentence_image_loss`, which is why real and
    fake may change places.

    Args:
        real_features: `[B, D]` of real images, any length: D's pooled features, or the
            outputs of a pretrained network.
        fake_features: `[B, D]` of images made from the same captions.
        temperature: t, above 0.
        normalize: False: products in the place of cosines.
        all_real_features: `[N, D]` of all replicas; None: `real_features`.
        all_fake_features: `[N, D]` of all replicas; None: `fake_features`.
        row_offset: index of this replica's first image among the gathered ones.

    Returns:
        The float32 mean over this replica's images; 0 for one image alone.

    Raises:
        ValueError: for shapes that differ, or if only one kind of feature was gathered.

    Source: Zhang et al., CVPR 2021 (arXiv 2101.04702). Equal to the authors' code.
    """
    return pair_contrastive_loss(
        embedding_pair_scores(
            real_features,
            fake_features,
            temperature=temperature,
            normalize=normalize,
            all_first=all_real_features,
            all_second=all_fake_features,
            row_offset=row_offset,
        )
    )


def word_region_loss(
    regions: Any,
    words: Any,
    lengths: Any,
    *,
    region_temperature: Any = 5.0,
    word_temperature: Any = 5.0,
    score_temperature: Any = 50.0,
    chunk_bytes: Optional[int] = CHUNK_BYTES,
) -> tf.Tensor:
    """Pulls an image to the caption whose words it shows, and the caption to the image.

    `mean_i (log sum_k exp(s_ik) - s_ii) + mean_k (log sum_i exp(s_ik) - s_kk)` with the
    scores of `word_region_scores`, whose arguments these are. With negatives of all
    replicas, captions are gathered before and finished scores after them, but never
    regions::

        rows = word_region_scores(regions, all_words, all_lengths)
        scores = pair_scores(rows, all_rows=all_rows, row_offset=row_offset)
        loss = pair_contrastive_loss(scores)

    where `all_rows` are the `rows` of all replicas, gathered with their gradient. So
    are losses that come with their `retrieval_accuracy` and `retrieval_entropy`.

    Args:
        regions: `[B, R, C]`, any length.
        words: `[B, T, C]` of the images' captions, any length.
        lengths: `[B]` int, how many words of a caption count.
        region_temperature: g1, see `word_region_scores`.
        word_temperature: g2.
        score_temperature: g3.
        chunk_bytes: what the attention of some images at a time may take; None: no
            limit.

    Returns:
        The float32 mean over the images; 0 for one image alone.

    Raises:
        ValueError: for shapes that do not belong together.

    Source: Zhang et al., CVPR 2021 (arXiv 2101.04702). Equal to the authors' code,
    which adds both directions; the paper's formula has the first one.
    """
    rows = word_region_scores(
        regions,
        words,
        lengths,
        region_temperature=region_temperature,
        word_temperature=word_temperature,
        score_temperature=score_temperature,
        chunk_bytes=chunk_bytes,
    )
    return pair_contrastive_loss(pair_scores(rows))
