"""tf.train.Checkpoint: objects, found by their attributes, to checkpoints and back."""

from __future__ import annotations

import os
import time
from typing import Any

import pentad as pt
from pentad import formats, static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.session import default_session
from pentad.frontends.tensorflow1.ops import saving, state
from pentad.frontends.tensorflow1.ops.identity import group
from pentad.frontends.tensorflow1.platform.file_io import path_of
from pentad.frontends.tensorflow1.train import checkpoints, objects
from pentad.frontends.tensorflow1.variables.variable import Variable


class Checkpoint:
    """Saves the variables of objects, and of what these have, by the names of attributes.

    Objects are variables, layers, optimisers, lists and dicts of them, other checkpoints.
    """

    def __init__(self, **kwargs: Any) -> None:
        for name, value in sorted(kwargs.items()):
            empty = isinstance(value, list | dict) and not value
            if not objects.trackable(value) and not empty:
                raise pt.ArgumentError(static.message(
                    f"`Checkpoint` was expecting a trackable object, got {value!r:.80}",
                    expected="a variable, a layer, an optimizer, a list or dict of them",
                    got=f"{type(value).__name__} for '{name}'"))
            setattr(self, name, value)
        self._counter: Any = None
        self._count_up: Any = None

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        found = list(objects.attributes(self))
        return [*found, ("save_counter", self._counter)] if self._counter is not None else found

    @property
    def save_counter(self) -> Any:
        """A variable that counts the calls of save."""
        if self._counter is None:
            with get_default_graph().control_dependencies(None):
                self._counter = Variable(
                    constant(0, dtypes.int64), trainable=False, name="save_counter")
        return self._counter

    def write(self, file_prefix: Any, session: Any = None) -> str:
        """Write a checkpoint under that prefix; the prefix."""
        prefix = path_of(file_prefix)
        folder = os.path.dirname(prefix)
        if folder:
            os.makedirs(folder, exist_ok=True)
        session = default_session(session, get_default_graph(), "save")
        found = objects.Objects(self)
        variables = found.variables
        values = session.run([v.value() for v in variables])
        tensors = {found.key(v): a for v, a in zip(variables, values)}
        tensors[objects.KEY] = objects.as_tensor(found.proto())
        formats.checkpoints.write_checkpoint(prefix, tensors)
        return prefix

    def save(self, file_prefix: Any, session: Any = None) -> str:
        """Write a checkpoint whose number counts up; its prefix, as latest_checkpoint finds it."""
        path = self.write(f"{path_of(file_prefix)}-{self._counted(session)}", session)
        checkpoints.update_checkpoint_state(
            os.path.dirname(path), path, [path], relative=True)
        return path

    def _counted(self, session: Any) -> int:
        """The number of the next checkpoint."""
        session = default_session(session, get_default_graph(), "save")
        if self._counter is None:
            session.run(self.save_counter.initializer)
        if self._count_up is None:
            self._count_up = state.assign_add(self._counter, constant(1, dtypes.int64))
        return int(session.run(self._count_up))

    def restore(self, save_path: Any) -> Any:
        """What gives the objects the values of a checkpoint, when `run_restore_ops` or
        `initialize_or_restore` of it is called."""
        if save_path is None:
            status: Any = InitializationOnlyStatus(self)
        else:
            reader = saving.opened(path_of(save_path))
            proto = objects.graph_of(reader)
            status = (NameBasedSaverStatus(self, reader) if proto is None
                      else CheckpointLoadStatus(self, reader, proto))
        self.save_counter  # noqa: B018 (so that it is restored with the rest)
        return status


# -- what restoring gives ----------------------------------------------------------------------


