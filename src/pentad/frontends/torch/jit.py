"""torch.jit: tracing and scripting are compiling, where that can be (compiling.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.frontends.torch import compiling

Module = ScriptModule = pt.nn.Module
Final, Attribute = Any, Any


def script(obj: Any, optimize: Any = None, _frames_up: int = 0, _rcb: Any = None,
           example_inputs: Any = None) -> Any:
    """The function or module, compiled when it is called; classes stay what they are."""
    return obj if isinstance(obj, type) else compiling.compile(obj)


def trace(func: Any, example_inputs: Any = None, **options: Any) -> Any:
    """The function or module, compiled; it is called once with the example."""
    traced = compiling.compile(func)
    if example_inputs is not None:
        given = example_inputs if isinstance(example_inputs, (tuple, list)) else (example_inputs,)
        with pt.no_grad():
            traced(*given)
    return traced


def freeze(mod: Any, preserved_attrs: Any = None, optimize_numerics: bool = True) -> Any:
    """The module: its parameters are read when it is called."""
    return mod


optimize_for_inference = freeze


def is_scripting() -> bool:
    """False: Python runs."""
    return False


is_tracing = is_scripting


def _as_it_is(obj: Any = None, **options: Any) -> Any:
    """The function, unchanged."""
    return obj if callable(obj) else lambda function: function


export: Callable[..., Any] = _as_it_is
ignore: Callable[..., Any] = _as_it_is
unused: Callable[..., Any] = _as_it_is
script_method: Callable[..., Any] = _as_it_is
script_if_tracing: Callable[..., Any] = _as_it_is
interface: Callable[..., Any] = _as_it_is


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value."""
    return the_value


__getattr__ = absent(__name__)
