"""Tensor: a value that will be known when the graph runs. operators.py gives it its operators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape


class Tensor(static.Symbol):
    """Result `value_index` of an operation."""

    __array_priority__ = 100

    @property
    def op(self) -> Any:
        """The operation that it is a result of."""
        return self.node

    @property
    def value_index(self) -> int:
        """Which of the results it is."""
        return self.index

    @property
    def name(self) -> str:
        """The operation's name, a colon, the index."""
        return f"{self.node.name}:{self.index}"

    @property
    def dtype(self) -> dtypes.DType:
        """The type of its elements."""
        kept = self.node.extra.get("dtypes")
        return kept[self.index] if kept else dtypes.of_tensor(self.static_type.dtype)

    @property
    def shape(self) -> TensorShape:
        """What is known of its shape."""
        return TensorShape(self.static_type.shape)

    def get_shape(self) -> TensorShape:
        """What is known of its shape."""
        return TensorShape(self.static_type.shape)

    _shape = shape

    def set_shape(self, shape: Any) -> None:
        """Add what is known of its shape; ValueError if it contradicts."""
        self.refine(as_shape(shape).known())

    @property
    def device(self) -> str:
        """The device that it was meant for."""
        return self.node.device

    def _rank(self) -> int | None:
        return self.shape.ndims

    def _shape_as_list(self) -> list[int | None] | None:
        return None if self.static_type.shape is None else list(self.static_type.shape)

    def consumers(self) -> list[Any]:
        """The operations that take it as an input."""
        return [n for n in self.graph.nodes if any(s is self for s in n.inputs)]

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value in a session, the default one if none is given."""
        from pentad.frontends.tensorflow1.framework.session import default_session

        return default_session(session, self.graph, "evaluate tensor").run(self, feed_dict)

    def __len__(self) -> int:
        raise TypeError(static.message(
            "object of type 'Tensor' has no len()", hint="use x.shape[0] or tf.shape(x)[0]"))

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(static.message(
            "Tensor objects are only iterable when eager execution is enabled.", got=repr(self),
            hint="to iterate over this tensor use tf.map_fn, or tf.unstack it"))

    def __bool__(self) -> bool:
        raise TypeError(static.message(
            "Using a `tf.Tensor` as a Python `bool` is not allowed.", got=repr(self),
            hint="use `if t is not None:` to test if a tensor is defined, and tf.cond for "
            "branches that depend on its value"))

    __nonzero__ = __bool__

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(static.message(
            f"Cannot convert a symbolic Tensor ({self.name}) to a numpy array.",
            hint="run it in a session"))

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: Any) -> Tensor:
        return self

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    def __str__(self) -> str:
        shape = self.shape
        known = f", shape={shape}" if shape.ndims is not None else ""
        return f'Tensor("{self.name}"{known}, dtype={self.dtype.name})'
