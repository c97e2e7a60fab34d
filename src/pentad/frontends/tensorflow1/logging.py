"""tf.logging: messages of a program, by severity."""

from __future__ import annotations

import logging as _logging
import sys as _sys
from typing import Any

DEBUG, INFO, WARN, ERROR, FATAL = (
    _logging.DEBUG, _logging.INFO, _logging.WARNING, _logging.ERROR, _logging.FATAL)
_logger = _logging.getLogger("tensorflow")
_counts: dict[tuple[Any, ...], int] = {}


def _prepared() -> _logging.Logger:
    """The logger, with a handler of its own unless the program has set one."""
    if not _logger.handlers and not _logging.getLogger().handlers:
        handler = _logging.StreamHandler(_sys.stderr)
        handler.setFormatter(_logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
        _logger.addHandler(handler)
        _logger.setLevel(WARN if _logger.level == _logging.NOTSET else _logger.level)
    return _logger


def get_logger() -> _logging.Logger:
    """The logger itself."""
    return _prepared()


def log(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """A message of a severity."""
    _prepared().log(level, msg, *args, **kwargs)


def debug(msg: Any, *args: Any, **kwargs: Any) -> None:
    """A message for those who look for errors."""
    _prepared().debug(msg, *args, **kwargs)


def info(msg: Any, *args: Any, **kwargs: Any) -> None:
    """A message of what happens."""
    _prepared().info(msg, *args, **kwargs)


def warn(msg: Any, *args: Any, **kwargs: Any) -> None:
    """A warning."""
    _prepared().warning(msg, *args, **kwargs)


warning = warn


def error(msg: Any, *args: Any, **kwargs: Any) -> None:
    """An error."""
    _prepared().error(msg, *args, **kwargs)


def fatal(msg: Any, *args: Any, **kwargs: Any) -> None:
    """An error that nothing comes after."""
    _prepared().fatal(msg, *args, **kwargs)


def vlog(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """A message of a severity."""
    log(level, msg, *args, **kwargs)


def get_verbosity() -> int:
    """The least severity that is shown."""
    return _prepared().getEffectiveLevel()


def set_verbosity(v: Any) -> None:
    """Show messages of this severity and above."""
    _prepared().setLevel(v)


def log_if(level: int, msg: Any, condition: Any, *args: Any) -> None:
    """A message if a condition holds."""
    if condition:
        log(level, msg, *args)


def _count(*key: Any) -> int:
    frame = _sys._getframe(2)
    place = (frame.f_code.co_filename, frame.f_lineno, *key)
    _counts[place] = found = _counts.get(place, -1) + 1
    return found


def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """A message each n-th time that the program comes here."""
    log_if(level, msg, not _count("every") % n, *args)


def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """A message the first n times that the program comes here."""
    log_if(level, msg, _count("first") < n, *args)


def flush() -> None:
    """Hand all messages over."""
    for handler in _logger.handlers:
        handler.flush()


def TaskLevelStatusMessage(msg: Any) -> None:
    """An error message."""
    error(msg)
