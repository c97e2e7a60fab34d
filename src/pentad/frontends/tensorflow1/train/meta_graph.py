"""Graphs with their collections and savers, as files: MetaGraphDef."""

from __future__ import annotations

import os
from typing import Any

import pentad as pt
from pentad import formats, static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.graph_def import variable_def
from pentad.frontends.tensorflow1.framework.importing import import_graph_def
from pentad.frontends.tensorflow1.framework.messages import (
    GraphDef,
    MetaGraphDef,
    SaverDef,
    VariableDef,
)
from pentad.frontends.tensorflow1.platform.file_io import path_of
from pentad.frontends.tensorflow1.variables.variable import Variable

text_format = formats.text_format
VARIABLES = (
    GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES, GraphKeys.MODEL_VARIABLES,
    GraphKeys.TRAINABLE_VARIABLES, GraphKeys.MOVING_AVERAGE_VARIABLES,
    GraphKeys.METRIC_VARIABLES, GraphKeys.GLOBAL_STEP,
)


def export_meta_graph(
    filename: Any = None, meta_info_def: Any = None, graph_def: Any = None, saver_def: Any = None,
    collection_list: Any = None, as_text: bool = False, graph: Any = None,
    export_scope: str | None = None, clear_devices: bool = False, **options: Any,
) -> Any:
    """The default graph with its collections as a message, and to a file if one is named."""
    graph = graph or get_default_graph()
    made = MetaGraphDef()
    if meta_info_def is not None:
        made.meta_info_def.CopyFrom(meta_info_def)
    made.meta_info_def.tensorflow_version = "1.15.5"
    made.graph_def.CopyFrom(graph_def if graph_def is not None else graph.as_graph_def(True))
    if clear_devices:
        for node in made.graph_def.node:
            node.device = ""
    if saver_def is not None:
        made.saver_def.CopyFrom(saver_def)
    keys = graph.get_all_collection_keys() if collection_list is None else collection_list
    for key in keys:
        _collect(made, key, graph.get_collection(key))
    if filename is not None:
        write_message(made, path_of(filename), as_text)
    return made


def _collect(made: Any, key: str, values: list[Any]) -> None:
    """A collection, as far as it has a form in files."""
    if not values:
        return
    if all(isinstance(v, Variable) for v in values):
        made.collection_def[key].bytes_list.value.extend(
            variable_def(v).SerializeToString() for v in values)
    elif all(isinstance(v, static.Symbol | static.Node) for v in values):
        made.collection_def[key].node_list.value.extend(v.name for v in values)
    elif all(hasattr(v, "saver_def") and v.saver_def is not None for v in values):
        made.collection_def[key].bytes_list.value.extend(
            v.saver_def.SerializeToString() for v in values)
    elif all(isinstance(v, bytes | str) for v in values):
        made.collection_def[key].bytes_list.value.extend(
            v.encode() if isinstance(v, str) else v for v in values)
    elif all(type(v) is int for v in values):
        made.collection_def[key].int64_list.value.extend(values)
    elif all(type(v) is float for v in values):
        made.collection_def[key].float_list.value.extend(values)


def write_message(message: Any, path: str, as_text: bool) -> None:
    """Write a message to a file, whole or not at all."""
    with formats.files.replacing(path) as file:
        file.write(str(message).encode() if as_text else message.SerializeToString())


def read_message(kind: Any, path: str) -> Any:
    """A message of a file, whichever form it has; DataLossError if it is broken."""
    try:
        with formats.files.reading(path) as file:
            data = file.read()
        if path.endswith((".pbtxt", ".txt")):
            return text_format.parse(data, kind(), path)
        try:
            return kind.read(data, path)
        except pt.FormatError:
            if b"{" not in data[:4096]:
                raise
            return text_format.parse(data, kind(), path)
    except pt.ResourceError as error:
        raise OSError(f"File {path} does not exist.") from error
    except pt.FormatError as error:
        raise errors.DataLossError(None, None, str(error)) from error


def read_meta_graph_file(filename: Any) -> Any:
    """The MetaGraphDef of a file."""
    return read_message(MetaGraphDef, path_of(filename))


def import_meta_graph(
    meta_graph_or_file: Any, clear_devices: bool = False, import_scope: str | None = None,
    **options: Any,
) -> Any:
    """Add a graph with its collections to the default graph; its saver, None if it has none."""
    from pentad.frontends.tensorflow1.train.saver import Saver

    restored = import_scoped(meta_graph_or_file, clear_devices, import_scope,
                             options.get("input_map"))
    if restored.saver_def.restore_op_name:
        return Saver.from_proto(restored.saver_def, import_scope)
    return Saver() if get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES) else None


def import_scoped(
    given: Any, clear_devices: bool = False, scope: str | None = None, input_map: Any = None
) -> Any:
    """The same; the MetaGraphDef."""
    meta = given if hasattr(given, "graph_def") else read_meta_graph_file(given)
    graph_def = GraphDef()
    graph_def.CopyFrom(meta.graph_def)
    if clear_devices:
        for node in graph_def.node:
            node.device = ""
    import_graph_def(graph_def, input_map=input_map, name=scope or "")
    graph, prefix = get_default_graph(), f"{scope}/" if scope else ""
    made: dict[str, Any] = {}
    for key, collection in sorted(meta.collection_def.items()):
        for value in _restored(key, collection, graph, prefix, made):
            graph.add_to_collection(key, value)
    return meta


def _restored(key: str, collection: Any, graph: Any, prefix: str, made: dict[str, Any]) -> Any:
    which = collection.WhichOneof("kind")
    if which is None or which == "any_list":
        return []
    values = getattr(collection, which).value
    if which == "node_list":
        return [graph.as_graph_element(prefix + v) for v in values]
    if which != "bytes_list":
        return list(values)
    if key in VARIABLES:
        return [_variable(VariableDef.read(v, f"collection {key}"), prefix, made) for v in values]
    if key == GraphKeys.SAVERS:
        from pentad.frontends.tensorflow1.train.saver import Saver

        return [Saver.from_proto(SaverDef.FromString(v), prefix[:-1]) for v in values]
    if key == GraphKeys.QUEUE_RUNNERS:
        from pentad.frontends.tensorflow1.train.queue_runner import QueueRunner, QueueRunnerDef

        return [QueueRunner.from_proto(QueueRunnerDef.FromString(v), prefix[:-1]) for v in values]
    return list(values) if key not in (GraphKeys.WHILE_CONTEXT, GraphKeys.COND_CONTEXT) else []


def _variable(definition: Any, prefix: str, made: dict[str, Any]) -> Any:
    """One variable for all collections that have it."""
    if definition.variable_name not in made:
        found = Variable.from_proto(definition, prefix[:-1] or None)
        info = definition.save_slice_info_def
        if info.full_name:
            found._set_save_slice_info(Variable.SaveSliceInfo(
                info.full_name, list(info.full_shape), list(info.var_offset),
                list(info.var_shape)))
        made[definition.variable_name] = found
    return made[definition.variable_name]


def write_graph(
    graph_or_graph_def: Any, logdir: Any, name: str, as_text: bool = True
) -> str:
    """Write a graph to a file; the path."""
    graph_def = graph_or_graph_def
    if hasattr(graph_def, "as_graph_def"):
        graph_def = graph_def.as_graph_def()
    os.makedirs(path_of(logdir), exist_ok=True)
    path = os.path.join(path_of(logdir), name)
    write_message(graph_def, path, as_text)
    return path
