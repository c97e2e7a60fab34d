"""Variables and what made them: `Variable`, `Constant`, `Apply`, and walks over their graph.

Everything that a program makes lies in one graph of the define-and-run core; a variable is a symbol
of it, an Apply is the view of a node that Theano's programs expect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.theano.gof.utils import scratchpad

LEAVES = ("placeholder", "const", "var")
"""Ops of nodes that nobody computes: their variables have no owner."""


class TheanoNode(static.Node):
    """A node that is pickled as what it is made of (static/stored.py)."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        from pentad.frontends.theano.gof.pickling import later_parts, node_parts, restored_node

        return restored_node, node_parts(self), later_parts(self)

    def __setstate__(self, state: Any) -> None:
        for symbol, found in zip(self.outputs, state, strict=True):
            symbol.__dict__.update(found)


class TheanoGraph(static.Graph):
    """The graph that all variables lie in."""

    kinds: dict[str, Callable[..., Any]] = {}
    node_type = TheanoNode

    def __reduce__(self) -> str:
        return "GRAPH"

    def symbol_type(  # type: ignore[override]
        self, node: static.Node, index: int, probes: tuple[Any, ...], dtype: Any
    ) -> static.Symbol:
        """A variable of the class that is made by such a node."""
        if dtype is static.STRING:
            own = node.extra["value_types"][index]
            kind = own.Constant if node.op.name == "const" else own.Variable
            kind = node.extra.get("kind", kind)
        else:
            kind = node.extra.get("kind") or self.kinds.get(node.op.name) or self.kinds[""]
        return kind(node, index, probes, dtype)

    def unique_name(self, name: str) -> str:
        """The name: nobody asks for nodes by name here."""
        return name

    def keep(self, node: static.Node) -> None:
        """Nothing: a node lives as long as a variable that needs it."""

    discard = keep


GRAPH = TheanoGraph()


