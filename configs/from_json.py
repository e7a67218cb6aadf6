"""A run's stored config: `--config=configs/from_json.py:runs/a/config.json`."""

from pathlib import Path

from tfgan_contra.config import Config, from_json
from tfgan_contra.errors import UsageError


def get_config(path: str = "") -> Config:
    """Returns the config of a `config.json` that an earlier run wrote."""
    if not path:
        raise UsageError("name the file: --config=configs/from_json.py:<config.json>")
    try:
        text = Path(path).read_text()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    return from_json(text, path)
