"""get_variable and variable_scope: variables that are made once and shared by name."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import (
    get_default_graph,
    graph_of,
    init_scope,
    name_scope,
)
from pentad.frontends.tensorflow1.framework.shapes import as_shape
from pentad.frontends.tensorflow1.variables.store import store_of
from pentad.frontends.tensorflow1.variables.variable import CREATORS


class _ReuseMode(enum.Enum):
    AUTO_REUSE = 1


AUTO_REUSE = _ReuseMode.AUTO_REUSE
_INHERITED = ("initializer", "regularizer", "caching_device", "partitioner", "custom_getter",
              "constraint", "use_resource")


class VariableScope:
    """A prefix for names of variables, and what get_variable does within it."""

    def __init__(
        self, reuse: Any, name: str = "", initializer: Any = None, regularizer: Any = None,
        caching_device: Any = None, partitioner: Any = None, custom_getter: Any = None,
        name_scope: str = "", dtype: Any = dtypes.float32, use_resource: Any = None,
        constraint: Any = None,
    ) -> None:
        self._name, self._reuse, self._name_scope = name, reuse, name_scope
        self._initializer, self._regularizer = initializer, regularizer
        self._caching_device, self._partitioner = caching_device, partitioner
        self._custom_getter, self._dtype = custom_getter, dtype
        self._use_resource, self._constraint = use_resource, constraint

    @property
    def original_name_scope(self) -> str:
        """The name scope that was opened with it."""
        return self._name_scope

    def reuse_variables(self) -> None:
        """From here on only variables that are there may be asked for."""
        self._reuse = True

    def get_variable(self, var_store: Any, name: str, **given: Any) -> Any:
        """The variable of that name within the scope, made if it may be."""
        for key in ("initializer", "regularizer", "caching_device", "partitioner", "constraint"):
            if given.get(key) is None:
                given[key] = getattr(self, "_" + key)
        if given.get("custom_getter") is None:
            given["custom_getter"] = self._custom_getter
        if given.get("reuse") is None:
            given["reuse"] = self._reuse
        dtype = given.get("dtype") or self._initialized_type(given.get("initializer"))
        given["dtype"] = dtypes.as_dtype(dtype or self._dtype).base_dtype
        full = f"{self._name}/{name}" if self._name else name
        # Operations of the variable stand beside it, in no name scope.
        with get_default_graph().name_scope(None):
            return var_store.get_variable(full, **given)

    @staticmethod
    def _initialized_type(initializer: Any) -> Any:
        """The type of an initializer that is a value."""
        if initializer is None or callable(initializer):
            return None
        from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor

        return getattr(initializer, "dtype", None) or convert_to_tensor(initializer).dtype

    def get_collection(self, name: str) -> list[Any]:
        """The members of a collection that are within the scope."""
        return get_default_graph().get_collection(name, f"{self._name}/" if self._name else None)

    def trainable_variables(self) -> list[Any]:
        """The variables within it that optimisers change."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        """The variables within it."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        """The variables within it that are not saved."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)


def _property(name: str) -> property:
    return property(lambda self: getattr(self, "_" + name), doc=f"Its {name}.")


for _key in ("name", "reuse", "dtype", *_INHERITED):
    setattr(VariableScope, _key, _property(_key))
for _key in ("dtype", *_INHERITED):
    def _set(self: Any, value: Any, _key: str = _key) -> None:
        setattr(self, "_" + _key, value)

    _set.__doc__ = f"Let its {_key} be another."
    setattr(VariableScope, f"set_{_key}", _set)


