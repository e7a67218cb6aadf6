"""Regularisers: objects that any variant can be given, in a tuple, in any company.

Consistency of the discriminator: CR, bCR, zCR, and bCR with zCR as ICR. Penalties on
its gradient: R1, WGAN-GP, DRAGAN, the largest gradient. Its logits: LeCam. Its weights:
clipping. The generator's images: top-k. What a new one has to do says `base.py`.
"""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "base": ("DiscriminatorPass", "GeneratorPass", "Regularizer"),
        "configs": (
            "BalancedConsistencyConfig",
            "ConsistencyConfig",
            "DraganConfig",
            "GradientPenaltyConfig",
            "LatentConsistencyConfig",
            "LeCamConfig",
            "MaxGradientPenaltyConfig",
            "R1Config",
            "TopKConfig",
            "WeightClippingConfig",
            "improved_consistency",
        ),
        "consistency": ("BalancedConsistency", "ConsistencyRegularization"),
        "gradient_penalty": ("Dragan", "GradientPenalty", "MaxGradientPenalty", "R1"),
        "latent_consistency": ("LatentConsistency",),
        "lecam": ("LeCam",),
        "top_k": ("TopK",),
        "weight_clipping": ("WeightClipping",),
    },
)
