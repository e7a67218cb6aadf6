"""How every command starts: flags, help, one-line errors and exit codes.

Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted. Nothing here imports
TensorFlow, so help and usage errors come at once.
"""

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from absl import app, flags, logging

from tfgan_contra.config import ConfigNode, field_names, nearest_name
from tfgan_contra.errors import UsageError, UserError
from tfgan_contra.memory import return_freed_memory

INTERRUPTED = 130
HELP = ("-h", "-help", "--help", "--helpshort", "--helpfull")


def run(
    main: Callable[[list[str]], int | None], argv_required: Sequence[str] = ()
) -> None:
    """Parses the flags, runs `main` and exits the process.

    Args:
        main: takes what is left of the command line, returns an exit code or None.
        argv_required: names of the flags that must be given.
    """
    return_freed_memory()
    _find_configs()
    # TensorFlow's start-up notes would stand around every line of ours.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    before_end = (
        sys.argv[1 : sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
    )
    if any(word in HELP for word in before_end):
        print((sys.modules["__main__"].__doc__ or "").strip())
        print(flags.FLAGS.main_module_help())
        sys.exit(0)
    # TensorFlow tells of every file it writes; that would bury what the command says.
    logging.get_absl_handler().setLevel("WARNING")
    try:
        app.run(
            lambda argv: _guarded(lambda: main(argv)),
            flags_parser=lambda argv: _parse(argv, argv_required),
        )
    except UserError as error:
        _fail(error)


def _find_configs() -> None:
    """Lets config files import one another, from wherever the command is called."""
    root = Path(sys.argv[0]).resolve().parent.parent
    if (root / "configs").is_dir():
        sys.path.insert(0, str(root))


def _guarded(call: Callable[[], int | None]) -> int:
    try:
        return call() or 0
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        print(f"error: {error.strerror or error}{where}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return INTERRUPTED


def _fail(error: UserError) -> None:
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    sys.exit(error.exit_code)


def _parse(argv: list[str], required: Sequence[str]) -> list[str]:
    rest = _read_flags(argv)
    if len(rest) > 1:
        raise UsageError(
            f"all arguments are flags (--name=value). Received: {rest[1]!r}"
        )
    for name in required:
        if flags.FLAGS[name].value in (None, ""):
            raise UsageError(f"--{name} is required; see --help")
    return rest


def _read_flags(argv: list[str]) -> list[str]:
    try:
        rest = flags.FLAGS(argv)
        for flag in _own_flags():
            # A config file that is not there is reported at the first look into it.
            getattr(flag.value, "validate", None)
        return rest
    except UserError:
        raise
    except flags.UnrecognizedFlagError as error:
        hint = nearest_name(error.flagname, [flag.name for flag in _own_flags()])
        name = error.flagname
        raise UsageError(f"there is no flag --{name}{hint}; see --help") from None
    except flags.Error as error:
        lines = str(error).splitlines()
        text = lines[0] if len(lines) == 1 else f"{lines[0]} {lines[-1]}"
        raise UsageError(f"{text}; see --help") from None
    except OSError as error:
        reason = str(error).splitlines()[-1]
        raise UsageError(f"cannot read the configuration: {reason}") from None
    except Exception as error:  # whatever the Python of a config file may raise
        raise _config_error(argv, error) from None


def _own_flags() -> list[flags.Flag]:
    return flags.FLAGS.get_key_flags_for_module(sys.argv[0])


def _config_error(argv: Sequence[str], error: Exception) -> UsageError:
    """Names the override that does not fit, or the line of the config file."""
    for word in argv[1:]:
        name = word.lstrip("-").partition("=")[0]
        root, dot, _ = name.partition(".")
        config = _config_of(root, argv) if dot and root in flags.FLAGS else None
        names = [] if config is None else field_names(config, root)
        if config is not None and name not in names:
            hint = nearest_name(name, names)
            return UsageError(f"{name} is not a field of the configuration{hint}")
    place = traceback.extract_tb(error.__traceback__)[-1]
    return UsageError(
        f"the configuration cannot be read: {type(error).__name__}: {error} "
        f"({place.filename}:{place.lineno})"
    )


def _config_of(root: str, argv: Sequence[str]) -> ConfigNode | None:
    for i, word in enumerate(argv):
        name, equals, path = word.lstrip("-").partition("=")
        if name == root:
            path = path if equals else "".join(argv[i + 1 : i + 2])
            config = flags.FLAGS[root].parser.parse(path)
            return config if isinstance(config, ConfigNode) else None
    return None
