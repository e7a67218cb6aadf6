"""Errors a person can act on.

The library raises; only `bin/` and `export/` turn an error into an exit code.
Every message names the thing, the value received and the way out, in one line.
"""


class UserError(Exception):
    """Something in the user's hands went wrong; its text is the one line to show."""

    exit_code = 1


class UsageError(UserError):
    """The command was called wrongly: an unknown option, field or value."""

    exit_code = 2


class ConfigError(UsageError):
    """A config field is unknown, of the wrong type or out of range."""


class DataError(UserError):
    """Images or labels are missing, unreadable or do not fit the configuration."""


class CheckpointError(UserError):
    """A checkpoint or run folder is missing, torn, foreign or of another config."""


class TrainingStopped(UserError):
    """Training ended before its last step: not-a-number losses, collapse or Ctrl-C."""


class TrainingInterrupted(TrainingStopped):
    """Somebody stopped the training, which can go on where it was."""


class TrainingFailed(UserError):
    """TensorFlow failed, for lack of memory say; a second attempt may do better."""
