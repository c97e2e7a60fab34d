"""tf.py_function: functions of Python that work with TensorFlow's operations on values.

Each call has a graph of its own, whose tensors give their values: what is asked for is computed
then. The gradients of the call are those of that graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import Graph
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.operation import Operation
from pentad.frontends.tensorflow1.framework.tensor import Tensor
from pentad.frontends.tensorflow1.ops.checks import _KINDS, of_python


class EagerTensor(Tensor):
    """A tensor within a function of tf.py_function: it has a value."""

    def numpy(self) -> Any:
        """Its value."""
        return self.graph.value(self)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return np.asarray(self.numpy(), *args, **kwargs)

    def __bool__(self) -> bool:
        return bool(self.numpy())

    __nonzero__ = __bool__

    def __int__(self) -> int:
        return int(self.numpy())

    __index__ = __int__

    def __float__(self) -> float:
        return float(self.numpy())

    def __len__(self) -> int:
        return len(self.numpy())

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<tf.Tensor: id={self.node.place}, shape={self.shape}, dtype={self.dtype.name}, " \
            f"numpy={self.numpy()!r}>"

    def __str__(self) -> str:
        return f"tf.Tensor({self.numpy()}, shape={self.shape}, dtype={self.dtype.name})"


class Call(Graph):
    """One call of a function: what it was given, what it has asked for."""

    symbol_type = EagerTensor

    def __init__(self, arrays: Any, types: Any) -> None:
        super().__init__()
        from pentad.frontends.tensorflow1.framework.session import Session
        from pentad.frontends.tensorflow1.ops.creation import placeholder

        self.values: dict[Any, Any] = {}
        with self.as_default():
            self.given = [placeholder(t, np.shape(a)) for t, a in zip(types, arrays)]
            self.values.update(zip(self.given, arrays))
            self.session = Session(graph=self)

    def value(self, tensor: Any) -> Any:
        """The value of a tensor, which is computed once."""
        if tensor not in self.values:
            self.values[tensor] = self.session.run(tensor, self.values)
        return self.values[tensor]

    def results(self, func: Any, wanted: Any) -> tuple[Any, ...]:
        """The values of what the function gives; what has an effect has happened then."""
        with self.as_default():
            found = func(*self.given)
            # An operation is what gives nothing: it runs with the others that have an effect.
            found = [] if found is None or isinstance(found, Operation) else found
            found = list(found) if isinstance(found, list | tuple) else [found]
            if len(found) != len(wanted):
                raise pt.ArgumentError(static.message(
                    f"py_function: the function gives {len(found)} values",
                    expected=f"{len(wanted)} values"))
            self.found = [convert_to_tensor(v, t) for v, t in zip(found, wanted)]
        seen = {t.node for t in self.values}
        effects = [n for n in self.nodes if n.op.effect and n.body is None and n not in seen]
        self.session.run(effects, self.values)
        return tuple(self.value(t) for t in self.found)

    def gradients(self, cotangents: Any) -> list[Any]:
        """The gradients of what was given; None where there is none."""
        from pentad.frontends.tensorflow1.ops.gradients import gradients

        pairs = [(y, g) for y, g in zip(self.found, cotangents) if y.dtype.is_floating]
        xs = [x for x in self.given if x.dtype.is_floating]
        if not pairs or not xs:
            return [None] * len(self.given)
        with self.as_default():
            ys, weights = zip(*pairs)
            found = gradients(list(ys), xs, [convert_to_tensor(w, y.dtype) for y, w in pairs])
            kept = [g for g in found if g is not None]
            values = iter(self.session.run(kept, dict(zip(self.given, map(
                self.values.get, self.given)))))
        each = {x: None if g is None else next(values) for x, g in zip(xs, found)}
        return [each.get(x) for x in self.given]


class _Eager(static.Op):
    """A host op that keeps each call for its gradients."""

    def __init__(self, name: str, **more: Any) -> None:
        super().__init__(name, _called, host=True, effect=True, backward=_called, **more)

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        arrays = [v.array if isinstance(v, static.Known) else v.detach().numpy() for v in inputs]
        call = Call(arrays, [s.dtype.base_dtype for s in node.inputs])
        found = _called(call, **node.attrs)
        made = [
            static.Known(np.asarray(v, object), s.static_type.dtype)
            if s.static_type.dtype is static.STRING else pt.as_tensor(np.asarray(v)).to(
                s.static_type.dtype) for v, s in zip(found, node.outputs)]
        tensors = [v for v in inputs if not isinstance(v, static.Known)]
        numbers = tuple(m for m in made if not isinstance(m, static.Known))
        if not any(t.requires_grad for t in tensors) or not numbers:
            return tuple(made)

        def backward(_: Any, cotangents: Any) -> Any:
            each = iter(cotangents)
            weights = [None if isinstance(m, static.Known) else next(each).detach().numpy()
                       for m in made]
            return tuple(None if g is None else pt.as_tensor(np.asarray(g))
                         for g, v in zip(call.gradients(weights), inputs)
                         if not isinstance(v, static.Known))

        carry = pt.custom_vjp(lambda *_: numbers)
        carry.defvjp(lambda *_: (numbers, None), backward)
        each = iter(carry(*tensors))
        return tuple(m if isinstance(m, static.Known) else next(each) for m in made)


def _called(call: Call, token: Any, Tout: Any) -> Any:
    try:
        return call.results(token, Tout)
    except pt.PentadError:
        raise
    except Exception as error:
        kind = next(new for old, new in _KINDS if isinstance(error, old))
        raise kind(None, None, f"{type(error).__name__}: {error}") from error


_EAGER = op("EagerPyFunc", "input: Tin...; token, Tout -> output: Tout...", kind=_Eager,
            types=lambda *v, token, Tout: [(t, None) for t in Tout])


def py_function(
    func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None
) -> Any:
    """The results of a function of Python, which is given tensors that have values.

    Gradients pass through the operations that it does on them.
    """
    return of_python(_EAGER, func, inp, Tout, name)


__all__ = ["Call", "EagerTensor", "py_function"]
