"""Contrastive GANs in Keras: from a paper's name to a served generator."""

__version__ = "0.1.0"
