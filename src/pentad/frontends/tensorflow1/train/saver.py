"""tf.train.Saver: variables to checkpoints and back."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import constant
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.messages import SaverDef
from pentad.frontends.tensorflow1.ops import saving, state
from pentad.frontends.tensorflow1.ops.creation import placeholder_with_default
from pentad.frontends.tensorflow1.ops.identity import group, identity
from pentad.frontends.tensorflow1.platform.file_io import path_of
from pentad.frontends.tensorflow1.train import checkpoints
from pentad.frontends.tensorflow1.variables.lists import global_variables
from pentad.frontends.tensorflow1.variables.partitions import PartitionedVariable


class Saver:
    """Writes variables to checkpoints and reads them back; keeps the last few.

    var_list: the variables, or names for them; all global ones if it is None.
    """

    def __init__(
        self, var_list: Any = None, reshape: bool = False, sharded: bool = False,
        max_to_keep: int | None = 5, keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None, restore_sequentially: bool = False, saver_def: Any = None,
        builder: Any = None, defer_build: bool = False, allow_empty: bool = False,
        write_version: int = SaverDef.V2, pad_step_number: bool = False,
        save_relative_paths: bool = False, filename: str | None = None,
    ) -> None:
        self._var_list, self._name, self._filename = var_list, name, filename
        self._reshape, self._allow_empty = reshape, allow_empty
        self._pad, self._relative = pad_step_number, save_relative_paths
        self._keep, self._hours = max_to_keep or 0, keep_checkpoint_every_n_hours
        self._version, self._sharded = write_version, sharded
        self._checkpoints: list[tuple[str, float]] = []
        self._next_kept = time.time() + self._hours * 3600
        self._last_preserved: float | None = None
        self.saver_def: Any = saver_def
        self._empty = False
        if saver_def is not None:
            self._keep, self._version = saver_def.max_to_keep, saver_def.version
            self._next_kept = time.time() + saver_def.keep_checkpoint_every_n_hours * 3600
        elif not defer_build:
            self.build()

    # -- the graph -----------------------------------------------------------------------------

    def build(self) -> None:
        """Add the operations to the default graph; a saver does so when it is made."""
        if self.saver_def is not None:
            return
        targets = named_variables(self._all_variables())
        if not targets:
            if not self._allow_empty:
                raise pt.ArgumentError(static.message(
                    "No variables to save", hint="make variables before the saver"))
            self._empty = True
            return
        graph = get_default_graph()
        # Savers stand beside what is computed: neither branches nor dependencies hold for them.
        with graph.control_dependencies(None), name_scope(self._name, "save", []):
            given = constant(self._filename or "model", dtypes.string, name="filename/input")
            name = placeholder_with_default(given, [], name="Const")
            saved = self._save_op(name, targets)
            restored = self._restore_op(name, targets)
        self.saver_def = SaverDef(
            filename_tensor_name=name.name, save_tensor_name=saved.name,
            restore_op_name=restored.name, max_to_keep=self._keep, sharded=self._sharded,
            keep_checkpoint_every_n_hours=self._hours, version=self._version)

    def _all_variables(self) -> Any:
        if self._var_list is not None:
            return self._var_list
        graph = get_default_graph()
        return global_variables() + graph.get_collection(GraphKeys.SAVEABLE_OBJECTS)

    def _save_op(self, name: Any, targets: list[tuple[str, str, Any]]) -> Any:
        names = constant([n for n, _, _ in targets], dtypes.string, name="SaveV2/tensor_names")
        specs = constant([s for _, s, _ in targets], dtypes.string,
                         name="SaveV2/shape_and_slices")
        values = [v.value() if hasattr(v, "value") else v for _, _, v in targets]
        write = saving.save_slices if self._version == SaverDef.V1 else saving.save_v2
        saved = write(name, names, specs, values, name="SaveV2")
        with get_default_graph().control_dependencies([saved]):
            return identity(name, name="control_dependency")

    def _restore_op(self, name: Any, targets: list[tuple[str, str, Any]]) -> Any:
        names = constant([n for n, _, _ in targets], dtypes.string, name="RestoreV2/tensor_names")
        specs = constant([s for _, s, _ in targets], dtypes.string,
                         name="RestoreV2/shape_and_slices")
        values = saving.restore_v2(name, names, specs, name="RestoreV2",
                                   dtypes=[v.dtype.base_dtype for _, _, v in targets])
        assigned = []
        whole: dict[Any, list[Any]] = {}
        for (_, _, variable), value in zip(targets, values):
            if isinstance(variable, _Kept):
                whole.setdefault(variable.saveable, []).append(value)
                continue
            if self._reshape and variable.shape.is_fully_defined():
                from pentad.frontends.tensorflow1.ops.shaping import reshape

                value = reshape(value, variable.shape.as_list())
            fixed = variable.shape.is_fully_defined()
            assigned.append(state.assign(variable, value, validate_shape=fixed, name="Assign").op)
        assigned += [s.restore(kept, None) for s, kept in whole.items()]
        return group(*assigned, name="restore_all")

    # -- saving --------------------------------------------------------------------------------

    def save(
        self, sess: Any, save_path: Any, global_step: Any = None,
        latest_filename: str | None = None, meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True, write_state: bool = True, strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Write the variables of a session; the prefix of the checkpoint."""
        self._check_built()
        if latest_filename is not None and os.path.dirname(latest_filename):
            raise pt.ArgumentError("'latest_filename' must not contain path components")
        given = path_of(save_path)
        if not os.path.basename(given):
            raise pt.ArgumentError(static.message(
                "save_path must not be a directory", got=given, hint="give the prefix of files"))
        prefix = given if global_step is None else self._numbered(sess, given, global_step)
        folder = os.path.dirname(given) or "."
        if not os.path.isdir(folder):
            raise pt.ArgumentError(static.message(
                f"Parent directory of {given} doesn't exist, can't save.", got=folder))
        if not self._empty:
            self._run(sess, self.saver_def.save_tensor_name, prefix)
            if write_state:
                self._note(prefix, meta_graph_suffix)
                self._write_state(folder, prefix, latest_filename)
        if write_meta_graph:
            with sess.graph.as_default():
                self.export_meta_graph(f"{prefix}.{meta_graph_suffix}")
        return None if self._empty else prefix

    def _run(self, sess: Any, name: str, prefix: str) -> None:
        graph = sess.graph
        feed = graph.as_graph_element(self.saver_def.filename_tensor_name)
        sess.run(graph.as_graph_element(name), {feed: prefix})

    def _numbered(self, sess: Any, path: str, global_step: Any) -> str:
        if not isinstance(global_step, int | np.integer):
            graph_step = sess.graph.as_graph_element(global_step, allow_operation=False)
            global_step = int(sess.run(graph_step))
        return f"{path}-{int(global_step):08d}" if self._pad else f"{path}-{int(global_step)}"

    def _note(self, prefix: str, suffix: str) -> None:
        """The checkpoint is the newest; the oldest beyond what is kept go."""
        kept = [c for c in self._checkpoints if c[0] != prefix]
        self._checkpoints = [*kept, (prefix, time.time())]
        while self._keep and len(self._checkpoints) > self._keep:
            path, when = self._checkpoints.pop(0)
            if when > self._next_kept:
                self._next_kept += self._hours * 3600
                self._last_preserved = when
                continue
            checkpoints.remove_checkpoint(path, meta_graph_suffix=suffix)

    def _write_state(self, folder: str, prefix: str, latest_filename: str | None) -> None:
        checkpoints.update_checkpoint_state(
            folder, prefix, [p for p, _ in self._checkpoints], latest_filename,
            [t for _, t in self._checkpoints], self._last_preserved, self._relative)

    def restore(self, sess: Any, save_path: Any) -> None:
        """Give the variables of a session the values of a checkpoint."""
        if self._empty:
            return
        self._check_built()
        if save_path is None:
            raise pt.ArgumentError(static.message("Can't load save_path when it is None.",
                                                  hint="latest_checkpoint found none"))
        prefix = path_of(save_path)
        if not checkpoints.checkpoint_exists(prefix):
            raise pt.ArgumentError(static.message(
                f"The passed save_path is not a valid checkpoint: {prefix}",
                expected=f"a file {prefix}.index, or {prefix}", got=prefix,
                hint="tf.train.latest_checkpoint(folder) gives the prefix of the newest one"))
        try:
            self._run(sess, self.saver_def.restore_op_name, prefix)
        except errors.NotFoundError as error:
            if self._of_objects(sess, prefix):
                return
            raise errors.NotFoundError(error.node_def, error.op, (
                "Restoring from checkpoint failed. This is most likely due to a Variable name or "
                f"other graph key that is missing from the checkpoint.\n{error.message}"
            )) from None
        except errors.InvalidArgumentError as error:
            raise errors.InvalidArgumentError(error.node_def, error.op, (
                "Restoring from checkpoint failed. This is most likely due to a mismatch between "
                f"the current graph and the graph from the checkpoint.\n{error.message}"
            )) from None

    def _of_objects(self, sess: Any, prefix: str) -> bool:
        """Restore from a checkpoint of tf.train.Checkpoint, by the names in it; was it one?"""
        from pentad.frontends.tensorflow1.train.object_checkpoints import keys_by_name, restoring

        keys = keys_by_name(prefix)
        with sess.graph.as_default():
            rows = named_variables(self._all_variables())
            if any(name not in keys for name, _, _ in rows):
                return False
            sess.run(restoring(prefix, {keys[name]: v for name, _, v in rows}))
        return True

    def _check_built(self) -> None:
        if self.saver_def is None and not self._empty:
            raise RuntimeError("`build()` should be called before save if defer_build==True")

    # -- what it knows -------------------------------------------------------------------------

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints that are kept, the newest last."""
        return [p for p, _ in self._checkpoints]

    def set_last_checkpoints(self, last_checkpoints: list[str]) -> None:
        """Let these be the checkpoints that are kept."""
        self._checkpoints = [(p, np.inf) for p in last_checkpoints]

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time: Any) -> None:
        """The same with the times of their writing."""
        self._checkpoints = list(last_checkpoints_with_time)

    def recover_last_checkpoints(self, checkpoint_paths: list[str]) -> None:
        """Let these be the checkpoints that are kept, those that there are."""
        found = [p for p in checkpoint_paths if checkpoints.checkpoint_exists(p)]
        times = checkpoints.get_checkpoint_mtimes(found)
        self._checkpoints = list(zip(found, times))

    def as_saver_def(self) -> Any:
        """It as a SaverDef."""
        return self.saver_def

    def to_proto(self, export_scope: str | None = None) -> Any:
        """It as a SaverDef."""
        return self.saver_def

    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> Saver:
        """The saver of a SaverDef."""
        made = SaverDef()
        made.CopyFrom(saver_def)
        if import_scope:
            for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
                setattr(made, field, f"{import_scope}/{getattr(made, field)}")
        return Saver(saver_def=made)

    def export_meta_graph(
        self, filename: Any = None, collection_list: Any = None, as_text: bool = False,
        export_scope: str | None = None, clear_devices: bool = False,
        clear_extraneous_savers: bool = False, strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> Any:
        """Write the graph with its collections and this saver."""
        from pentad.frontends.tensorflow1.train.meta_graph import export_meta_graph

        return export_meta_graph(filename, saver_def=self.saver_def, as_text=as_text,
                                 collection_list=collection_list, clear_devices=clear_devices)


def named_variables(given: Any) -> list[tuple[str, str, Any]]:
    """(name in checkpoints, which part of it, variable) for variables, or a dict of them."""
    found: dict[str, list[tuple[str, str, Any]]] = {}
    pairs = given.items() if isinstance(given, Mapping) else [(None, v) for v in given]
    for name, variable in pairs:
        rows = list(_parts(name, variable))
        for row in rows:
            key = row[0] + row[1]
            if key in found:
                raise pt.ArgumentError(static.message(
                    f"At least two variables have the same name: {row[0]}"))
            found[key] = [row]
    return sorted((row for rows in found.values() for row in rows), key=lambda r: (r[0], r[1]))


def _parts(name: str | None, variable: Any) -> Any:
    if isinstance(variable, list | tuple | PartitionedVariable):
        for part in variable:
            yield from _parts(name, part)
        return
    if hasattr(variable, "specs"):
        for spec in variable.specs:
            yield spec.name, spec.slice_spec, _Kept(spec.tensor, variable)
        return
    if not hasattr(variable, "initializer") and not hasattr(variable, "_variable"):
        raise TypeError(static.message(
            f"names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a "
            f"variable: {variable}", got=type(variable).__name__))
    info = variable._get_save_slice_info()
    own = variable.op.name if info is None else info.full_name
    yield name or own, "" if info is None else info.spec, variable


class _Kept:
    """A tensor of something else than a variable, such as a table."""

    def __init__(self, tensor: Any, saveable: Any) -> None:
        self.tensor, self.saveable, self.dtype = tensor, saveable, tensor.dtype

    def value(self) -> Any:
        """What is saved."""
        return self.tensor


__all__ = ["Saver", "named_variables"]