class Variable(static.Symbol):
    """A value that will be known when a function runs."""

    name: str | None = None
    _tag: scratchpad | None = None
    taken: tuple[Any, Any, tuple[Any, ...]] | None = None
    """What it is a part of: the whole, the pattern, the variables in it (tensor/subtensor.py)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if isinstance(args[0] if args else None, static.Node):
            super().__init__(*args)
        else:
            self._of_type(*args, **kwargs)

    def _of_type(
        self, type: Any, owner: Any = None, index: Any = None, name: str | None = None
    ) -> None:
        """A new variable of a type, as programs make it: `TensorVariable(T.fmatrix, name="x")`."""
        if owner is not None:
            raise TypeError(
                static.message("a variable that is computed is made by its operation",
                               got=f"owner={owner}", hint="call the operation, or make an Apply")
            )
        self._be(type.make_variable(name), type)

    def _be(self, made: Variable, type: Any) -> None:
        """Take the place of a variable that has just been made."""
        self.__dict__.update(made.__dict__, _type=type)
        made.node.outputs = (self,)

    @property
    def tag(self) -> scratchpad:
        """What a program attaches to the variable."""
        if self._tag is None:
            self._tag = scratchpad()
        return self._tag

    @tag.setter
    def tag(self, value: Any) -> None:
        self._tag = value

    @property
    def owner(self) -> Apply | None:
        """What computes it; None for inputs, constants and shared variables."""
        return None if self.node.op.name in LEAVES else Apply.of(self.node)

    @property
    def type(self) -> Any:
        """Its type."""
        own = self.__dict__.get("_type")
        return self.node.extra["value_types"][self.index] if own is None else own

    def clone(self) -> Any:
        """A variable of the same type, computed by nothing."""
        made = self.type.make_variable(self.name)
        made.tag.__dict__.update(self.tag.__dict__)
        return made

    def get_parents(self) -> list[Any]:
        """The Apply that computes it, in a list."""
        return [] if self.owner is None else [self.owner]

    def eval(self, inputs_to_values: dict[Any, Any] | None = None) -> Any:
        """Its value, for values of the inputs that it depends on."""
        from pentad.frontends.theano.compile.function import function

        given = inputs_to_values or {}
        keys = tuple(sorted(given, key=id))
        cache = self.__dict__.setdefault("_functions", {})
        found = cache.get(keys)
        if found is None:
            found = cache[keys] = function(list(keys), self)
        return found(*[given[k] for k in keys])

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if self.owner is None:
            return f"<{self.type}>"
        from pentad.frontends.theano.gof.op import label

        whole = getattr(self.owner.op, "default_output", None) == self.index
        return f"{label(self.node)}.{'out' if whole else self.index}"

    __repr__ = __str__

    def __reduce__(self) -> Any:
        from pentad.frontends.theano.gof.pickling import chosen, variable_parts

        return chosen, variable_parts(self)


class Constant(Variable):
    """A variable whose value is known."""

    def _of_type(  # type: ignore[override]
        self, type: Any, data: Any, name: str | None = None
    ) -> None:
        """A constant of a type, as programs make it: `Constant(T.fscalar, 3)`."""
        self._be(type.make_constant(data, name), type)

    @property
    def data(self) -> Any:
        """The value."""
        found = self.node.extra["value"]
        return found.item() if self.static_type.dtype is static.STRING else found

    value = data

    def signature(self) -> Any:
        """What equal constants have in common."""
        return (self.type, self.data.shape, self.data.tobytes())

    def equals(self, other: Any) -> bool:
        """Is the other the same constant?"""
        return isinstance(other, Constant) and self.signature() == other.signature()


class Apply:
    """One application of an op: the view of a node."""

    def __init__(self, op: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        from pentad.frontends.theano.gof.op import bind

        if not isinstance(inputs, list | tuple) or not isinstance(outputs, list | tuple):
            raise TypeError(static.message("The inputs and outputs of an Apply must be lists"))
        self.node = bind(op, list(inputs), list(outputs))
        self.tag = scratchpad()
        self.node.outputs[0].__dict__["_apply"] = self

    @staticmethod
    def of(node: static.Node) -> Apply:
        """The view of a node, always the same one."""
        found: Apply | None = node.outputs[0].__dict__.get("_apply")
        if found is None:
            found = node.outputs[0].__dict__["_apply"] = object.__new__(Apply)
            found.node, found.tag = node, scratchpad()
        return found

    @property
    def op(self) -> Any:
        """The operation."""
        return getattr(self.node.op, "shown", self.node.op)

    @property
    def inputs(self) -> list[Any]:
        """What it is applied to."""
        return list(self.node.inputs)

    @property
    def outputs(self) -> list[Any]:
        """Its results."""
        return list(self.node.outputs)

    @property
    def out(self) -> Any:
        """Its result that is used where only one is."""
        return self.default_output()

    def default_output(self) -> Any:
        """Its result that is used where only one is; ValueError if that is not clear."""
        place = getattr(self.op, "default_output", None)
        if place is None and len(self.node.outputs) != 1:
            raise ValueError(
                static.message(f"{self.op} has several results", expected="one, or default_output",
                               got=str(len(self.node.outputs)), where=self.node.line)
            )
        return self.node.outputs[place or 0]

    @property
    def nin(self) -> int:
        """How many inputs it has."""
        return len(self.node.inputs)

    @property
    def nout(self) -> int:
        """How many results it has."""
        return len(self.node.outputs)

    def get_parents(self) -> list[Any]:
        """Its inputs."""
        return self.inputs

    def run_params(self) -> Any:
        """Parameters of code: none."""
        return None

    def __str__(self) -> str:
        from pentad.frontends.theano.gof.op import label

        return f"{label(self.node)}({', '.join(map(str, self.inputs))})"

    __repr__ = __str__


# -- walks -------------------------------------------------------------------------------------


def _nodes(variables: Iterable[Any], blockers: Iterable[Any] = ()) -> list[static.Node]:
    """The nodes that variables need, in an order in which they can be computed."""
    stop = set(blockers)
    found: dict[static.Node, None] = {}
    stack = [(v.node, False) for v in variables if v not in stop][::-1]
    while stack:
        node, done = stack.pop()
        if done:
            found[node] = None
        elif node not in found:
            stack.append((node, True))
            stack += [
                (s.node, False) for s in reversed(node.inputs)
                if s not in stop and s.node not in found
            ]
    return list(found)


def ancestors(variable_list: Sequence[Any], blockers: Sequence[Any] | None = None) -> list[Any]:
    """All variables that those of a list depend on, themselves too."""
    found: dict[Any, None] = {}
    stop = set(blockers or ())
    stack = list(variable_list)[::-1]
    while stack:
        v = stack.pop()
        if v not in found:
            found[v] = None
            if v not in stop and v.owner is not None:
                stack.extend(reversed(v.owner.inputs))
    return list(found)


def inputs(variable_list: Sequence[Any], blockers: Sequence[Any] | None = None) -> list[Any]:
    """The variables without an owner that those of a list depend on, constants among them."""
    return [v for v in ancestors(variable_list, blockers) if v.owner is None]


def variables(i: Sequence[Any], o: Sequence[Any]) -> list[Any]:
    """The variables between inputs and outputs, both included."""
    return ancestors(o, i)


def ops(i: Sequence[Any], o: Sequence[Any]) -> set[Apply]:
    """The Apply nodes between inputs and outputs."""
    return {v.owner for v in ancestors(o, i) if v.owner is not None and v not in set(i)}


def io_toposort(
    inputs: Sequence[Any], outputs: Sequence[Any], orderings: Any = None, clients: Any = None
) -> list[Apply]:
    """The Apply nodes between inputs and outputs, each after those that it needs."""
    return [Apply.of(n) for n in _nodes(outputs, inputs) if n.op.name not in LEAVES]


sort_apply_nodes = io_toposort


def is_in_ancestors(l_node: Apply, f_node: Apply) -> bool:
    """Does the first need the second?"""
    return f_node.node in _nodes(l_node.outputs)


def list_of_nodes(inputs: Sequence[Any], outputs: Sequence[Any]) -> list[Apply]:
    """The Apply nodes between inputs and outputs."""
    return io_toposort(inputs, outputs)


def equal_computations(
    xs: Sequence[Any], ys: Sequence[Any], in_xs: Sequence[Any] = (), in_ys: Sequence[Any] = ()
) -> bool:
    """Do two lists of variables stand for the same computation, if their inputs are equal?"""
    same = dict(zip(in_xs, in_ys, strict=True))
    stack = list(zip(xs, ys, strict=True))
    seen = set()
    while stack:
        x, y = stack.pop()
        if (x, y) in seen or same.get(x) is y or x is y:
            continue
        seen.add((x, y))
        if isinstance(x, Constant) and isinstance(y, Constant) and x.equals(y):
            continue
        if x.owner is None or y.owner is None or x.index != y.index:
            return False
        a, b = x.node, y.node
        if a.op != b.op or not _equal_attrs(a.attrs, b.attrs) or len(a.inputs) != len(b.inputs):
            return False
        stack += zip(a.inputs, b.inputs, strict=True)
    return True


def is_same_graph(var1: Any, var2: Any, givens: Any = None, debug: bool = False) -> bool:
    """Do two variables stand for the same computation, with `givens` put in place first?"""
    if givens:
        var1, var2 = static.clone([var1, var2], dict(givens))
    return equal_computations([var1], [var2])


def _equal_attrs(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


__all__ = [
    "GRAPH", "Apply", "Constant", "TheanoGraph", "Variable", "ancestors", "equal_computations",
    "inputs", "io_toposort", "is_in_ancestors", "is_same_graph", "list_of_nodes", "ops",
    "sort_apply_nodes", "variables",
]
