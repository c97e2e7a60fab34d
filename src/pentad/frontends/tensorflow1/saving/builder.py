"""Writing and loading saved models."""

from __future__ import annotations

import os
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.messages import MetaGraphDef, SavedModel
from pentad.frontends.tensorflow1.ops.identity import group
from pentad.frontends.tensorflow1.platform.file_io import Copy, MakeDirs, path_of
from pentad.frontends.tensorflow1.saving.signatures import predict_signature_def
from pentad.frontends.tensorflow1.train.meta_graph import (
    export_meta_graph,
    import_scoped,
    read_message,
    write_message,
)
from pentad.frontends.tensorflow1.train.saver import Saver
from pentad.frontends.tensorflow1.variables.lists import (
    global_variables_initializer,
    local_variables_initializer,
    tables_initializer,
)

_FILE, _VARIABLES = "saved_model.pb", os.path.join("variables", "variables")


class SavedModelBuilder:
    """Writes graphs with the variables of a session to a folder of their own."""

    def __init__(self, export_dir: Any) -> None:
        self._dir = path_of(export_dir)
        if os.path.isdir(self._dir) and os.listdir(self._dir):
            raise AssertionError(static.message(
                "Export directory already exists, and isn't empty. Please choose a different "
                f"export directory, or delete all the contents of it: {self._dir}"))
        MakeDirs(self._dir)
        self._model = SavedModel(saved_model_schema_version=1)
        self._saved = False

    def add_meta_graph_and_variables(
        self, sess: Any, tags: Any, signature_def_map: Any = None, assets_collection: Any = None,
        legacy_init_op: Any = None, clear_devices: bool = False, main_op: Any = None,
        strip_default_attrs: bool = False, saver: Any = None, assets_list: Any = None,
        train_op: Any = None,
    ) -> None:
        """Add the session's graph, and write its variables."""
        if self._saved:
            raise AssertionError("Graph state including variables and assets has already been "
                                 "saved. Please invoke `add_meta_graph()` instead.")
        with sess.graph.as_default():
            saver = saver or Saver(allow_empty=True)
            MakeDirs(os.path.join(self._dir, "variables"))
            saver.save(sess, os.path.join(self._dir, _VARIABLES), write_meta_graph=False,
                       write_state=False)
            self._saved = True
            self._add(tags, signature_def_map, clear_devices, saver, main_op or legacy_init_op,
                      assets_collection or assets_list)

    def add_meta_graph(
        self, tags: Any, signature_def_map: Any = None, assets_collection: Any = None,
        legacy_init_op: Any = None, clear_devices: bool = False, main_op: Any = None,
        strip_default_attrs: bool = False, saver: Any = None, **more: Any,
    ) -> None:
        """Add the default graph; the variables were written before."""
        if not self._saved:
            raise AssertionError("Graph state including variables and assets has not been saved "
                                 "yet. Please invoke `add_meta_graph_and_variables()` first.")
        self._add(tags, signature_def_map, clear_devices, saver or Saver(allow_empty=True),
                  main_op or legacy_init_op, assets_collection)

    def _add(
        self, tags: Any, signatures: Any, clear_devices: bool, saver: Any, main_op: Any,
        assets: Any,
    ) -> None:
        meta = export_meta_graph(saver_def=saver.saver_def, clear_devices=clear_devices)
        meta.meta_info_def.tags.extend(tags)
        for key, signature in (signatures or {}).items():
            meta.signature_def[key].CopyFrom(signature)
        if main_op is not None:
            meta.collection_def["saved_model_main_op"].node_list.value.append(main_op.name)
        for asset in assets or ():
            self._asset(meta, asset)
        self._model.meta_graphs.append(meta)

    def _asset(self, meta: Any, tensor: Any) -> None:
        """A file that a constant names goes along."""
        value = tensor.op.extra.get("value")
        if value is None:
            raise pt.ArgumentError(static.message(
                "assets are constants with the names of files", got=repr(tensor)))
        source = value.item().decode()
        MakeDirs(os.path.join(self._dir, "assets"))
        Copy(source, os.path.join(self._dir, "assets", os.path.basename(source)), True)
        row = meta.asset_file_def.add(filename=os.path.basename(source))
        row.tensor_info.name = tensor.name

    def save(self, as_text: bool = False) -> bytes:
        """Write the file of graphs; its path."""
        path = os.path.join(self._dir, f"{_FILE}txt" if as_text else _FILE)
        write_message(self._model, path, as_text)
        return path.encode()


