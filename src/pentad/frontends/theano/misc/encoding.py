"""Functions, variables and plain values as JSON and arrays.

Nothing that is read is run: a node names an operation that the front end has, an object is one of
those that are listed here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.compile.callable import Function
from pentad.frontends.theano.compile.function import function
from pentad.frontends.theano.compile.io import In, Out
from pentad.frontends.theano.compile.mode import predefined_modes
from pentad.frontends.theano.gof.graph import Variable
from pentad.frontends.theano.gof.pickling import node_parts, restored_node
from pentad.frontends.theano.sandbox.rng_mrg import MRG_RandomStreams
from pentad.frontends.theano.tensor.random_state import RandomStateSharedVariable
from pentad.frontends.theano.tensor.shared_randomstreams import RandomStreams
from pentad.frontends.theano.updates import OrderedUpdates

DEEPEST = 200
"""How deep values may lie within each other."""
KINDS = {c.__name__: c for c in (RandomStateSharedVariable,)}
OBJECTS: dict[str, Any] = {c.__name__: c for c in (RandomStreams, MRG_RandomStreams)}
"""The classes whose attributes are stored."""


class Encoder:
    """Makes data of values: `arrays` by name, `nodes` in the order of their making."""

    def __init__(self) -> None:
        self.arrays: dict[str, Any] = {}
        self.nodes: list[Any] = []
        self._places: dict[static.Node, int] = {}
        self._bodies: dict[Any, int] = {}
        self._outer: list[Any] = []

    def value(self, x: Any) -> Any:
        """The data of a value; FormatError for what there is none of."""
        if x is None or isinstance(x, bool | int | float | str):
            return x
        if isinstance(x, Variable):
            return {"variable": self.reference(x)}
        if isinstance(x, static.Node):
            return {"node": self._places[x]}
        if isinstance(x, np.ndarray | np.generic):
            return {"array": self.array(np.asarray(x), "array_")}
        if isinstance(x, Function):
            return {"function": self.value(_function_parts(x))}
        if isinstance(x, tuple | list):
            return {type(x).__name__ if type(x) in (tuple, list) else "tuple": [
                self.value(v) for v in x]}
        if isinstance(x, dict):
            kind = "updates" if isinstance(x, OrderedUpdates) else "dict"
            return {kind: [[self.value(k), self.value(v)] for k, v in x.items()]}
        if isinstance(x, type) and x.__name__ in KINDS:
            return {"kind": x.__name__}
        if type(x).__name__ in OBJECTS and type(x) is OBJECTS[type(x).__name__]:
            return {"object": [type(x).__name__, self.value(_plain(x.__dict__))]}
        raise pt.FormatError(
            static.message("this is not saved", got=f"{type(x).__name__}: {str(x)[:80]}",
                           expected="functions, variables, arrays, numbers, texts, and lists, "
                                    "tuples and dictionaries of those")
        )

    def array(self, array: Any, name: str) -> str:
        """The name that an array is kept by."""
        count = 0 if name.endswith("_") else 1
        made = f"{name}{count}" if name.endswith("_") else name
        while made in self.arrays or made == "graph":
            count += 1
            made = f"{name}{count}" if name.endswith("_") else f"{name}_{count}"
        self.arrays[made] = array
        return made

    def reference(self, v: Any) -> list[int]:
        """Which result of which node a variable is."""
        for node in static.in_order([v]):
            if node not in self._places:
                self._places[node] = len(self._places)
                self.nodes.append(None)
                self.nodes[self._places[node]] = self._node(node)
        return [self._places[v.node], v.index]

    def _refs(self, refs: Any) -> list[list[int]]:
        return [[self._places[n], i] for n, i in refs]

    def _node(self, node: static.Node) -> dict[str, Any]:
        parts, names, shared = node_parts(node)
        s = static.Stored(*parts)
        found = {
            "op": self.value(s.op), "inputs": self._refs(s.inputs), "attrs": self.value(s.attrs),
            "types": self.value(s.types), "control": [self._places[n] for n in s.control],
            "body": self._body(s.body), "extra": self.value(s.extra), "names": names,
            "told": s.told, "shared": None, "update": None,
            "bodies": [[self._refs(a), [self._places[n] for n in b], self._refs(c), self._refs(d)]
                       for a, b, c, d in s.bodies],
        }
        if shared is not None:
            found["shared"] = self.array(shared, names[0] or "array_")
        return found

    def _body(self, body: Any) -> int | None:
        if body is None:
            return None
        if body not in self._bodies:
            outer = self._body(body.outer)
            self._bodies[body] = len(self._bodies)
            self._outer.append(outer)
        return self._bodies[body]

    def document(self, x: Any) -> dict[str, Any]:
        """All of it: the value, its nodes, the bodies that they lie in."""
        value = self.value(x)
        updates = []
        for node in list(self._places):
            update = getattr(node.outputs[0], "_update", None)
            if update is not None:
                updates.append([self._places[node], self.reference(update)])
        return {"format": "pentad.theano 1", "value": value, "nodes": self.nodes,
                "bodies": self._outer, "updates": updates}


def _plain(attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes of an object, NumPy's generators by their states."""
    return {
        k: {"state": list(v.get_state(legacy=True))} if isinstance(v, np.random.RandomState) else v
        for k, v in attributes.items()
    }


