"""The logger `theano`, as programs switch it off."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

theano_logger = logging.getLogger("theano")
logging_default_handler = logging.StreamHandler()


def has_handlers(logger: logging.Logger) -> bool:
    """Does the logger, or one above it to which it passes, have a handler?"""
    return logger.hasHandlers()


@contextlib.contextmanager
def disable_log_handler(
    logger: logging.Logger = theano_logger, handler: logging.Handler = logging_default_handler,
) -> Iterator[None]:
    """Within it, a handler of the logger is silent."""
    if has_handlers(logger):
        logger.removeHandler(handler)
        yield
        logger.addHandler(handler)
    else:
        yield


__all__ = ["disable_log_handler", "has_handlers", "logging_default_handler", "theano_logger"]
