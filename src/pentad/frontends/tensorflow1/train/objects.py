"""The objects of a checkpoint of objects: what has which, and under which keys values stand."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import pentad as pt
from pentad import formats, static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.layers.base import Layer
from pentad.frontends.tensorflow1.train.optimizer import Optimizer
from pentad.frontends.tensorflow1.variables.variable import Variable

_protos = formats.tensorflow.objects
VALUE = "VARIABLE_VALUE"


def trackable(value: Any) -> bool:
    """Has it a state that checkpoints keep?"""
    if isinstance(value, list | Mapping):
        inner = value.values() if isinstance(value, Mapping) else value
        return any(trackable(v) for v in inner)
    return isinstance(value, Variable | Layer | Optimizer) or hasattr(
        value, "_checkpoint_dependencies")


def dependencies(value: Any) -> Iterator[tuple[str, Any]]:
    """The objects that an object has, by their names there."""
    if hasattr(value, "_checkpoint_dependencies"):
        for reference in value._checkpoint_dependencies:
            yield reference[0], reference[1]
    elif isinstance(value, Variable):
        return
    elif isinstance(value, Optimizer):
        graph = get_default_graph()
        for (name, made_in), own in sorted(
            value._non_slot_dict.items(), key=lambda item: item[0][0]
        ):
            if made_in is graph:
                yield name, own
    elif isinstance(value, Mapping):
        yield from ((str(k), v) for k, v in value.items() if trackable(v))
    elif isinstance(value, list):
        yield from ((str(i), v) for i, v in enumerate(value) if trackable(v))
    else:
        yield from attributes(value)


def attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an object that have a state, those that are its own affair left out."""
    for name, found in vars(value).items():
        if not name.startswith("_") and trackable(found):
            yield name, found


class Slot:
    """A variable that an optimiser keeps for another one."""

    def __init__(self, optimizer: Any, original: Any, name: str, variable: Any) -> None:
        self.optimizer, self.original, self.name, self.variable = (
            optimizer, original, name, variable)


class Objects:
    """All objects below a root, the nearest first; `names`: where each one stands."""

    def __init__(self, root: Any) -> None:
        self.found: list[Any] = []
        self.names: dict[int, str] = {}
        self.ids: dict[int, int] = {}
        self.children: dict[int, list[tuple[str, Any]]] = {}
        self._add(root, "")
        waiting = deque([root])
        while waiting:
            value = waiting.popleft()
            self.children[id(value)] = list(dependencies(value))
            for name, inner in self.children[id(value)]:
                if id(inner) not in self.ids:
                    above = self.names[id(value)]
                    self._add(inner, f"{above}/{escaped(name)}" if above else escaped(name))
                    waiting.append(inner)
        self.slots = list(self._slots())
        for slot in self.slots:
            path = self.names[id(slot.original)]
            own = self.names[id(slot.optimizer)]
            self._add(slot.variable, f"{path}/.OPTIMIZER_SLOT/{own}/{escaped(slot.name)}")

    def _add(self, value: Any, name: str) -> None:
        self.names[id(value)], self.ids[id(value)] = name, len(self.found)
        self.found.append(value)

    def _slots(self) -> Iterator[Slot]:
        variables = [v for v in self.found if isinstance(v, Variable)]
        for optimizer in [v for v in self.found if isinstance(v, Optimizer)]:
            for name in optimizer.get_slot_names():
                for original in variables:
                    variable = optimizer.get_slot(original, name)
                    if variable is not None and id(variable) not in self.ids:
                        yield Slot(optimizer, original, name, variable)

    @property
    def variables(self) -> list[Any]:
        """The variables among them, those of optimisers too."""
        return [v for v in self.found if isinstance(v, Variable)]

    def key(self, variable: Any) -> str:
        """Under which key the value of a variable is kept."""
        return f"{self.names[id(variable)]}/.ATTRIBUTES/{VALUE}"

    def proto(self) -> Any:
        """The graph of the objects, as checkpoints keep it."""
        made = _protos.TrackableObjectGraph()
        for value in self.found:
            node = made.nodes.add()
            for name, inner in self.children.get(id(value), ()):
                node.children.add(node_id=self.ids[id(inner)], local_name=name)
            if isinstance(value, Variable):
                node.attributes.add(name=VALUE, full_name=value.op.name,
                                    checkpoint_key=self.key(value))
            for slot in self.slots:
                if slot.optimizer is value:
                    node.slot_variables.add(
                        original_variable_node_id=self.ids[id(slot.original)],
                        slot_name=slot.name, slot_variable_node_id=self.ids[id(slot.variable)])
        return made


