"""Authors' checkpoints: reading their files, and their names and layouts as ours."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "pytorch_state": (
            "read_pytorch_file",
            "read_pytorch_state",
            "read_pytorch_step",
        ),
        "states": ("import_states",),
        "studiogan": ("assign_discriminator", "assign_generator"),
    },
)