class _Scopes:
    """The present scope of a graph, and how often each was opened."""

    def __init__(self) -> None:
        self.current = VariableScope(False)
        self.counts: dict[str, int] = {}

    def open(self, name: str) -> None:
        """Count it."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def close_inner(self, name: str) -> None:
        """Forget how often scopes within it were opened."""
        for key in self.counts:
            if not name or key.startswith(name + "/"):
                self.counts[key] = 0


def _scopes() -> _Scopes:
    found = get_default_graph().get_collection_ref(("__varscopestore",))
    if not found:
        found.append(_Scopes())
    return found[0]


def get_variable_scope() -> VariableScope:
    """The present scope of variables."""
    return _scopes().current


def get_variable(
    name: str, shape: Any = None, dtype: Any = None, initializer: Any = None,
    regularizer: Any = None, trainable: bool | None = None, collections: Any = None,
    caching_device: Any = None, partitioner: Any = None, validate_shape: bool = True,
    use_resource: Any = None, custom_getter: Any = None, constraint: Any = None,
    synchronization: Any = None, aggregation: Any = None,
) -> Any:
    """The variable of that name in the present scope: made, or, where it is reused, found."""
    return get_variable_scope().get_variable(
        store_of(get_default_graph()), name, shape=shape, dtype=dtype, initializer=initializer,
        regularizer=regularizer, trainable=trainable, collections=collections,
        caching_device=caching_device, partitioner=partitioner, validate_shape=validate_shape,
        custom_getter=custom_getter, constraint=constraint)


def get_local_variable(name: str, *args: Any, **kwargs: Any) -> Any:
    """As get_variable, for a variable that is neither saved nor trained."""
    names = ("shape", "dtype", "initializer", "regularizer", "trainable", "collections")
    given = {**dict(zip(names, args)), **kwargs}
    given["trainable"] = False
    given["collections"] = [*(given.get("collections") or []), GraphKeys.LOCAL_VARIABLES]
    return get_variable(name, **given)


def _unique(prefix: str) -> str:
    """The prefix, with `_1`, ... behind it if the present scope has had one of that name."""
    scopes = _scopes()
    outer = scopes.current.name
    full = f"{outer}/{prefix}" if outer else prefix
    if not scopes.counts.get(full):
        return prefix
    count = 1
    while scopes.counts.get(f"{full}_{count}"):
        count += 1
    return f"{prefix}_{count}"


class variable_scope:
    """`with tf.variable_scope("a"):` variables made within it are called "a/...".

    reuse: True to find variables that are there, AUTO_REUSE to make those that are not.
    default_name: the name, made unique, if name_or_scope is None.
    """

    def __init__(
        self, name_or_scope: Any, default_name: str | None = None, values: Any = None,
        initializer: Any = None, regularizer: Any = None, caching_device: Any = None,
        partitioner: Any = None, custom_getter: Any = None, reuse: Any = None, dtype: Any = None,
        use_resource: Any = None, constraint: Any = None, auxiliary_name_scope: bool = True,
    ) -> None:
        if default_name is None and name_or_scope is None:
            raise TypeError(static.message(
                "If default_name is None then name_or_scope is required"))
        if reuse not in (None, True, False, AUTO_REUSE):
            raise pt.ArgumentError(static.message(
                "The reuse parameter must be True or False or None.", got=repr(reuse)))
        if not isinstance(name_or_scope, str | VariableScope | type(None)):
            raise TypeError(static.message(
                "VariableScope: name_or_scope must be a string or VariableScope.",
                got=repr(name_or_scope)))
        self._given, self._default, self._values = name_or_scope, default_name, values or []
        self._reuse = False if reuse is None else reuse
        self._own = {
            "initializer": initializer, "regularizer": regularizer,
            "caching_device": caching_device, "partitioner": partitioner,
            "custom_getter": custom_getter, "use_resource": use_resource,
            "constraint": constraint, "dtype": dtype,
        }
        self._auxiliary = auxiliary_name_scope

    def __enter__(self) -> VariableScope:
        self._graph = graph_of(self._values).as_default()
        self._graph.__enter__()
        try:
            return self._enter()
        except BaseException:
            self._graph.__exit__(None, None, None)
            raise

    def _enter(self) -> VariableScope:
        if self._given is not None:
            short = self._given if isinstance(self._given, str) else (
                self._given.name.split("/")[-1])
            wanted = self._given
        else:
            wanted = short = _unique(self._default or "")
            if self._reuse is True:
                raise pt.ArgumentError(static.message("reuse=True cannot be used without a "
                                                      "name_or_scope"))
        self._names: Any = None
        opened = get_default_graph().get_name_scope()
        opened = f"{opened}/" if opened else ""
        if self._auxiliary and short:
            self._names = name_scope(short)
            opened = self._names.__enter__()
        if isinstance(self._given, VariableScope):
            opened = self._given.original_name_scope
        self._pure = _pure_scope(wanted, opened, self._reuse, self._own)
        return self._pure.__enter__()

    def __exit__(self, *exc: Any) -> None:
        self._pure.__exit__(*exc)
        if self._names is not None:
            self._names.__exit__(*exc)
        self._graph.__exit__(*exc)


@contextmanager
def _pure_scope(
    wanted: Any, opened: str, reuse: Any, own: dict[str, Any]
) -> Iterator[VariableScope]:
    """The scope of variables alone, without a name scope."""
    scopes = _scopes()
    before, counts = scopes.current, None
    if isinstance(wanted, VariableScope):
        base, name = wanted, wanted.name
        counts, scopes.counts = scopes.counts, dict(scopes.counts)
        # A scope that is entered again says itself whether it reuses, unless told otherwise.
        new_reuse = reuse or wanted.reuse
    else:
        base, name = before, f"{before.name}/{wanted}" if before.name else wanted
        new_reuse = reuse or before.reuse
    made = VariableScope(
        new_reuse, name, name_scope=opened, dtype=own["dtype"] or base.dtype,
        **{key: _inherited(key, own[key], base) for key in _INHERITED})
    scopes.open(name)
    scopes.current = made
    try:
        yield made
    finally:
        scopes.close_inner(name)
        if counts is not None:
            scopes.counts = counts
        scopes.current = before


def _inherited(key: str, own: Any, base: VariableScope) -> Any:
    outer = getattr(base, "_" + key)
    if own is None:
        return outer
    if key == "custom_getter" and outer is not None:
        return _both_getters(own, outer)
    return own


def _both_getters(inner: Callable[..., Any], outer: Callable[..., Any]) -> Callable[..., Any]:
    """A getter that asks the inner one first, which asks the outer one."""
    def call(getter: Any, *args: Any, **kwargs: Any) -> Any:
        def through(*a: Any, **k: Any) -> Any:
            return outer(getter, *a, **k)

        return inner(through, *args, **kwargs)

    return call


@contextmanager
def variable_op_scope(
    values: Any, name_or_scope: Any, default_name: str | None = None, **kwargs: Any
) -> Iterator[VariableScope]:
    """The old order of the arguments of variable_scope."""
    with variable_scope(name_or_scope, default_name, values, **kwargs) as scope:
        yield scope


def no_regularizer(_: Any) -> None:
    """No regularization, where the scope has one."""
    return


@contextmanager
def variable_creator_scope(variable_creator: Callable[..., Any]) -> Iterator[None]:
    """Variables are made by this function, which is given the one that makes them otherwise."""
    found = get_default_graph().get_collection_ref(CREATORS)
    found.append(variable_creator)
    try:
        yield
    finally:
        found.remove(variable_creator)


def make_template(
    name_: str, func_: Callable[..., Any], create_scope_now_: bool = False,
    unique_name_: str | None = None, custom_getter_: Any = None, **kwargs: Any,
) -> Callable[..., Any]:
    """A function that makes its variables when it is first called, and reuses them then."""
    state: dict[str, Any] = {"scope": None, "called": False}

    def begin() -> None:
        with variable_scope(unique_name_, default_name=name_, custom_getter=custom_getter_) as s:
            state["scope"] = s

    def call(*args: Any, **more: Any) -> Any:
        if state["scope"] is None:
            begin()
        with variable_scope(state["scope"], reuse=state["called"]) as scope:
            del scope
            count = len(get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES))
            found = func_(*args, **{**kwargs, **more})
            after = len(get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES))
            if state["called"] and after > count:
                raise pt.ArgumentError(static.message(
                    f"New variable created when calling a template after the first time: "
                    f"'{name_}'", hint="use tf.get_variable inside of templates"))
            state["called"] = True
            return found

    if create_scope_now_:
        begin()
    call.__name__ = name_
    return call


__all__ = ["AUTO_REUSE", "VariableScope", "as_shape", "get_variable", "init_scope",
           "variable_scope"]