def escaped(name: str) -> str:
    """A name as a part of a key."""
    return name.replace(".", "..").replace("/", ".S")


class Matched:
    """The objects below a root beside those of a checkpoint."""

    def __init__(self, proto: Any, root: Any) -> None:
        self.proto, self.objects = proto, Objects(root)
        self.by_id: dict[int, Any] = {0: root}
        waiting = deque([0])
        while waiting:
            place = waiting.popleft()
            own = dict(self.objects.children.get(id(self.by_id[place]), ()))
            for child in self._node(place).children:
                if child.local_name in own and child.node_id not in self.by_id:
                    self.by_id[child.node_id] = own[child.local_name]
                    waiting.append(child.node_id)
        self._match_slots()

    def _node(self, place: int) -> Any:
        if not 0 <= place < len(self.proto.nodes):
            raise errors.DataLossError(None, None, _no_object(place, len(self.proto.nodes)))
        return self.proto.nodes[place]

    def _match_slots(self) -> None:
        for place in list(self.by_id):
            optimizer = self.by_id[place]
            for slot in self._node(place).slot_variables:
                original = self.by_id.get(slot.original_variable_node_id)
                if isinstance(optimizer, Optimizer) and isinstance(original, Variable):
                    variable = optimizer.get_slot(original, slot.slot_name)
                    if variable is not None:
                        self._node(slot.slot_variable_node_id)
                        self.by_id[slot.slot_variable_node_id] = variable

    def keys(self) -> dict[str, Any]:
        """key in the checkpoint -> the variable that it belongs to."""
        return {
            attribute.checkpoint_key: value for place, value in self.by_id.items()
            if isinstance(value, Variable) for attribute in self._node(place).attributes
            if attribute.name == VALUE
        }

    def unmatched(self) -> list[str]:
        """Variables here without a value in the checkpoint."""
        kept = {id(v) for v in self.keys().values()}
        return [f"{self.objects.names[id(v)]} ({v.op.name})"
                for v in self.objects.variables if id(v) not in kept]

    def unused(self) -> list[str]:
        """Values of the checkpoint without a variable here."""
        return [a.checkpoint_key for i, n in enumerate(self.proto.nodes) if i not in self.by_id
                for a in n.attributes]


def _no_object(place: int, count: int) -> str:
    return static.message("the checkpoint's graph of objects is broken",
                   expected=f"objects below {count}", got=str(place))


def graph_of(reader: Any) -> Any:
    """The graph of objects of a checkpoint, None if it holds variables by their names."""
    from pentad.frontends.tensorflow1.ops.saving import tensor_of

    if _protos.OBJECT_GRAPH not in reader.entries:
        return None
    data = np.asarray(tensor_of(reader, _protos.OBJECT_GRAPH), object).item()
    try:
        return _protos.TrackableObjectGraph.read(
            data, f"{reader.prefix}, {_protos.OBJECT_GRAPH}")
    except pt.FormatError as error:
        raise errors.DataLossError(None, None, str(error)) from error


def as_tensor(proto: Any) -> Any:
    """A graph of objects as what a checkpoint holds."""
    made = np.empty((), object)
    made[()] = proto.SerializeToString()
    return made


KEY = _protos.OBJECT_GRAPH
