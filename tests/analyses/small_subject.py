"""A tiny untrained model, some digits and an extractor of no cost."""

import dataclasses
import functools
from pathlib import Path

import numpy as np

from configs.smoke import contragan
from tfgan_contra.analyses.subject import Subject
from tfgan_contra.config import DataConfig
from tfgan_contra.data import load
from tfgan_contra.data.specs import ImageDataset, SubsetSource
from tfgan_contra.metrics.evaluator import Evaluator
from tfgan_contra.metrics.features import BatchedExtractor, Outputs
from tfgan_contra.models.configs import UnconditionalGANConfig
from tfgan_contra.networks.configs import BigResNetConfig
from tfgan_contra.training.runs import LoadedRun

BIG = BigResNetConfig(g_width=4, d_width=4, latent_dim=16, shared_dim=8)


@functools.cache
def digits(num_train=200, num_test=100):
    """Returns the first bundled digits."""
    whole = load(DataConfig(source="bundled:digits"))
    return ImageDataset(
        whole.spec,
        SubsetSource(whole.train, np.arange(num_train)),
        SubsetSource(whole.test, np.arange(num_test)),
    )


class Blurred(BatchedExtractor):
    """Features: the means of 4x4 blocks; logits: minus distances to class means."""

    def __init__(self, logits=True):
        super().__init__("blurred", f"logits-{logits}", "none", 50)
        self.with_logits = logits

    @functools.cached_property
    def means(self):
        train = digits().train
        features = blocks(train.load(np.arange(len(train))))
        return np.stack([features[train.labels == k].mean(axis=0) for k in range(10)])

    def forward(self, images):
        features = blocks(images)
        squares = np.square(features[:, None] - self.means).sum(axis=2)
        return Outputs(features, -10 * squares if self.with_logits else None)


def blocks(images):
    rows = images.reshape(len(images), 8, 4, 8, 4) / np.float32(255)
    return rows.mean(axis=(2, 4)).reshape(len(images), -1)


def small_config(cache_dir, network=BIG, unconditional=False):
    config = contragan.get_config()
    method = dataclasses.replace(config.method, network=network, embedding_dim=8)
    if unconditional:
        method = UnconditionalGANConfig(network=network)
    config = dataclasses.replace(config, method=method)
    config.evaluation.num_images = 60
    config.evaluation.batch_size = 30
    config.evaluation.standing_batches = 2
    config.evaluation.cache_dir = str(cache_dir)
    return config


def small_subject(cache_dir, **options):
    """Returns a subject; `options` as in `small_config`."""
    config = small_config(cache_dir, **options)
    gan = config.method.build(digits().spec)
    run = LoadedRun(gan, config, gan.spec, 0, {}, Path("step-00000000.npz"))
    evaluator = Evaluator(config.evaluation, digits(), extractor=Blurred())
    return Subject(run, config, evaluator, seed=0)


def with_extractor(subject, extractor):
    """Returns the same subject under another extractor."""
    evaluator = Evaluator(subject.config.evaluation, digits(), extractor=extractor)
    return dataclasses.replace(subject, evaluator=evaluator)


class Cheat:
    """A sampler that returns real images of the class asked for, or of another one."""

    protocol = {"weights": "none", "statistics": "moving", "truncation": 1.0}

    def __init__(self, source, rename=None):
        self.source, self.rename = source, rename

    def __call__(self, labels, seeds):
        meant = labels if self.rename is None else self.rename[labels]
        members = [np.flatnonzero(self.source.labels == k) for k in range(10)]
        pairs = zip(meant, seeds, strict=True)
        chosen = [members[k][s % len(members[k])] for k, s in pairs]
        return self.source.load(np.array(chosen))


@dataclasses.dataclass(frozen=True)
class CheatingSubject(Subject):
    """A subject whose sampler is a `Cheat`, whatever is asked for."""

    cheat: Cheat = None

    def sampler(self, **changes):
        return self.cheat


def cheating(subject, source, rename=None):
    """Returns a subject like another one that draws images of a source."""
    fields = {f.name: getattr(subject, f.name) for f in dataclasses.fields(subject)}
    return CheatingSubject(**fields, cheat=Cheat(source, rename))
