"""Making layers without drawing their values; PyTorch's memory formats."""

from __future__ import annotations

import inspect
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.nn import init
from pentad.nn.module import Module
from pentad.tensor.functions.random import default_generator


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """A layer whose parameters are zeros yet to be set, the random stream being left alone."""
    if not (inspect.isclass(module_cls) and issubclass(module_cls, Module)):
        raise ArgumentError(
            message("skip_init: not a layer", expected="a class of nn.Module",
                    got=repr(module_cls))
        )
    before = default_generator.get_state()
    made = module_cls(*args, **kwargs)
    default_generator.set_state(before)
    for p in made.parameters():
        init.zeros_(p)
    return made


def convert_conv2d_weight_memory_format(module: Any, memory_format: Any = None) -> Any:
    """The module itself: weights are laid out by the compiler, not by the tensor."""
    return module


def convert_conv3d_weight_memory_format(module: Any, memory_format: Any = None) -> Any:
    """The module itself: weights are laid out by the compiler, not by the tensor."""
    return module
