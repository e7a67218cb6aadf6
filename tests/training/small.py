"""A run of seconds on the bundled digits."""

from configs.smoke import sndcgan


def small_config(num_steps=4, every=2, smoke=sndcgan):
    """Returns a smoke config of few steps that evaluates and saves often."""
    config = smoke.get_config()
    config.train.num_steps = num_steps
    config.train.global_batch_size = 8
    config.train.log_every = every
    config.train.sample_every = every
    config.train.eval_every = every
    config.train.checkpoint_every = every
    config.evaluation.num_images = 100
    return config
