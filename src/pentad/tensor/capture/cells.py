"""The parts of a Trace: values of storages, and where the inputs of a call come from."""

from __future__ import annotations

from typing import Any

from pentad.graph.errors import CaptureError, message
from pentad.graph.node import Node
from pentad.tensor.meta import Meta
from pentad.tensor.tensor import Tensor


class Cell:
    """The value of one storage: `node`, replaced by each write (`changes` counts them).

    For an input, `source` says where its pointer comes from at a call, `root` is its meta.
    """

    __slots__ = (
        "__weakref__", "changes", "first", "nbytes", "node", "notes", "ptr", "root", "source",
        "storage", "version",
    )

    def __init__(self, node: Node | None, root: Meta | None = None, source: Any = None) -> None:
        self.node = self.first = node
        self.root = root
        self.source = source
        self.storage: Any = None
        self.changes = self.version = self.nbytes = 0
        self.notes: Any = None
        self.ptr: Any = None


class Traced:
    """What a traced tensor's meta knows: its trace, its line, its node as of change `seen`."""

    __slots__ = ("line", "node", "seen", "trace")

    def __init__(self, trace: Any, line: str | None, node: Node | None, seen: int) -> None:
        self.trace = trace
        self.line = line
        self.node = node
        self.seen = seen


class Argument:
    """The source of an input: tensor argument `index`."""

    def __init__(self, index: int) -> None:
        self.index = index


class Fixed:
    """The source of an input: the storage of a tensor that the function found by itself."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.storage = tensor.storage

    def holds(self) -> bool:
        """Is the tensor still on the same memory?"""
        return self.tensor.storage is self.storage


class GradOf:
    """The source of an input: the `.grad` of argument `index`, or of a tensor found."""

    def __init__(self, index: int | None, tensor: Tensor, meta: Meta) -> None:
        self.index = index
        self.tensor = tensor
        self.meta = meta


class HostNumber:
    """The source of an input: a Python number read at each call, `code` its struct format."""

    def __init__(self, code: str) -> None:
        self.code = code


class Touched:
    """What a tensor was like before the trace changed it."""

    __slots__ = ("alias", "grad", "node", "tensor")

    def __init__(self, t: Tensor) -> None:
        self.tensor = t
        self.node, self.grad, self.alias = t.node, t._grad, t.alias


def overlap() -> CaptureError:
    """The error for memory that is written to and known by two cells."""
    return CaptureError(
        message(
            "memory that is written to is reached in two ways",
            expected="one tensor for each memory that the function changes",
            got="arguments or captured tensors that share memory in different layouts",
            hint="pass the tensor once and take its parts inside the function",
        )
    )


def history(t: Tensor) -> CaptureError:
    """The error for a captured tensor that is the result of recorded operations."""
    return CaptureError(
        message(
            "a tensor from outside has autograd history of its own",
            expected="a leaf, an argument, or a tensor without history",
            got=f"the result of {t.node!r}, type {t.meta.type}",
            hint="pass it as an argument, or detach() it",
        )
    )
