"""Test values: with `config.compute_test_value` each node is computed when it is made."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.theano.configparser import config


def compute(node: static.Node) -> None:
    """Compute a node with the test values of its inputs, as the setting says."""
    policy = config.compute_test_value
    if policy == "off" or not node.outputs:
        return
    try:
        given = [get_test_value(v) for v in node.inputs]
    except AttributeError as missing:
        if policy == "ignore":
            return
        if policy == "warn":
            warnings.warn(str(missing), stacklevel=4)
            return
        raise
    from pentad.frontends.theano.compile.sharedvalue import STORE

    replay = static.Replay(STORE, eager=True)
    for symbol, value in zip(node.inputs, given, strict=True):
        replay.give(symbol, _given(symbol, value))
    replay.run([node])
    for out in node.outputs:
        value = replay.value(out)
        out.tag.test_value = value.array if isinstance(value, static.Known) else value.numpy()


def _given(symbol: Any, value: Any) -> Any:
    from pentad.frontends.theano.compile.sharedvalue import STORE
    from pentad.frontends.theano.gof.bundle import packed

    if symbol.node.op.name == "var" and not packed(symbol):
        return STORE.tensor(symbol.node).detach()
    return static.converted(symbol, symbol.type.split(value)[0] if packed(symbol) else value)


def compute_whole(outputs: list[Any]) -> None:
    """Give variables test values computed from those of the inputs: what is between is run too."""
    from pentad.frontends.theano.compile.sharedvalue import STORE
    from pentad.frontends.theano.gof.graph import inputs

    if config.compute_test_value == "off" or not outputs:
        return
    leaves = [v for v in inputs(outputs) if v.node.op.name == "placeholder"]
    if all(hasattr(v.tag, "test_value") for v in leaves):
        run = static.Run(STORE, outputs, leaves, eager_first=1)
        for out, value in zip(outputs, run([get_test_value(v) for v in leaves])):
            out.tag.test_value = value


def get_test_value(v: Any) -> Any:
    """The test value of a variable; AttributeError if it has none."""
    from pentad.frontends.theano.compile.sharedvalue import SharedVariable
    from pentad.frontends.theano.gof.graph import Constant

    if isinstance(v, Constant):
        return v.data
    if isinstance(v, SharedVariable):
        return v.get_value(borrow=True)
    if hasattr(v.tag, "test_value"):
        return v.type.filter(v.tag.test_value)
    raise AttributeError(
        static.message(f"'{v}' has no test value", expected="x.tag.test_value",
                       got="none", where=v.node.line,
                       hint="set it, or theano.config.compute_test_value = 'ignore'")
    )


def element_of(whole: Any, element: Any, same: bool = False) -> None:
    """Give what stands for an element of a variable a test value: its first, if it has one."""
    if config.compute_test_value == "off":
        return
    try:
        value = get_test_value(whole)
    except AttributeError:
        return
    if not isinstance(value, np.ndarray):
        value = whole.type.filter(value)
    if same or len(value):
        element.tag.test_value = value if same else value[0]


def get_debug_values(*args: Any) -> list[tuple[Any, ...]]:
    """The test values of variables, in a list; an empty list if one has none or they are off."""
    if config.compute_test_value == "off":
        return []
    try:
        return [tuple(get_test_value(v) for v in args)]
    except AttributeError as missing:
        if config.compute_test_value == "raise":
            raise
        if config.compute_test_value == "warn":
            warnings.warn(str(missing), stacklevel=2)
        return []


__all__ = ["compute", "element_of", "get_debug_values", "get_test_value"]
