"""Losses: pure functions on tensors, compiled with XLA, float32 inside."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "adversarial": (
            "ADVERSARIAL_LOSSES",
            "AdversarialLoss",
            "hinge_discriminator_loss",
            "hinge_generator_loss",
            "least_squares_discriminator_loss",
            "least_squares_generator_loss",
            "logistic_discriminator_loss",
            "logistic_generator_loss",
            "vanilla_2020_discriminator_loss",
            "wasserstein_discriminator_loss",
            "wasserstein_generator_loss",
        ),
        "classification": ("classification_loss",),
        "conditional_contrastive": ("conditional_contrastive_loss",),
        "cross_modal": (
            "image_image_loss",
            "sentence_image_loss",
            "word_region_loss",
        ),
        "data_to_data": ("data_to_data_cross_entropy_loss",),
        "dual_contrastive": (
            "dual_contrastive_discriminator_loss",
            "dual_contrastive_generator_loss",
        ),
        "feature_matching": ("feature_matching_loss",),
        "info_gan": ("gaussian_negative_log_likelihood",),
        "info_nce": (
            "info_nce_accuracy",
            "info_nce_loss",
            "mutual_information_bound",
        ),
        "multi_hinge": (
            "multi_hinge_discriminator_loss",
            "multi_hinge_generator_loss",
        ),
        "nt_xent": ("nt_xent_loss",),
        "pairs": (
            "PairScores",
            "embedding_pair_scores",
            "pair_contrastive_loss",
            "pair_losses",
            "pair_scores",
            "retrieval_accuracy",
            "retrieval_entropy",
        ),
        "patch_nce": ("patch_nce_loss",),
        "proxy_nca": ("proxy_nca_loss",),
        "rotation": (
            "ROTATION_BATCHES",
            "RotationBatch",
            "four_way_quarter",
            "quarter_each",
            "rotate_images",
            "rotation_loss",
        ),
        "temperature": ("scheduled_temperature",),
        "triplet": ("triplet_loss",),
        "word_region": ("word_region_scores",),
    },
)
