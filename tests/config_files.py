"""Loads the files of configs/ as the commands do."""

import importlib
import inspect
import re

import pytest

from tfgan_contra.errors import UsageError


def module(file):
    return importlib.import_module(file.removesuffix(".py").replace("/", "."))


def load(name):
    """Returns what `--config=<name>` gives."""
    file, _, argument = name.partition(":")
    get_config = module(file).get_config
    return get_config(argument) if argument else get_config()


def refusal(file):
    """Returns what a file says of an argument that it does not know."""
    with pytest.raises(UsageError) as caught:
        module(file).get_config("biggan2c")
    return str(caught.value)


def with_arguments(file):
    """Yields the file's name alone and with each argument that its refusal lists."""
    yield file
    if inspect.signature(module(file).get_config).parameters:
        yield from (
            f"{file}:{name}" for name in re.findall(r":([\w-]+)", refusal(file))
        )
