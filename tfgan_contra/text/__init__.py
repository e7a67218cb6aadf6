"""Text encoders: captions to the vectors that a text-to-image model is given.

`trained_in_place` is a small transformer, trained with a small image network on the
real pairs and then frozen; `bert` reads a BERT-type model from a folder. What a new one
has to do says `base.py`.
"""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "base": ("TextEncoder", "pooled_features"),
        "bert": ("BertTextEncoder",),
        "configs": ("BertTextConfig", "TextEncoderConfig", "TrainedTextConfig"),
        "image_tower": ("ImageTower",),
        "pair_encoder": ("PairEncoder",),
        "pretraining": ("pretrain", "pretrained"),
        "tokenizer": ("Tokenizer", "most_frequent_words", "split_words"),
        "trained": ("TrainedTextEncoder",),
        "transformer": ("TextTransformer",),
    },
)
