"""Test values: with `config.compute_test_value` each node is computed when it is made."""

from __future__ import annotations

import warnings
from typing import Any

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
        replay.give(symbol, static.converted(symbol, value))
    replay.run([node])
    for out in node.outputs:
        value = replay.value(out)
        out.tag.test_value = value.array if isinstance(value, static.Known) else value.numpy()


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
