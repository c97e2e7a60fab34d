"""The variables of a graph by kind, and the operations that begin them."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.ops.identity import group, no_op


def _of(collection: str, doc: str) -> Any:
    def call(scope: str | None = None) -> list[Any]:
        return get_default_graph().get_collection(collection, scope)

    call.__doc__ = f"{doc} of the default graph, those of a scope if one is given."
    return call


global_variables = _of(GraphKeys.GLOBAL_VARIABLES, "The variables")
local_variables = _of(GraphKeys.LOCAL_VARIABLES, "The variables that are not saved")
model_variables = _of(GraphKeys.MODEL_VARIABLES, "The variables of layers")
moving_average_variables = _of(GraphKeys.MOVING_AVERAGE_VARIABLES, "Those with moving averages")
_trainable = _of(GraphKeys.TRAINABLE_VARIABLES, "The variables that optimisers change")


def trainable_variables(scope: str | None = None) -> list[Any]:
    """The variables that optimisers change, those of a scope if one is given."""
    return _trainable(scope)


def all_variables() -> list[Any]:
    """The variables of the default graph."""
    return global_variables()


def variables_initializer(var_list: Any, name: str = "init") -> Any:
    """An operation that gives these variables their first values."""
    return group(*[v.initializer for v in var_list], name=name) if var_list else no_op(name=name)


def global_variables_initializer() -> Any:
    """An operation that gives all variables their first values."""
    return variables_initializer(global_variables())


def local_variables_initializer() -> Any:
    """An operation that gives the variables that are not saved their first values."""
    return variables_initializer(local_variables())


initialize_variables = variables_initializer
initialize_all_variables = global_variables_initializer
initialize_local_variables = local_variables_initializer


def tables_initializer(name: str = "init_all_tables") -> Any:
    """An operation that fills all tables."""
    found = get_default_graph().get_collection(GraphKeys.TABLE_INITIALIZERS)
    return group(*found, name=name) if found else no_op(name=name)


initialize_all_tables = tables_initializer
