"""The variable that counts the steps of a training."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import get_default_graph


def get_global_step(graph: Any = None) -> Any:
    """The global step of a graph, None if it has none."""
    graph = graph or get_default_graph()
    found = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(found) > 1:
        raise pt.ArgumentError(static.message("Multiple tensors in global_step collection.",
                                              got=repr(found)))
    if found:
        return found[0]
    named = graph.by_name.get("global_step")
    if named is None:
        return None
    for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES):
        if variable.op is named:
            return variable
    return named.outputs[0]


def create_global_step(graph: Any = None) -> Any:
    """A new global step; ValueError if the graph has one."""
    from pentad.frontends.tensorflow1.variables.initializers import Zeros
    from pentad.frontends.tensorflow1.variables.scope import get_variable

    graph = graph or get_default_graph()
    if get_global_step(graph) is not None:
        raise pt.ArgumentError(static.message('"global_step" already exists.'))
    with graph.as_default(), graph.name_scope(None):
        return get_variable(
            "global_step", [], dtypes.int64, Zeros(), trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP])


def get_or_create_global_step(graph: Any = None) -> Any:
    """The global step of a graph, made if it has none."""
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The number of steps in a session."""
    return int(sess.run(global_step_tensor))


def assert_global_step(global_step_tensor: Any) -> None:
    """TypeError unless it is a whole number without axes."""
    if not global_step_tensor.dtype.base_dtype.is_integer:
        raise TypeError(static.message(
            'Existing "global_step" does not have integer type', got=str(global_step_tensor.dtype)))
    if global_step_tensor.shape.ndims not in (0, None):
        raise TypeError(static.message(
            'Existing "global_step" is not scalar', got=str(global_step_tensor.shape)))