class _Status:
    """What came of a restore: checks, and the operations that do it."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._made: tuple[Any, Any] | None = None

    def assert_consumed(self) -> Any:
        """AssertionError unless everything here and there has its counterpart."""
        raise self._nothing()

    def assert_existing_objects_matched(self) -> Any:
        """AssertionError unless every variable here has a value there."""
        raise self._nothing()

    def assert_nontrivial_match(self) -> Any:
        """AssertionError if nothing fits."""
        raise self._nothing()

    def expect_partial(self) -> Any:
        """Does nothing: there are no warnings of what is left over."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Restore."""
        raise self._nothing()

    def initialize_or_restore(self, session: Any = None) -> None:
        """Restore, and give what is not in the checkpoint its first value."""
        raise NotImplementedError

    def _nothing(self) -> Exception:
        return AssertionError(static.message(
            "No checkpoint specified (save_path=None); nothing is being restored.",
            hint="call initialize_or_restore, or give restore the path of a checkpoint"))

    def _restored(self, reader: Any, keys: dict[str, Any], session: Any) -> None:
        """Run the operations that read these keys into these variables."""
        if not keys:
            return
        known = {k: id(v) for k, v in keys.items()}
        if self._made is None or self._made[0] != known:
            self._made = known, restoring(reader.prefix, keys)
        default_session(session, get_default_graph(), "restore").run(self._made[1])


def restoring(prefix: str, keys: dict[str, Any]) -> Any:
    """An operation that gives variables the values under their keys."""
    with get_default_graph().control_dependencies(None):
        names = constant(list(keys), dtypes.string)
        values = saving.restore_v2(
            constant(prefix, dtypes.string), names,
            constant([""] * len(keys), dtypes.string),
            dtypes=[v.dtype.base_dtype for v in keys.values()])
        return group(*[
            state.assign(v, a, validate_shape=v.shape.is_fully_defined()).op
            for v, a in zip(keys.values(), values)])


class InitializationOnlyStatus(_Status):
    """Of no checkpoint: variables get their first values."""

    def initialize_or_restore(self, session: Any = None) -> None:
        """Give all variables their first values."""
        found = objects.Objects(self._root).variables
        default_session(session, get_default_graph(), "initialize").run(
            [v.initializer for v in found])


