"""What a translation run shows: TensorBoard rows, grids, evaluations, a page."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfgan_contra.data.image_views import converted_images
from tfgan_contra.data.measured_domains import measured_domains
from tfgan_contra.data.pictures import PictureSource
from tfgan_contra.data.pipeline import evaluation_images, evaluation_indices
from tfgan_contra.data.preparation import pil_image
from tfgan_contra.data.specs import ImageSource
from tfgan_contra.data.unpaired import UnpairedDataset
from tfgan_contra.models.sampler import to_uint8
from tfgan_contra.models.translator import Translator
from tfgan_contra.training.callbacks import (
    Run,
    RunCallback,
    SaveCheckpoints,
    discriminator_accuracy,
)
from tfgan_contra.training.curve_rows import ROWS_FILE, append_row, forget_rows_after
from tfgan_contra.training.monitoring import Evaluate, to_float, write_config
from tfgan_contra.training.pictures import save_png
from tfgan_contra.training.results_files import (
    RESULTS_PAGE,
    example_grid,
    gather_results,
    grid_path,
)
from tfgan_contra.training.results_page import results_page
from tfgan_contra.training.runs import write_text
from tfgan_contra.training.translation_evaluation import (
    TranslationEvaluation,
    TranslatorScores,
    UpdatableTranslator,
    in_parts,
)

# Pictures that D judges, and that G translates for it, at every row of the log: fewer
# of the large ones, so that looking stays a small part of training.
MOST_JUDGED, FEWEST_JUDGED, JUDGED_PIXELS = 200, 8, 2**20
# Rows of the grid, which then has about a million pixels.
MOST_EXAMPLES, EXAMPLE_PIXELS = 8, 2**18
# A single large picture is shown at this size.
MOST_SIDE = 640


class ExamplePair(NamedTuple):
    """A test picture of either domain, uint8 `[h, w, C]`.

    Attributes:
        name: of both.
        input: from A, with A's channels.
        target: from B, with B's channels.
    """

    name: str
    input: np.ndarray
    target: np.ndarray


def translation_watchers(
    run: Run, dataset: UnpairedDataset, checkpoints: SaveCheckpoints
) -> list[RunCallback]:
    """Returns what measures and shows a translation run.

    Args:
        run: the run.
        dataset: both domains.
        checkpoints: keeps the best one.
    """
    translator = Translator(run.gan)
    pairs = example_pairs(run, dataset)
    scores = TranslatorScores(translator, TranslationEvaluation(run.config, dataset))
    return [
        TranslationRows(run, dataset, translator),
        Evaluate(run, scores, checkpoints),
        ExampleGrid(run, pairs, translator),
        WriteResultsPage(run, pairs),
    ]


class TranslationRows(RunCallback):
    """Losses, D accuracies and learning rates, for TensorBoard and in `curves.jsonl`.

    The accuracies are on B's training pictures, on its held-out ones, and on
    translations of A's held-out ones.
    """

    def __init__(
        self, run: Run, dataset: UnpairedDataset, translator: UpdatableTranslator
    ) -> None:
        super().__init__(run)
        self._translator = translator
        self._writer = tf.summary.create_file_writer(str(run.folder.tensorboard))
        self._path = run.folder.path / ROWS_FILE
        data: Any = run.config.data
        domains = measured_domains(dataset, data)
        self._real = {
            "train": self._judged(domains.targets.train),
            "held_out": self._judged(domains.targets.test),
        }
        self._inputs = self._judged(domains.inputs.test)
        forget_rows_after(self._path, run.step)
        if run.first_step == 0:
            write_config(self._writer, run.config)

    def after_step(self) -> None:
        """Writes a row when it is due."""
        if not self.run.due(self.run.config.train.log_every):
            return
        values = {
            **_named("losses", self.run.mean_losses()),
            **_named("d_accuracy", self.accuracies()),
            **_named("learning_rate", self.learning_rates()),
        }
        with self._writer.as_default():
            for name, value in values.items():
                tf.summary.scalar(name, value, step=self.run.step)
        self._writer.flush()
        append_row(self._path, self.run.step, values)

    def accuracies(self) -> dict[str, float]:
        """Returns D's accuracy on training, held-out and translated pictures."""
        gan = self.run.gan
        if gan.adversarial.middle is None:
            return {}
        values = {
            name: discriminator_accuracy(gan, to_float(images), None, True)
            for name, images in self._real.items()
        }
        self._translator.update()
        fakes = to_float(in_parts(self._translator, self._inputs))
        values["fake"] = discriminator_accuracy(gan, fakes, None, False)
        return values

    def learning_rates(self) -> dict[str, float]:
        """Returns every network's current learning rate."""
        gan = self.run.gan
        names = gan.config.networks
        optimizers = {name: getattr(gan, f"{name}_optimizer") for name in names}
        rates = {name: item.learning_rate for name, item in optimizers.items()}
        # Mirrored variables have no float().
        return {name: float(np.asarray(rate)) for name, rate in rates.items()}

    def _judged(self, source: ImageSource) -> np.ndarray:
        height, width, _ = source.image_shape
        count = JUDGED_PIXELS // (height * width)
        count = min(max(count, FEWEST_JUDGED), MOST_JUDGED)
        return evaluation_images(source, count, self.run.config.seed)[0]


