"""Variables of models: made with arg_scope, found by scope and suffix, given values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.contrib.parts.scopes import add_arg_scope
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.ops.creation import placeholder
from pentad.frontends.tensorflow1.ops.identity import group
from pentad.frontends.tensorflow1.ops.state import assign
from pentad.frontends.tensorflow1.variables.initializers import Zeros
from pentad.frontends.tensorflow1.variables.scope import get_variable


@add_arg_scope
def variable(
    name: str, shape: Any = None, dtype: Any = None, initializer: Any = None,
    regularizer: Any = None, trainable: bool = True, collections: Any = None,
    caching_device: Any = None, device: Any = None, partitioner: Any = None,
    custom_getter: Any = None, use_resource: Any = None, synchronization: Any = None,
    aggregation: Any = None,
) -> Any:
    """The variable of that name in the present scope."""
    kept = list(collections if collections is not None else [GraphKeys.GLOBAL_VARIABLES])
    return get_variable(
        name, shape, dtype, initializer, regularizer=regularizer, trainable=trainable,
        collections=list(dict.fromkeys(kept)), partitioner=partitioner,
        custom_getter=custom_getter)


@add_arg_scope
def model_variable(
    name: str, shape: Any = None, dtype: Any = dtypes.float32, initializer: Any = None,
    regularizer: Any = None, trainable: bool = True, collections: Any = None,
    caching_device: Any = None, device: Any = None, partitioner: Any = None,
    custom_getter: Any = None, use_resource: Any = None, synchronization: Any = None,
    aggregation: Any = None,
) -> Any:
    """The same, among the variables of models."""
    kept = [*(collections or []), GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
    return variable(name, shape, dtype, initializer, regularizer, trainable, kept,
                    partitioner=partitioner, custom_getter=custom_getter)


def local_variable(
    initial_value: Any, validate_shape: bool = True, name: str | None = None,
    use_resource: Any = None,
) -> Any:
    """A variable that is neither saved nor trained."""
    return _listed(initial_value, validate_shape, name, GraphKeys.LOCAL_VARIABLES)


def global_variable(
    initial_value: Any, validate_shape: bool = True, name: str | None = None,
    use_resource: Any = None,
) -> Any:
    """A variable that is saved and not trained."""
    return _listed(initial_value, validate_shape, name, GraphKeys.GLOBAL_VARIABLES)


def _listed(first: Any, validate_shape: bool, name: Any, collection: str) -> Any:
    from pentad.frontends.tensorflow1.variables.variable import Variable

    return Variable(first, trainable=False, collections=[collection],
                    validate_shape=validate_shape, name=name)


def add_model_variable(var: Any) -> None:
    """Put it among the variables of models."""
    get_default_graph().add_to_collections([GraphKeys.MODEL_VARIABLES], var)


# -- finding -----------------------------------------------------------------------------------


def get_variables(
    scope: Any = None, suffix: str | None = None, collection: str = GraphKeys.GLOBAL_VARIABLES
) -> list[Any]:
    """The variables of a collection whose names begin and end so."""
    if hasattr(scope, "name"):
        scope = scope.name
    if suffix is not None:
        scope = f"{scope or ''}.*{suffix}" if ":" in suffix else f"{scope or ''}.*{suffix}:.*"
    return get_default_graph().get_collection(collection, scope)


def _of(collection: str, doc: str) -> Any:
    def call(scope: Any = None, suffix: str | None = None) -> list[Any]:
        return get_variables(scope, suffix, collection)

    call.__doc__ = doc
    return call


get_model_variables = _of(GraphKeys.MODEL_VARIABLES, "The variables of models.")
get_local_variables = _of(GraphKeys.LOCAL_VARIABLES, "The variables that are not saved.")
get_trainable_variables = _of(GraphKeys.TRAINABLE_VARIABLES, "The variables that are trained.")


def get_variables_by_name(given_name: str, scope: Any = None) -> list[Any]:
    """The variables whose name is that, or ends in it after a slash."""
    pattern = f"/{given_name}:|^{given_name}:"
    return [v for v in get_variables(scope) if re.search(pattern, v.name)]


def get_variables_by_suffix(suffix: str, scope: Any = None) -> list[Any]:
    """The variables whose name ends so."""
    return get_variables(scope, suffix)


def get_unique_variable(var_op_name: str) -> Any:
    """The one variable of that name."""
    found = get_variables(scope=var_op_name)
    if not found:
        raise pt.ArgumentError(f"Couldn't find variable {var_op_name}")
    for candidate in found:
        if candidate.op.name == var_op_name:
            return candidate
    raise pt.ArgumentError(f"Variable {var_op_name} does not uniquely identify a variable")


def get_variable_full_name(var: Any) -> str:
    """The name of a variable, of its whole if it is a part."""
    info = getattr(var, "_save_slice_info", None)
    return info.full_name if info else var.op.name


def get_variables_to_restore(include: Any = None, exclude: Any = None) -> list[Any]:
    """The variables in some scopes and not in others."""
    for given in (include, exclude):
        if given is not None and not isinstance(given, list | tuple | set):
            raise TypeError("include and exclude must be lists of scopes")
    chosen = get_variables() if include is None else [
        v for scope in include for v in get_variables(scope)]
    left = {id(v) for scope in exclude or () for v in get_variables(scope)}
    return [v for v in chosen if id(v) not in left]


def filter_variables(
    var_list: Any, include_patterns: Any = None, exclude_patterns: Any = None,
    reg_search: bool = True,
) -> list[Any]:
    """The variables whose names fit patterns and do not fit others."""
    rule = re.search if reg_search else re.match
    found = list(var_list)
    if include_patterns:
        found = [v for v in found if any(rule(p, v.name) for p in include_patterns)]
    if exclude_patterns:
        found = [v for v in found if not any(rule(p, v.name) for p in exclude_patterns)]
    return found


# -- giving values -----------------------------------------------------------------------------


def assign_from_values(var_names_to_values: dict[str, Any]) -> tuple[Any, dict[Any, Any]]:
    """(an operation that gives variables values, what it is to be fed)."""
    feed, assigns = {}, []
    for name, value in var_names_to_values.items():
        var = get_unique_variable(name)
        array = np.asarray(value)
        source = placeholder(array.dtype, array.shape)
        assigns.append(assign(var, source).op)
        feed[source] = array.reshape(var.shape.as_list())
    return group(*assigns), feed


def assign_from_values_fn(var_names_to_values: dict[str, Any]) -> Callable[[Any], None]:
    """A function of a session that gives variables values."""
    op, feed = assign_from_values(var_names_to_values)
    return lambda session: session.run(op, feed)


def _by_name(var_list: Any) -> dict[str, Any]:
    return dict(var_list) if isinstance(var_list, dict) else {
        get_variable_full_name(v): v for v in var_list}


def assign_from_checkpoint(
    model_path: str, var_list: Any, ignore_missing_vars: bool = False
) -> tuple[Any, dict[Any, Any]]:
    """The same with values of a checkpoint."""
    from pentad.frontends.tensorflow1 import train

    reader = train.NewCheckpointReader(model_path)
    feed, assigns = {}, []
    for name, var in _by_name(var_list).items():
        if not reader.has_tensor(name):
            if ignore_missing_vars:
                continue
            raise pt.ArgumentError(static.message(
                f"Checkpoint is missing variable [{name}]", got=model_path))
        array = reader.get_tensor(name)
        if list(array.shape) != var.shape.as_list():
            raise pt.ShapeError(static.message(
                f"the checkpoint's '{name}' has another shape", expected=str(var.shape),
                got=str(array.shape)))
        source = placeholder(array.dtype, array.shape)
        assigns.append(assign(var, source).op)
        feed[source] = array
    return group(*assigns), feed


def assign_from_checkpoint_fn(
    model_path: str, var_list: Any, ignore_missing_vars: bool = False,
    reshape_variables: bool = False,
) -> Any:
    """A function of a session that restores variables."""
    from pentad.frontends.tensorflow1 import train

    found = _by_name(var_list)
    if ignore_missing_vars:
        reader = train.NewCheckpointReader(model_path)
        found = {n: v for n, v in found.items() if reader.has_tensor(n)}
    if not found:
        return None
    saver = train.Saver(found, reshape=reshape_variables)
    return lambda session: saver.restore(session, model_path)


def zero_initializer(ref: Any, use_locking: bool = True, name: str = "zero_initializer") -> Any:
    """Set a variable to zeros."""
    return assign(ref, Zeros()(ref.shape.as_list(), dtype=ref.dtype.base_dtype), name=name)


class VariableDeviceChooser:
    """A function of an operation that names its device; there is one."""

    def __init__(self, num_tasks: int = 0, job_name: str = "ps", device_type: str = "CPU",
                 device_index: int = 0, replica: Any = None) -> None:
        self._device = f"/device:{device_type}:{device_index}"

    def __call__(self, op: Any) -> str:
        return self._device
