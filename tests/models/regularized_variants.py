"""Every regulariser on three variants, in groups to spare compilations.

Each entry names the method to start from and what to change in its config. Weights
are small where several penalties meet, and every start is early, so that each loss
counts in the few steps that the harness makes.
"""

from tfgan_contra.augmentation.configs import AdaptiveAugmentConfig
from tfgan_contra.regularizers.configs import (
    DraganConfig,
    GradientPenaltyConfig,
    LeCamConfig,
    MaxGradientPenaltyConfig,
    R1Config,
    TopKConfig,
    WeightClippingConfig,
    improved_consistency,
)

METHODS = ("contragan", "acgan", "unconditional")

GROUPS = {
    # bCR and zCR, which together are ICR.
    "consistency_top_k": {
        "regularizers": (*improved_consistency(), TopKConfig(gamma=0.5, epoch_steps=1))
    },
    "penalties": {
        "regularizers": (
            R1Config(weight=0.1),
            GradientPenaltyConfig(weight=0.1),
            DraganConfig(weight=0.1),
            MaxGradientPenaltyConfig(weight=0.1),
        )
    },
    "lecam_clipping_ada": {
        "regularizers": (LeCamConfig(start_step=0), WeightClippingConfig(limit=0.1)),
        "augmentation": AdaptiveAugmentConfig(speed_kimg=0.05, every=1),
        "adversarial": "logistic",
    },
}

REGULARIZED = {
    f"{method}_{group}": (method, changes)
    for method in METHODS
    for group, changes in GROUPS.items()
}
