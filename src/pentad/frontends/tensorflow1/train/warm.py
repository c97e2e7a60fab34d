"""Variables that begin with the values of a checkpoint."""

from __future__ import annotations

import re
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import logging
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import constant
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.ops import saving, state
from pentad.frontends.tensorflow1.train.checkpoints import latest_checkpoint, load_checkpoint
from pentad.frontends.tensorflow1.train.saver import named_variables


def _begin(path: str, name: str, variable: Any) -> None:
    """Let the initializer of a variable, or of its parts, read a checkpoint."""
    for _, spec, part in named_variables({name: variable}):
        with get_default_graph().control_dependencies(None):
            [value] = saving.restore_v2(
                constant(path, dtypes.string), constant([name], dtypes.string),
                constant([spec], dtypes.string), dtypes=[part.dtype.base_dtype],
                name=f"checkpoint_initializer_{len(get_default_graph().nodes)}")
            part._initializer_op = state.assign(part, value, name="init_from_checkpoint").op
            part._initial_value = value


def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: Any) -> None:
    """Let variables begin with tensors of a checkpoint, when their initializers run.

    assignment_map: names in the checkpoint to variables or their names; "scope/" to "scope/" for
    all variables of a scope.
    """
    reader, path = load_checkpoint(ckpt_dir_or_file), str(ckpt_dir_or_file)
    path = latest_checkpoint(path) or path
    shapes = reader.get_variable_to_shape_map()
    for name, target in assignment_map.items():
        if isinstance(target, str) and target.endswith("/"):
            _scope(path, shapes, name, target)
            continue
        variable = _named(target) if isinstance(target, str) else target
        _fits(shapes, name, variable)
        _begin(path, name, variable)


def _scope(path: str, shapes: Any, source: str, target: str) -> None:
    prefix = "" if target == "/" else target
    given = "" if source == "/" else source
    for variable in get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES):
        info = variable._get_save_slice_info()
        full = variable.op.name if info is None else info.full_name
        if full.startswith(prefix):
            name = given + full[len(prefix):]
            _fits(shapes, name, variable)
            _begin(path, name, variable)


def _named(name: str) -> Any:
    found = [v for v in get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES)
             if v.op.name == name or getattr(v._get_save_slice_info(), "full_name", None) == name]
    if not found:
        raise pt.ArgumentError(static.message(f"Variable {name} doesn't exist in the graph"))
    return found[0] if len(found) == 1 else found


def _fits(shapes: Any, name: str, variable: Any) -> None:
    if name not in shapes:
        raise pt.ArgumentError(static.message(
            f"Tensor {name} is not found in the checkpoint", expected=", ".join(sorted(shapes)[:8]),
            got=name))
    info = None if isinstance(variable, list) else variable._get_save_slice_info()
    wanted = None if isinstance(variable, list) else (
        list(info.full_shape) if info else variable.shape.as_list())
    if wanted is not None and wanted != shapes[name]:
        raise pt.ArgumentError(static.message(
            f"Shape of variable {variable.name} doesn't match with shape of tensor {name}",
            expected=str(wanted), got=str(shapes[name])))


def warm_start(
    ckpt_to_initialize_from: Any, vars_to_warm_start: Any = ".*",
    var_name_to_vocab_info: Any = None, var_name_to_prev_var_name: Any = None,
) -> None:
    """The same for variables whose names match a pattern, or are in a list."""
    if var_name_to_vocab_info:
        raise pt.ArgumentError(static.message(
            "vocabularies of a warm start are not supported",
            hint="let the new vocabulary begin with the old one, and use init_from_checkpoint"))
    names = var_name_to_prev_var_name or {}
    graph = get_default_graph()
    if vars_to_warm_start is None or isinstance(vars_to_warm_start, str):
        found = graph.get_collection(GraphKeys.TRAINABLE_VARIABLES, vars_to_warm_start)
    elif all(isinstance(v, str) for v in vars_to_warm_start):
        patterns = [re.compile(v) for v in vars_to_warm_start]
        found = [v for v in graph.get_collection(GraphKeys.GLOBAL_VARIABLES)
                 if any(p.match(v.op.name) for p in patterns)]
    else:
        found = list(vars_to_warm_start)
    for variable in found:
        info = variable._get_save_slice_info()
        own = variable.op.name if info is None else info.full_name
        logging.debug("Warm-starting variable: %s", own)
        init_from_checkpoint(ckpt_to_initialize_from, {names.get(own, own): variable})
