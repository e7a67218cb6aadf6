"""Serving: from a generator to a versioned SavedModel, a server for it and a client."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "caption_client": ("request_captioned",),
        "caption_signatures": ("CaptionServing", "FeatureServing", "can_be_served"),
        "checking": ("check_in_fresh_process", "check_model_dir", "newest_version"),
        "client": (
            "GrpcClient",
            "RestClient",
            "request_pictures",
            "resolve_labels",
            "save_pictures",
        ),
        "launcher": ("ServerOptions", "serve"),
        "local_server": ("LocalServer",),
        "model_card": ("ModelCard", "card_of_run"),
        "model_store": ("ModelStore",),
        "saved_model": ("export_generator",),
        "signatures": (
            "ClassConditionalServing",
            "UnconditionalServing",
            "serving_module",
        ),
        "translation_client": ("request_translations",),
        "translation_signatures": ("TranslationServing",),
    },
)
