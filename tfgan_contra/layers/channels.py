"""Images of one number of channels as images of another."""

import tensorflow as tf

# Of red, green and blue in a shade of grey, as in ITU-R BT.601 and as Pillow does.
LUMINANCE = (0.299, 0.587, 0.114)


def with_channels(images: tf.Tensor, channels: int) -> tf.Tensor:
    """Returns images with so many channels; a linear map, so gradients pass.

    Grey is repeated; colour becomes its luminance; what is added beyond (alpha) is
    opaque, and what is left over (alpha) is dropped.

    Args:
        images: `[B, H, W, C]` in [-1, 1].
        channels: how many; C: nothing changes.

    Returns:
        `[B, H, W, channels]` in [-1, 1].
    """
    given = images.shape[-1]
    if given == channels:
        return images
    if channels == 1 and given >= len(LUMINANCE):
        weights = tf.constant(LUMINANCE, images.dtype)
        colours = images[..., : len(LUMINANCE)]
        return tf.reduce_sum(colours * weights, axis=-1, keepdims=True)
    if given == 1:
        colours = tf.repeat(images, min(channels, len(LUMINANCE)), axis=-1)
    else:
        colours = images[..., :channels]
    missing = channels - colours.shape[-1]
    opaque = tf.ones_like(images[..., :1])
    return tf.concat([colours, *[opaque] * missing], axis=-1)
