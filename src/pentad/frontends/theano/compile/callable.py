"""`Function`: what `theano.function` gives, to be called."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.compile.io import In
from pentad.frontends.theano.compile.profiling import measured
from pentad.frontends.theano.compile.sharedvalue import (
    HELD,
    STORE,
    ObjectSharedVariable,
    SharedVariable,
)
from pentad.frontends.theano.compile.telling import told
from pentad.frontends.theano.gof.bundle import flat, joined, packed, split
from pentad.frontends.theano.gof.errors import LinAlgError
from pentad.frontends.theano.gof.fg import FunctionGraph


class Container:
    """The default value of an input, as a cell."""

    def __init__(self, record: In) -> None:
        self.record, self.name, self.type = record, record.name, record.variable.type
        self.storage: list[Any] = [None]
        if isinstance(record.value, Container):
            self.storage = record.value.storage
        elif record.value is not None:
            self.value = getattr(record.value, "value", record.value)

    @property
    def value(self) -> Any:
        """The value that is taken when none is given."""
        return self.storage[0]

    @value.setter
    def value(self, value: Any) -> None:
        found = None if value is None else self.type.filter(
            value, self.record.strict, self.record.allow_downcast
        )
        self.storage[0] = copy.deepcopy(found)

    data = value


class FunctionMaker:
    """What a function was made of."""

    def __init__(self, function: Function, outputs: Any, graph: FunctionGraph) -> None:
        self.inputs, self.outputs, self.mode = list(function.inputs), outputs, function.mode
        self.env = self.fgraph = graph
        self.linker = self.mode.linker
        self._function = function

    @property
    def expanded_inputs(self) -> list[In]:
        """The inputs, and the shared variables with the cells that hold their values."""
        held = self._function.get_shared()
        return [*self.inputs, *[In(v, value=v.container, implicit=True) for v in held]]


class Function:
    """A part of the graph that takes values and gives values."""

    def __init__(
        self, inputs: Sequence[In], outputs: Sequence[Any], updates: Mapping[Any, Any],
        replaced: Mapping[Any, Any], mode: Any, *, name: str | None = None,
        keys: Sequence[str] | None = None, single: bool = False, nothing: bool = False,
        profile: Any = None,
    ) -> None:
        self.name, self.inputs, self.outputs_, self.updates = name, inputs, outputs, dict(updates)
        self.replaced, self.mode, self.output_keys = replaced, mode, keys
        self._single, self._nothing = single, nothing
        self.containers = [Container(x) for x in inputs]
        self.stateful = [
            (c, x.update) for c, x in zip(self.containers, inputs) if x.update is not None
        ] + [(k.container, v) for k, v in self.updates.items() if _is_object(k)]
        self._fed, self._asked = [x.variable for x in inputs], [o.variable for o in outputs]
        self._targets = [*self._asked, *[u for _, u in self.stateful]]
        self._bundles = any(map(packed, (*self._fed, *self._targets)))
        run = self.make_run(flat(self._targets))
        asked = getattr(mode, "profile", None) if profile is None else profile
        self.run, self.profile = measured(run, asked, name, len(run.parts.main))
        graph = FunctionGraph(flat(self._fed), [
            replaced.get(t, t) for t in flat(self._asked)] + list(updates.values()))
        self.maker = FunctionMaker(self, list(outputs), graph)
        self._checks = [
            (x.variable.type.numpy_dtype, x.variable.type.ndim,
             None if x.variable.type.ndim or x.strict else x.variable.type.numpy_dtype.type)
            if hasattr(x.variable.type, "numpy_dtype") and not any(x.variable.type.broadcastable)
            else None
            for x in inputs
        ]
        self._count = len(inputs)
        self._bare = single and not self.stateful and not self._bundles
        names = [x.name for x in inputs]
        # A name that several inputs have stands for none of them.
        self._names = {n: i for i, n in enumerate(names) if n is not None and names.count(n) == 1}
        self._variables = {x.variable: i for i, x in enumerate(inputs)}

    def make_run(self, targets: Sequence[Any]) -> Any:
        """What computes the targets, as the mode says."""
        make = getattr(self.mode, "make_run", None)
        pairs = [(k.node, v) for k, v in self.updates.items() if not _is_object(k)]
        feeds = flat(self._fed)
        if make is not None:
            return make(STORE, targets, feeds, pairs, self.replaced)
        return static.Run(STORE, targets, feeds, pairs, self.replaced,
                          eager_first=self.mode.eager_first)

    trust_input = False
    """In Theano: values are not looked at. Here they always are, which costs little."""

    # -- calling -------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The values of the outputs."""
        if kwargs or len(args) != self._count:
            return self._called_with(args, kwargs)
        for value, check in zip(args, self._checks):
            if check is not None and type(value) is check[2]:
                continue
            if (
                check is None or type(value) is not np.ndarray or value.dtype != check[0]
                or value.ndim != check[1]
            ):
                args = tuple(self._taken(i, v) for i, v in enumerate(args))
                break
        found = self._run(split(self._fed, args) if self._bundles else args)
        return found[0] if self._bare else self._given(found, None)

    def _run(self, values: Sequence[Any]) -> Any:
        try:
            return self.run(values)
        except pt.PentadError as error:
            told(error)
            if isinstance(error, pt.LinAlgError):
                raise LinAlgError(*error.args).with_traceback(error.__traceback__) from None
            raise

    def _called_with(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """A call with names, defaults or a subset of the outputs."""
        subset = kwargs.pop("output_subset", None)
        values = self._arranged(args, kwargs)
        taken = [self._taken(i, v) for i, v in enumerate(values)]
        return self._given(self._run(split(self._fed, taken) if self._bundles else taken), subset)

    def _given(self, found: list[Any], subset: Any) -> Any:
        """The results in the form that was asked for; states of inputs are kept."""
        if self._bundles:
            found = joined(self._targets, found)
        if self.stateful:
            count = len(self.outputs_)
            for (container, _), value in zip(self.stateful, found[count:]):
                container.value = value
            found = found[:count]
        if self._nothing:
            return []
        if self.output_keys is not None:
            made = dict(zip(self.output_keys, found))
            return made if subset is None else {k: made[k] for k in subset}
        if subset is not None:
            return [found[i] for i in subset]
        return found[0] if self._single else found

    def _taken(self, place: int, value: Any) -> Any:
        record = self.inputs[place]
        if value is None:
            raise TypeError(
                static.message(f"Bad input argument to theano function{self._called()} at index "
                               f"{place}: None", expected=str(record.variable.type), got="None")
            )
        try:
            return record.variable.type.filter(value, record.strict, record.allow_downcast)
        except (TypeError, ValueError) as error:
            text = (f"Bad input argument to theano function{self._called()} at index {place} "
                    f"(0-based), '{record.name or record.variable}'.\n{error}")
            raise type(error)(text) from error

    def _called(self) -> str:
        return f" with name '{self.name}'" if self.name else ""

    def _arranged(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The values in the order of the inputs, defaults where none are given."""
        explicit = [i for i, x in enumerate(self.inputs) if not x.implicit]
        if len(args) > len(explicit):
            raise TypeError(
                static.message("Too many parameter passed to theano function" + self._called(),
                               expected=f"at most {len(explicit)}", got=str(len(args)))
            )
        values: list[Any] = [c.value for c in self.containers]
        given = dict(zip(explicit, args))
        for name, value in kwargs.items():
            place = self._names.get(name)
            if place is None:
                raise TypeError(
                    static.message(f"Unknown input or state: {name}", got=name,
                                   expected=", ".join(self._names) or "no named inputs")
                )
            if place in given:
                raise TypeError(static.message(f"Multiple values for input: {name}", got=name))
            given[place] = value
        for place, value in given.items():
            values[place] = value
        for i, x in enumerate(self.inputs):
            if i not in given and values[i] is None:
                raise TypeError(
                    static.message(
                        f"Missing required input: {x.name or x.variable}" + self._called(),
                        expected=f"{len(explicit)} values", got=str(len(args) + len(kwargs)),
                        where=x.variable.node.line)
                )
        return values

    # -- what it holds -------------------------------------------------------------------------

    def _place(self, item: Any) -> Any:
        if isinstance(item, int):
            return self.containers[item]
        place = self._names.get(item, self._variables.get(item))
        if place is not None:
            return self.containers[place]
        for shared in self.get_shared():
            if shared is item or (isinstance(item, str) and shared.name == item):
                return shared.container
        raise KeyError(
            static.message("Unknown input or state", got=str(item),
                           expected=", ".join(self._names))
        )

    def __getitem__(self, item: Any) -> Any:
        return self._place(item).value

    def __setitem__(self, item: Any, value: Any) -> None:
        self._place(item).value = value

    def __contains__(self, item: Any) -> bool:
        try:
            self._place(item)
        except KeyError:
            return False
        return True

    @property
    def value(self) -> Function:
        """The values of inputs and states by name."""
        return self

    @property
    def container(self) -> _Containers:
        """The cells of inputs and states by name."""
        return _Containers(self)

    @property
    def input_storage(self) -> list[Any]:
        """The cells of the inputs."""
        return list(self.containers)

    def get_shared(self) -> list[Any]:
        """The shared variables that it uses."""
        parts = self.run.parts
        held = [n for n in (*parts.before, *parts.main) if n.op is HELD]
        nodes = dict.fromkeys([*parts.reads, *parts.writes, *held,
                               *[k.node for k in self.updates]])
        return [n.outputs[0] for n in nodes if isinstance(n.outputs[0], SharedVariable)]

    def free(self) -> None:
        """Accepted: memory is returned by itself."""

    def copy(
        self, share_memory: bool = False, swap: Mapping[Any, Any] | None = None,
        delete_updates: bool = False, name: str | None = None, profile: Any = None,
    ) -> Function:
        """A function like this; `swap` puts other shared variables in place of some."""
        replaced = dict(self.replaced)
        updates = {} if delete_updates else dict(self.updates)
        for old, new in (swap or {}).items():
            if old not in self.get_shared():
                raise ValueError(
                    static.message("copy: the swapped variable is not in the function",
                                   got=str(old))
                )
            if new.type != old.type:
                raise TypeError(
                    static.message("copy: swapped variables must be of one type",
                                   expected=str(old.type), got=str(new.type))
                )
            replaced = {k: new if v is old else v for k, v in replaced.items()} | {old: new}
            if old in updates:
                updates[new] = updates.pop(old)
        made = Function(
            self.inputs, self.outputs_, updates, replaced, self.mode, name=name or self.name,
            keys=self.output_keys, single=self._single, nothing=self._nothing, profile=profile,
        )
        for ours, theirs in zip(made.containers, self.containers):
            ours.storage = [copy.deepcopy(theirs.value)]
        return made

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> Function:
        """A function of the same graph with states of its own; shared variables stay shared."""
        return self.copy()

    def __reduce__(self) -> Any:
        raise TypeError(
            static.message("functions are not pickled", got=repr(self),
                           hint="theano.misc.pkl_utils.dump(function, file) saves it as data, and "
                                "load(file) makes it again; variables may be pickled")
        )

    def __repr__(self) -> str:
        return f"<theano.function {self.name or ''} of {len(self.inputs)} inputs>"


def _is_object(v: Any) -> bool:
    return isinstance(v, ObjectSharedVariable)


class _Containers:
    def __init__(self, function: Function) -> None:
        self.function = function

    def __getitem__(self, item: Any) -> Any:
        return self.function._place(item)

    def __contains__(self, item: Any) -> bool:
        return item in self.function


__all__ = ["Container", "Function", "FunctionMaker"]
