"""Two folders of pictures: `unpaired:<folderA>,<folderB>`.

    A/*.jpg, B/*.jpg                                  a tenth of either is held out
    A/{train,test}/*.jpg, B/{train,test}/*.jpg        also val, valid, validation
    root/{trainA,trainB,testA,testB}/*.jpg            the usual layout; `root` is enough

Any format, any size, at any depth. Files are decoded when they are used; small sets
are then kept in memory.
"""

import dataclasses
from pathlib import Path

import numpy as np

from tfgan_contra.data.configs import UNPAIRED_SOURCES, TwoDomainDataConfig
from tfgan_contra.data.folder_index import Header, UnreadableFiles
from tfgan_contra.data.ordering import stratified_split, tenth_counts
from tfgan_contra.data.picture_files import (
    CHANNEL_OPTIONS,
    TrainingFiles,
    common_channels,
    dropped_alpha,
    header_problem,
    headers_below,
)
from tfgan_contra.data.specs import SPLIT_SEED
from tfgan_contra.data.unpaired import Domains, UnpairedDataset
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.types import TranslationSpec

_HELD_OUT_NAMES = ("test", "val", "valid", "validation")


@dataclasses.dataclass
class _Domain:
    """The files of one domain, by name relative to `root`."""

    root: Path
    train: dict[str, Header]
    test: dict[str, Header]
    unreadable: UnreadableFiles

    def sources(
        self, wanted: int | None, option: str
    ) -> tuple[TrainingFiles, TrainingFiles]:
        """Returns the training and the test pictures, converted where wanted.

        Args:
            wanted: channels; None: the domain's own, without alpha.
            option: the field of the config that asks for them.
        """
        channels = wanted or self._own_channels(option)
        return (
            TrainingFiles(self.root, self.train, channels, self.unreadable),
            TrainingFiles(self.root, self.test, channels, self.unreadable),
        )

    def _own_channels(self, option: str) -> int:
        headers = self.train | self.test
        gray = sum(header.grayscale for header in headers.values())
        if 0 < gray < len(headers):
            self.unreadable.report.append(
                f"{gray} of {len(headers)} pictures below {self.root} are grayscale;"
                " all are read as colour"
            )
        if line := dropped_alpha(self.root, headers, option):
            self.unreadable.report.append(line)
        return common_channels(headers)


def load(name: str, config: TwoDomainDataConfig) -> UnpairedDataset:
    """Loads two folders of pictures, in the layouts named above.

    A domain is grayscale if all its pictures are and the config asks for nothing else.

    Raises:
        ConfigError: if the source names no two folders.
        DataError: if a folder is missing or empty, both are the same, too many files
            are unreadable, a picture is too small, or none can be held out.
    """
    folders = _folders(name, config)
    report: list[str] = []
    domains = [_domain(folder, config, report) for folder in folders]
    (train_a, test_a), (train_b, test_b) = (
        domain.sources(wanted, option)
        for domain, wanted, option in zip(
            domains, config.wanted_channels, CHANNEL_OPTIONS, strict=True
        )
    )
    spec = TranslationSpec(
        config.image_size,
        train_a.channels,
        train_b.channels,
        (folders[0].name, folders[1].name),
    )
    return UnpairedDataset(
        spec, Domains(train_a, train_b), Domains(test_a, test_b), report=report
    )


def _folders(name: str, config: TwoDomainDataConfig) -> tuple[Path, Path]:
    first, comma, second = (part.strip() for part in name.partition(","))
    if not comma:
        root = Path(first).expanduser()
        if (root / "trainA").is_dir() and (root / "trainB").is_dir():
            return root / "trainA", root / "trainB"
    if not first or not second:
        raise ConfigError(
            f"config.data.source must be {UNPAIRED_SOURCES}, or unpaired:<folder> with"
            f" folders trainA and trainB in it. Received: {config.source!r}"
        )
    folders = Path(first).expanduser(), Path(second).expanduser()
    if folders[0].resolve() == folders[1].resolve():
        raise DataError(f"{config.source} names one folder twice; name two domains")
    return folders


def _domain(folder: Path, config: TwoDomainDataConfig, report: list[str]) -> _Domain:
    """Finds, reads and checks the files of one domain."""
    root, train_folder, test_folder = _split_folders(folder)
    unreadable = UnreadableFiles(str(folder), config.max_unreadable, report)
    train = headers_below(root, train_folder)
    test = headers_below(root, test_folder) if test_folder else {}
    problems = {
        name: header.problem
        for name, header in (train | test).items()
        if header.problem
    }
    if problems:
        unreadable.add(problems)
        report.append(f"{folder}: {unreadable.summary()}")
    train, test = (
        _readable(root, headers, config.smallest_side) for headers in (train, test)
    )
    if not train or (test_folder and not test):
        empty = test_folder if train else train_folder
        raise DataError(f"{empty} holds no readable picture; repair or replace them")
    if not test:
        train, test = _held_out(train, folder)
        report.append(f"{folder} has no test pictures; held out {len(test)} of its own")
    return _Domain(root, train, test, unreadable)


def _split_folders(folder: Path) -> tuple[Path, Path, Path | None]:
    """Returns what names are relative to, the training folder and the test folder."""
    own = [folder / name for name in _HELD_OUT_NAMES if (folder / name).is_dir()]
    if own and (folder / "train").is_dir():
        return folder, folder / "train", own[0]
    siblings = [
        folder.parent / folder.name.replace("train", name)
        for name in _HELD_OUT_NAMES
        if "train" in folder.name
    ]
    present = [sibling for sibling in siblings if sibling.is_dir()]
    if present:
        return folder.parent, folder, present[0]
    return folder, folder, None


def _readable(
    root: Path, headers: dict[str, Header], smallest_side: int
) -> dict[str, Header]:
    """Drops unreadable files; refuses pictures that are too small."""
    readable = {name: header for name, header in headers.items() if not header.problem}
    for name, header in readable.items():
        problem = header_problem(header, smallest_side)
        if problem:
            raise DataError(f"{root / name} {problem}")
    return readable


def _held_out(
    files: dict[str, Header], folder: Path
) -> tuple[dict[str, Header], dict[str, Header]]:
    names = list(files)
    one_class = np.zeros(len(names), np.int64)
    kept, held_out = stratified_split(one_class, tenth_counts(one_class), SPLIT_SEED)
    if not len(held_out):
        raise DataError(
            f"{folder} holds a single picture, so none can be held out; add pictures,"
            " or train on one picture per domain with single:<imageA>,<imageB>"
        )
    kept_files = {names[row]: files[names[row]] for row in kept}
    return kept_files, {names[row]: files[names[row]] for row in held_out}