def _function_parts(f: Function) -> dict[str, Any]:
    mode = next((n for n, m in predefined_modes.items() if m is f.mode), None)
    inputs = [
        {"variable": x.variable, "name": x.name, "value": c.value, "update": x.update,
         "strict": x.strict, "allow_downcast": x.allow_downcast, "implicit": x.implicit}
        for x, c in zip(f.inputs, f.containers, strict=True)
    ]
    outputs: Any = [[o.variable, o.borrow] for o in f.outputs_]
    return {
        "inputs": inputs, "outputs": outputs, "keys": f.output_keys, "single": f._single,
        "nothing": f._nothing, "updates": list(map(list, f.updates.items())),
        "givens": list(map(list, f.replaced.items())), "mode": mode, "name": f.name,
    }


class Decoder:
    """Makes values of such data again."""

    def __init__(self, document: Any, arrays: Any) -> None:
        self.arrays = arrays
        self.nodes: list[static.Node] = []
        self.bodies: list[static.Body] = []
        for outer in document["bodies"]:
            self.bodies.append(static.Body(None if outer is None else self.bodies[outer]))
        for found in document["nodes"]:
            self.nodes.append(self._node(found))
        for place, reference in document["updates"]:
            symbol: Any = self.nodes[place].outputs[0]
            symbol._update = self._symbol(reference)
        self.result = self.value(document["value"])

    def _symbol(self, reference: Any) -> Any:
        place, index = reference
        return self.nodes[place].outputs[index]

    def _refs(self, references: Any) -> list[Any]:
        return [(self.nodes[n], i) for n, i in references]

    def _node(self, d: Any) -> static.Node:
        stored = static.Stored(
            self.value(d["op"]), self._refs(d["inputs"]), self.value(d["attrs"]),
            self.value(d["types"]), [self.nodes[n] for n in d["control"]],
            None if d["body"] is None else self.bodies[d["body"]], self.value(d["extra"]),
            [(self._refs(a), [self.nodes[n] for n in b], self._refs(c), self._refs(e))
             for a, b, c, e in d["bodies"]], bool(d["told"]),
        )
        shared = None if d["shared"] is None else self.arrays[d["shared"]]
        return restored_node(tuple(stored), d["names"], shared)

    def value(self, d: Any, depth: int = 0) -> Any:
        """The value that the data stands for; FormatError if it stands for none."""
        if d is None or isinstance(d, bool | int | float | str):
            return d
        if not isinstance(d, dict) or len(d) != 1 or depth > DEEPEST:
            raise pt.FormatError(static.message("not a stored value", got=str(d)[:80]))
        [(kind, found)] = d.items()
        if kind in ("list", "tuple"):
            values = [self.value(v, depth + 1) for v in found]
            return values if kind == "list" else tuple(values)
        if kind in ("dict", "updates"):
            pairs = [(self.value(k, depth + 1), self.value(v, depth + 1)) for k, v in found]
            return dict(pairs) if kind == "dict" else OrderedUpdates(pairs)
        if kind == "variable":
            return self._symbol(found)
        if kind == "array":
            return self.arrays[found]
        if kind == "node":
            return self.nodes[found]
        if kind == "kind" and found in KINDS:
            return KINDS[found]
        if kind == "function":
            return _function(self.value(found, depth + 1))
        if kind == "object" and found[0] in OBJECTS:
            return _object(OBJECTS[found[0]], self.value(found[1], depth + 1))
        raise pt.FormatError(static.message("not a stored value", got=str(kind)[:80]))


def _object(cls: Any, attributes: dict[str, Any]) -> Any:
    made = object.__new__(cls)
    for name, v in attributes.items():
        if isinstance(v, dict) and list(v) == ["state"]:
            generator = np.random.RandomState()
            generator.set_state(tuple(v["state"]))
            v = generator
        made.__dict__[name] = v
    return made


def _function(d: dict[str, Any]) -> Function:
    inputs = [In(**{k: v for k, v in x.items() if k != "implicit"}, implicit=x["implicit"])
              for x in d["inputs"]]
    outputs: Any = [Out(v, borrow) for v, borrow in d["outputs"]]
    if d["keys"] is not None:
        outputs = dict(zip(d["keys"], outputs))
    elif d["single"]:
        [outputs] = outputs
    elif d["nothing"]:
        outputs = None
    return function(inputs, outputs, updates=[tuple(p) for p in d["updates"]],
                    givens=[tuple(p) for p in d["givens"]], no_default_updates=True,
                    mode=d["mode"], name=d["name"], on_unused_input="ignore")


__all__ = ["Decoder", "Encoder"]
