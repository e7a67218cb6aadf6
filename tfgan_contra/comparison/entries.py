"""Which configs are compared, and what their rows are called; starts no TensorFlow."""

import importlib.util
import re
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from tfgan_contra.config import Config
from tfgan_contra.errors import UsageError, UserError

NAME = re.compile(r"[A-Za-z0-9][\w.+-]*")


class Entry(NamedTuple):
    """One row of the comparison.

    Attributes:
        name: of the row and of its runs' folders.
        source: the config file, with `:argument` where it takes one.
        config: what the file returned, validated.
    """

    name: str
    source: str
    config: Config


def parse_entries(texts: Sequence[str]) -> list[Entry]:
    """Loads the configs of a comparison.

    Args:
        texts: `<file>`, `<file>:<argument>` or `<name>=<file>...` each.

    Raises:
        UsageError: for a file that cannot be read, a name that is no folder name or
            stands for two configs.
        ConfigError: for a config that is not valid.
    """
    entries: list[Entry] = []
    for text in texts:
        name, source = _split(text)
        if name in [entry.name for entry in entries]:
            raise UsageError(
                f"--configs: two configs would be called {name!r}; name them apart "
                f"with <name>=<file>. Received: {text!r}"
            )
        config = load_config(source)
        config.validate()
        entries.append(Entry(name, source, config))
    return entries


def load_config(source: str) -> Config:
    """Returns what `get_config` of a config file returns.

    Args:
        source: `<file>`, or `<file>:<argument>` for `get_config(argument)`.

    Raises:
        UsageError: when there is no such file, or its Python fails.
    """
    file, colon, argument = source.partition(":")
    if not Path(file).is_file():
        raise UsageError(
            f"--configs: there is no config file {file!r}; name one of configs/, such "
            "as configs/quickstart.py"
        )
    try:
        get_config = _module(file).get_config
        config = get_config(argument) if colon else get_config()
    except UserError:
        raise
    except Exception as error:  # whatever the Python of a config file may raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise UsageError(
            f"--configs: {source} cannot be read: {type(error).__name__}: {error} "
            f"({place.filename}:{place.lineno})"
        ) from None
    if not isinstance(config, Config):
        raise UsageError(
            f"--configs: get_config() of {file} must return a Config. "
            f"Received: {type(config).__name__}"
        )
    return config


def derived_name(source: str) -> str:
    """Returns the argument after the colon, else the path below `configs/`.

    It depends on nothing but `source`, so that a row keeps its runs whatever other rows
    a comparison has.
    """
    file, _, argument = source.partition(":")
    parts = Path(file).with_suffix("").parts
    if "configs" in parts:
        start = len(parts) - parts[::-1].index("configs")
        parts = parts[start:]
    text = argument or "-".join(parts[-2:])
    return re.sub(r"[^\w.+]+", "-", text).strip("-._")


def _split(text: str) -> tuple[str, str]:
    """Separates `<name>=` from the file; a config's argument may hold a "=" too."""
    name, equals, source = text.partition("=")
    if not equals or "/" in name or ":" in name:
        name, source = derived_name(text), text
    if not NAME.fullmatch(name):
        raise UsageError(
            "--configs: a row's name takes letters, digits and any of _ . + -, the "
            f"first a letter or digit; give one with <name>=<file>. Received: {name!r}"
        )
    return name, source


def _module(file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("compared_config", file)
    if spec is None or spec.loader is None:
        raise UsageError(f"--configs: {file!r} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
