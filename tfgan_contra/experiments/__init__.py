"""What the papers are remembered for, as experiments: each a JSON and a PNG.

`bin/experiment.py --experiment=...` runs one. Some train small networks of their own,
some look at the checkpoints of finished runs. Their options lie in `configs`, which
imports no TensorFlow.
"""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "base": ("Experiment", "Parts"),
        "configs": ("EXPERIMENTS", "ExperimentConfig"),
        "planning": ("Plan", "default_config", "plan_experiment"),
        "running": ("run_experiment",),
    },
)