def contains_saved_model(export_dir: Any) -> bool:
    """Is there a saved model in a folder?"""
    return any(os.path.isfile(os.path.join(path_of(export_dir), f"{_FILE}{end}"))
               for end in ("", "txt"))


def parse_saved_model(export_dir: Any) -> Any:
    """The graphs of a folder; OSError if it has none."""
    for end in ("", "txt"):
        path = os.path.join(path_of(export_dir), f"{_FILE}{end}")
        if os.path.isfile(path):
            return read_message(SavedModel, path)
    raise OSError(f"SavedModel file does not exist at: {path_of(export_dir)}/{{saved_model.pbtxt|"
                  "saved_model.pb}")


def load(
    sess: Any, tags: Any, export_dir: Any, import_scope: str | None = None, **options: Any
) -> Any:
    """Load the graph with exactly these tags into a session; its MetaGraphDef."""
    model = parse_saved_model(export_dir)
    wanted = set(tags)
    found: MetaGraphDef | None = next(
        (m for m in model.meta_graphs if set(m.meta_info_def.tags) == wanted), None)
    if found is None:
        raise RuntimeError(static.message(
            f"MetaGraphDef associated with tags {sorted(wanted)} could not be found in SavedModel.",
            expected="; ".join(str(list(m.meta_info_def.tags)) for m in model.meta_graphs)))
    with sess.graph.as_default():
        import_scoped(found, scope=import_scope, input_map=options.get("input_map"))
        prefix = os.path.join(path_of(export_dir), _VARIABLES)
        if found.saver_def.restore_op_name:
            Saver.from_proto(found.saver_def, import_scope).restore(sess, prefix)
        feeds = {}
        for row in found.asset_file_def:
            name = f"{import_scope}/{row.tensor_info.name}" if import_scope else (
                row.tensor_info.name)
            feeds[name] = os.path.join(path_of(export_dir), "assets", row.filename)
        for key in ("saved_model_main_op", "legacy_init_op"):
            for op in sess.graph.get_collection(key):
                sess.run(op, feeds)
    return found


def simple_save(
    session: Any, export_dir: Any, inputs: Any, outputs: Any, legacy_init_op: Any = None
) -> None:
    """Write a session's graph with one signature, to be served."""
    made = SavedModelBuilder(export_dir)
    made.add_meta_graph_and_variables(
        session, ["serve"], {"serving_default": predict_signature_def(inputs, outputs)},
        main_op=legacy_init_op, clear_devices=True)
    made.save()


def main_op() -> Any:
    """An operation that gives all variables their first values, and fills all tables."""
    return group(global_variables_initializer(), local_variables_initializer(),
                 tables_initializer())


def main_op_with_restore(restore_op_name: str) -> Any:
    """An operation that restores, and fills all tables."""
    with get_default_graph().control_dependencies([main_op()]):
        return group(get_default_graph().as_graph_element(restore_op_name))


class SavedModelLoader:
    """Loads the graphs of a folder."""

    def __init__(self, export_dir: Any) -> None:
        self._dir = path_of(export_dir)
        self._saved_model = parse_saved_model(export_dir)

    def load(self, sess: Any, tags: Any, import_scope: str | None = None, **options: Any) -> Any:
        """Load a graph into a session."""
        return load(sess, tags, self._dir, import_scope, **options)
