"""Keras layers of the contrastive GANs."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "attention": ("ReferenceAttention", "SelfAttention"),
        "attentional_self_modulation": ("AttentionalSelfModulation",),
        "blur": ("BlurPool", "BlurUpsample"),
        "conditional_norm": (
            "BatchNormalization",
            "ConditionalBatchNormalization",
            "batch_norm_layers",
        ),
        "convolution": ("ResampledConv2D",),
        "equalized": (
            "EqualizedConv2D",
            "EqualizedDense",
            "EqualizedResidualBlock",
            "UpsamplingConv2D",
        ),
        "instance_norm": ("InstanceNormalization",),
        "padding": ("PaddedConv2D", "ReflectionPadding2D"),
        "patch_sampler": ("PatchSampler",),
        "resampling": (
            "average_pool",
            "conv2d_after_bilinear_upsampling",
            "conv2d_after_upsampling",
            "conv2d_after_zero_insertion",
            "conv2d_then_average_pool",
            "insert_zeros",
            "upsample_bilinear",
            "upsample_nearest",
        ),
        "self_modulated_norm": ("SelfModulatedBatchNormalization",),
        "spectral_norm": (
            "SNConv2D",
            "SNConv2DTranspose",
            "SNDense",
            "SNEmbedding",
            "fold",
            "fold_spectral_norm",
            "settle_spectral_norm",
            "spectral_norm_layers",
            "without_spectral_norm",
        ),
        "word_attention": ("attend_to_regions", "attend_to_words"),
    },
)
