"""The mechanics of configuration: a tree of dataclasses, checked, to JSON and back.

`config.py` holds what users set; this file knows nothing of it.
"""

import dataclasses
import difflib
import importlib
import json
import sys
import typing
from collections.abc import Iterator
from typing import Any, Union

from tfgan_contra.errors import ConfigError

TYPE_KEY = "type"


@dataclasses.dataclass
class ConfigNode:
    """Base of every configuration dataclass."""

    def validate(self, path: str = "config") -> None:
        """Checks this node and its children; raises `ConfigError` naming the field."""
        for name, value in _fields(self):
            for child_path, child in _children(f"{path}.{name}", value):
                child.validate(child_path)
        self.check(path)

    def check(self, path: str) -> None:
        """Checks this node's own fields; subclasses override it and call `require`."""


@dataclasses.dataclass
class PartConfig(ConfigNode):
    """Config of an object that its `build` makes: a regulariser, an augmentation."""

    def build(self) -> Any:
        """Returns the object."""
        raise NotImplementedError(f"{type(self).__name__} builds nothing")


def require(condition: bool, path: str, value: object, expected: str) -> None:
    """Raises `ConfigError` saying what `path` was and what was expected instead."""
    if not condition:
        raise ConfigError(f"{path} must be {expected}. Received: {value!r}")


def require_choice(path: str, value: object, choices: tuple[str, ...]) -> None:
    """Raises `ConfigError` unless `value` is one of `choices`, naming the nearest."""
    if value not in choices:
        hint = nearest_name(str(value), choices)
        raise ConfigError(
            f"{path} must be one of {', '.join(choices)}{hint}. Received: {value!r}"
        )


def nearest_name(name: str, names: typing.Iterable[str]) -> str:
    """Returns `" (did you mean 'x'?)"` for the closest of `names`, or nothing."""
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


def to_dict(node: ConfigNode) -> dict[str, Any]:
    """Returns the tree as JSON-ready dictionaries, each with its class under `type`."""
    body = {name: _encode(value) for name, value in _fields(node)}
    return {TYPE_KEY: f"{type(node).__module__}.{type(node).__qualname__}"} | body


def from_dict(values: dict[str, Any], path: str = "config") -> ConfigNode:
    """Rebuilds the tree that `to_dict` wrote.

    Raises:
        ConfigError: for an unknown class, an unknown field or a value of another type.
    """
    if not isinstance(values, dict) or TYPE_KEY not in values:
        raise ConfigError(
            f"{path} must be an object with a {TYPE_KEY!r}. Received: {values!r}"
        )
    cls = _node_class(values[TYPE_KEY], path)
    hints = typing.get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls)]
    arguments = {}
    for name, value in values.items():
        if name == TYPE_KEY:
            continue
        if name not in names:
            raise ConfigError(
                f"{path}.{name} is not a field of {cls.__name__}"
                f"{nearest_name(name, names)}. Received: {value!r}"
            )
        arguments[name] = _decode(value, hints[name], f"{path}.{name}")
    return cls(**arguments)


def to_json(node: ConfigNode) -> str:
    """Returns `to_dict` as indented JSON text."""
    return json.dumps(to_dict(node), indent=2) + "\n"


def from_json(text: str, path: str = "config") -> Any:
    """Reads what `to_json` wrote; raises `ConfigError` for anything else."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from None
    return from_dict(values, path)


def differences(old: ConfigNode, new: ConfigNode) -> list[str]:
    """Returns one `field: old -> new` line for every leaf in which two trees differ."""
    old_leaves, new_leaves = dict(leaves(old)), dict(leaves(new))
    lines = []
    for name in list(old_leaves) + [n for n in new_leaves if n not in old_leaves]:
        before, after = old_leaves.get(name, "-"), new_leaves.get(name, "-")
        if before != after:
            lines.append(f"{name}: {before!r} -> {after!r}")
    return lines


def leaves(node: ConfigNode, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields `(dotted field, value)` for every leaf, and the class of every node."""
    prefix = f"{path}." if path else ""
    for name, value in to_dict(node).items():
        yield from _leaves(value, f"{prefix}{name}")


def with_field(node: ConfigNode, field: str, text: str, owner: str) -> ConfigNode:
    """Returns a node with one field as somebody typed it.

    Args:
        node: what to change; it stays as it is.
        field: the field's name.
        text: the value as JSON; a word needs no quotes.
        owner: what to call the node in an error.

    Raises:
        ConfigError: for a field that does not exist or a value of another type.
    """
    names = [item.name for item in dataclasses.fields(node)]
    if field not in names:
        raise ConfigError(
            f"--option: {owner} has no {field!r}{nearest_name(field, names)}; it has "
            f"{', '.join(names)}. Received: {field}={text!r}"
        )
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = text
    return from_dict(to_dict(node) | {field: parsed}, owner)


def field_names(node: ConfigNode, path: str = "config") -> list[str]:
    """Returns the dotted names that `--config.<name>=` accepts."""
    names = []
    for name, value in _fields(node):
        names.append(f"{path}.{name}")
        for child_path, child in _children(f"{path}.{name}", value):
            names += field_names(child, child_path)
    return names


def _fields(node: ConfigNode) -> list[tuple[str, Any]]:
    return [
        (field.name, getattr(node, field.name)) for field in dataclasses.fields(node)
    ]


def _children(path: str, value: object) -> list[tuple[str, ConfigNode]]:
    if isinstance(value, ConfigNode):
        return [(path, value)]
    if isinstance(value, tuple | list):
        items = [(f"{path}[{i}]", item) for i, item in enumerate(value)]
        return [(name, item) for name, item in items if isinstance(item, ConfigNode)]
    return []


def _leaves(value: object, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}")
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for i, item in enumerate(value):
            yield from _leaves(item, f"{path}[{i}]")
    else:
        yield path, value


def _encode(value: object) -> object:
    if isinstance(value, ConfigNode):
        return to_dict(value)
    if isinstance(value, tuple | list):
        return [_encode(item) for item in value]
    return value


def _node_class(name: object, path: str) -> type[ConfigNode]:
    module_name, _, class_name = str(name).rpartition(".")
    # A config file must not be able to import (and so run) whatever it names.
    if not (module_name.startswith("tfgan_contra.") or module_name in sys.modules):
        raise ConfigError(f"{path}.{TYPE_KEY} names no known class. Received: {name!r}")
    try:
        cls = getattr(importlib.import_module(module_name), class_name, None)
    except ImportError:
        cls = None
    if not (isinstance(cls, type) and issubclass(cls, ConfigNode)):
        raise ConfigError(f"{path}.{TYPE_KEY} names no known class. Received: {name!r}")
    return cls


def _decode(value: Any, hint: Any, path: str) -> Any:
    if isinstance(value, dict):
        return from_dict(value, path)
    if isinstance(value, list):
        inner = (typing.get_args(hint) or (Any,))[0]
        return tuple(
            _decode(item, inner, f"{path}[{i}]") for i, item in enumerate(value)
        )
    allowed = typing.get_args(hint) if typing.get_origin(hint) is Union else (hint,)
    if float in allowed and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if Any not in allowed and type(value) not in allowed:
        wanted = " or ".join(getattr(kind, "__name__", str(kind)) for kind in allowed)
        raise ConfigError(f"{path} must be {wanted}. Received: {value!r}")
    return value
