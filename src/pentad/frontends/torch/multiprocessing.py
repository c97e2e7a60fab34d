"""torch.multiprocessing: Python's; tensors are sent as their values."""

import multiprocessing as _own
from multiprocessing import (  # noqa: F401
    Event,
    Lock,
    Manager,
    Pool,
    Process,
    Queue,
    SimpleQueue,
    cpu_count,
    current_process,
    get_context,
    get_start_method,
    set_start_method,
)

from pentad.frontends.missing import absent

get_all_start_methods = _own.get_all_start_methods


def get_sharing_strategy() -> str:
    """By what memory is shared: tensors are sent by value, files are needed for none."""
    return "file_system"


def set_sharing_strategy(new_strategy: str) -> None:
    """Nothing: tensors are sent by value."""


__getattr__ = absent(__name__)