class ExampleGrid(RunCallback):
    """Fixed test pictures: input, translation, identity and a real target per row.

    As a PNG in `samples` and in TensorBoard.
    """

    def __init__(
        self, run: Run, pairs: list[ExamplePair], translator: UpdatableTranslator
    ) -> None:
        super().__init__(run)
        self._pairs, self._translator = pairs, translator
        self._writer = tf.summary.create_file_writer(str(run.folder.tensorboard))

    def after_step(self) -> None:
        """Writes a grid when it is due."""
        if not self.run.due(self.run.config.train.sample_every):
            return
        self._translator.update()
        grid = example_grid(list(self._rows()))
        save_png(grid_path(self.run.folder, self.run.step), grid)
        with self._writer.as_default():
            tf.summary.image("samples", grid[None], step=self.run.step)
        self._writer.flush()

    def _rows(self) -> Iterator[tuple[np.ndarray, ...]]:
        gan = self.run.gan
        channels = max(gan.spec.channels_in, gan.spec.channels_out)
        for pair in self._pairs:
            target = tf.constant(to_float(pair.target[None]))
            as_input = to_uint8(gan.as_inputs(target)).numpy()
            pictures = (
                pair.input[None],
                self._translator(pair.input[None]),
                self._translator(as_input),
                pair.target[None],
            )
            yield tuple(converted_images(p, channels)[0] for p in pictures)


class WriteResultsPage(RunCallback):
    """Writes `results.html` whenever there is a new grid or evaluation; comes last."""

    def __init__(self, run: Run, pairs: list[ExamplePair]) -> None:
        super().__init__(run)
        self._names = [pair.name for pair in pairs]

    def after_step(self) -> None:
        """Writes the page when it is due."""
        train = self.run.config.train
        if self.run.due(train.sample_every) or self.run.due(
            train.eval_every or train.num_steps
        ):
            self.write()

    def write(self) -> None:
        """Writes the page from the files of the run folder."""
        config, folder = self.run.config, self.run.folder
        method = type(config.method).__name__.removesuffix("Config")
        domains = " to ".join(self.run.gan.spec.domain_names)
        facts = {
            "data": config.data.source,
            "step": f"{self.run.step} of {config.train.num_steps}",
            "run folder": folder.path.resolve().name,
        }
        if self.run.best is not None:
            best = self.run.best
            facts["best checkpoint"] = (
                f"step {best['step']}, {best['name']} {best['score']:.5g}"
            )
        results = gather_results(folder, f"{method}: {domains}", facts, self._names)
        write_text(folder.path / RESULTS_PAGE, results_page(results))


def example_pairs(run: Run, dataset: UnpairedDataset) -> list[ExamplePair]:
    """Returns the fixed test pictures that a run shows, the same after a resume.

    Pictures of the crops' size, or, where a domain has a single picture, that picture
    as a whole.

    Args:
        run: its seed chooses the pictures.
        dataset: both domains.
    """
    a, b = dataset.test.a, dataset.test.b
    if min(len(a), len(b)) == 1:
        name = f"{a.names[0]} | {b.names[0]}"
        return [ExamplePair(name, _whole_picture(a), _whole_picture(b))]
    size = dataset.spec.image_size
    count = min(max(EXAMPLE_PIXELS // size**2, 1), MOST_EXAMPLES, len(a), len(b))
    sources = dataset.domain_images("a").test, dataset.domain_images("b").test
    rows_a, rows_b = (evaluation_indices(s, count, run.config.seed) for s in sources)
    images_a, images_b = sources[0].load(rows_a), sources[1].load(rows_b)
    return [
        ExamplePair(f"{a.names[i]} | {b.names[j]}", image_a, image_b)
        for i, j, image_a, image_b in zip(
            rows_a, rows_b, images_a, images_b, strict=True
        )
    ]


def _whole_picture(source: PictureSource) -> np.ndarray:
    """Returns the first picture, shrunk if it is large."""
    image = pil_image(source.picture(0))
    image.thumbnail((MOST_SIDE, MOST_SIDE))
    return np.array(image).reshape(image.height, image.width, source.channels)


def _named(group: str, values: dict[str, float]) -> dict[str, float]:
    return {f"{group}/{name}": value for name, value in values.items()}