class CheckpointLoadStatus(_Status):
    """Of a checkpoint of objects."""

    def __init__(self, root: Any, reader: Any, proto: Any) -> None:
        super().__init__(root)
        self._reader, self._proto = reader, proto
        objects.Matched(proto, root)  # a graph that is broken is found at once

    def _matched(self) -> objects.Matched:
        return objects.Matched(self._proto, self._root)

    def assert_consumed(self) -> Any:
        """AssertionError unless everything here and there has its counterpart."""
        self.assert_existing_objects_matched()
        if unused := self._matched().unused():
            raise AssertionError(static.message(
                f"Unresolved object in checkpoint: {unused[0]}",
                expected="an object here for everything that is in the checkpoint",
                got=_some(unused), hint="make it before, or call assert_existing_objects_matched"))
        return self

    def assert_existing_objects_matched(self) -> Any:
        """AssertionError unless every variable here has a value there."""
        if missing := self._matched().unmatched():
            raise AssertionError(static.message(
                f"Object not assigned a value from checkpoint: {missing[0]}",
                expected="a value in the checkpoint for each variable", got=_some(missing),
                hint=f"look at the names of attributes in {self._reader.prefix}"))
        return self

    def assert_nontrivial_match(self) -> Any:
        """AssertionError if nothing but the root fits."""
        if len(self._matched().by_id) <= 1:
            raise AssertionError(static.message(
                "Nothing except the root object matched a checkpointed value.",
                expected=_some([c.local_name for n in self._proto.nodes[:1] for c in n.children]),
                got=_some([n for n, _ in objects.dependencies(self._root)])))
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Restore what is here and there."""
        self._restored(self._reader, self._matched().keys(), session)

    def initialize_or_restore(self, session: Any = None) -> None:
        """Restore, and give what is not in the checkpoint its first value."""
        found = self._matched()
        kept = {id(v) for v in found.keys().values()}
        rest = [v.initializer for v in found.objects.variables if id(v) not in kept]
        default_session(session, get_default_graph(), "initialize").run(rest)
        self._restored(self._reader, found.keys(), session)


class NameBasedSaverStatus(_Status):
    """Of a checkpoint of tf.train.Saver: variables by their names."""

    def __init__(self, root: Any, reader: Any) -> None:
        super().__init__(root)
        self._reader = reader

    def _keys(self) -> dict[str, Any]:
        own = self._root._counter
        found = {v.op.name: v for v in objects.Objects(self._root).variables
                 if v is not own or v.op.name in self._reader.entries}
        if lost := [n for n in found if n not in self._reader.entries]:
            raise AssertionError(static.message(
                f"Object not restored: {lost[0]}", expected=_some(self._reader.entries),
                got=_some(lost), hint="the checkpoint was written by tf.train.Saver, by names"))
        return found

    def assert_consumed(self) -> Any:
        """AssertionError unless every variable here and there has its counterpart."""
        own = set(self._keys())
        if lost := [n for n in self._reader.entries if n not in own]:
            raise AssertionError(static.message(
                f"Unused values in the checkpoint: {lost[0]}", got=_some(lost)))
        return self

    def assert_existing_objects_matched(self) -> Any:
        """AssertionError unless every variable here has a value there."""
        self._keys()
        return self

    assert_nontrivial_match = assert_existing_objects_matched

    def run_restore_ops(self, session: Any = None) -> None:
        """Restore by names."""
        self._restored(self._reader, self._keys(), session)

    def initialize_or_restore(self, session: Any = None) -> None:
        """Restore by names."""
        self.run_restore_ops(session)


def _some(names: Any) -> str:
    found = list(names)
    return ", ".join(found[:6]) + (f" and {len(found) - 6} more" if len(found) > 6 else "")


def keys_by_name(prefix: str) -> dict[str, str]:
    """For a checkpoint of objects: name of a variable -> its key; empty for another one."""
    proto = objects.graph_of(saving.opened(prefix))
    return {} if proto is None else {
        a.full_name: a.checkpoint_key for n in proto.nodes for a in n.attributes}


# -- several checkpoints -----------------------------------------------------------------------


class CheckpointManager:
    """Writes the checkpoints of an object to a folder, and deletes the oldest."""

    def __init__(
        self, checkpoint: Any, directory: Any, max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None, checkpoint_name: str = "ckpt",
    ) -> None:
        if max_to_keep is not None and max_to_keep <= 0:
            raise pt.ArgumentError(static.message(
                "max_to_keep", expected="a positive integer or None", got=str(max_to_keep)))
        self._checkpoint, self._folder = checkpoint, path_of(directory)
        self._max, self._hours = max_to_keep, keep_checkpoint_every_n_hours
        self._prefix = os.path.join(self._folder, checkpoint_name)
        self._latest: str | None = None
        self._preserved = time.time() - 1.0
        self._kept: dict[str, float] = {}
        found = checkpoints.get_checkpoint_state(self._folder)
        if found is not None:
            self._latest = found.model_checkpoint_path
            self._preserved = min(found.last_preserved_timestamp, time.time())
            paths = list(found.all_model_checkpoint_paths)
            times = list(found.all_model_checkpoint_timestamps) or [self._preserved] * len(paths)
            now = time.time()
            self._kept = {p: min(t, now) for p, t in zip(paths, times) if t > self._preserved}

    @property
    def latest_checkpoint(self) -> str | None:
        """The prefix of the newest, None if there is none."""
        return self._latest

    @property
    def checkpoints(self) -> list[str]:
        """The prefixes, the oldest first."""
        return list(self._kept)

    def save(self, checkpoint_number: Any = None) -> str:
        """Write a checkpoint; its prefix. It is numbered by how many there were, or as given."""
        count = self._checkpoint._counted(None)
        if checkpoint_number is None:
            checkpoint_number = count
        elif hasattr(checkpoint_number, "graph"):
            checkpoint_number = int(default_session(
                None, get_default_graph(), "save").run(checkpoint_number))
        path = self._checkpoint.write(f"{self._prefix}-{int(checkpoint_number)}")
        self._kept.pop(path, None)
        self._kept[path] = time.time()
        self._latest = path
        self._record()
        self._sweep()
        self._record()
        return path

    def _sweep(self) -> None:
        while self._max and len(self._kept) > self._max:
            path = next(iter(self._kept))
            when = self._kept.pop(path)
            if self._hours and when - self._hours * 3600 >= self._preserved:
                self._preserved = when
                continue
            saving.remove_files(path)

    def _record(self) -> None:
        checkpoints.update_checkpoint_state(
            self._folder, str(self._latest), list(self._kept), None, list(self._kept.values()),
            self._preserved, relative=True)


__all__ = ["Checkpoint", "CheckpointManager"]
