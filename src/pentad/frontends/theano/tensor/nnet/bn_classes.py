"""The classes of batch normalisation by Theano's names: each makes the expressions of its results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad import static
from pentad.frontends.theano.gof.opclass import op_classes
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.elemwise import cast, sqrt
from pentad.frontends.theano.tensor.nnet import bn
from pentad.frontends.theano.tensor.reductions import mean, sum, var


def _operands(epsilon: Any, *given: Any) -> tuple[list[Any], Any]:
    """Variables of one element type and number of axes, and epsilon, which may not widen it."""
    found = list(bn.as_common_dtype(*given))
    if len({v.ndim for v in found}) > 1:
        raise AssertionError(
            static.message("batch normalisation: the operands must have as many axes each",
                           expected=f"{found[0].ndim} axes", got=", ".join(str(v.type)
                                                                           for v in found))
        )
    return found, cast(as_tensor_variable(epsilon), found[0].dtype)


def _checked(axes: Sequence[int]) -> list[int]:
    if not isinstance(axes, list | tuple) or not axes:
        raise AssertionError(static.message("axes must be a tuple with one axis or more",
                                            got=repr(axes)))
    return [int(a) for a in axes]


def _train(axes: Sequence[int] = (0,)) -> Callable[..., list[Any]]:
    along = _checked(axes)

    def make(
        x: Any, scale: Any, bias: Any, epsilon: Any = 1e-4, running_average_factor: Any = 0.1,
        running_mean: Any = None, running_var: Any = None,
    ) -> list[Any]:
        given = [v for v in (running_mean, running_var) if v is not None]
        (x, scale, bias, *running), epsilon = _operands(epsilon, x, scale, bias, *given)
        middle, spread = (f(x, axis=along, keepdims=True) for f in (mean, var))
        inverse = 1.0 / sqrt(spread + epsilon)
        found = [(x - middle) * (scale * inverse) + bias, middle, inverse]
        part = cast(as_tensor_variable(running_average_factor), x.dtype)
        if running:
            found.append(running[0] * (1.0 - part) + middle * part)
        if len(running) > 1:
            count = cast(x.size, x.dtype) / cast(middle.size, x.dtype)
            found.append(running[1] * (1.0 - part) + (count / (count - 1.0)) * spread * part)
        return found

    return make


def _inference(axes: Sequence[int] = (0,)) -> Callable[..., Any]:
    _checked(axes)

    def make(
        x: Any, scale: Any, bias: Any, estimated_mean: Any, estimated_variance: Any,
        epsilon: Any = 1e-4,
    ) -> Any:
        (x, scale, bias, middle, spread), epsilon = _operands(
            epsilon, x, scale, bias, estimated_mean, estimated_variance)
        return (x - middle) * (scale / sqrt(spread + epsilon)) + bias

    return make


def _train_grad(axes: Sequence[int] = (0,)) -> Callable[..., list[Any]]:
    along = _checked(axes)

    def average(v: Any) -> Any:
        return mean(v, axis=along, keepdims=True)

    def make(
        x: Any, dy: Any, scale: Any, x_mean: Any, x_invstd: Any, epsilon: Any = 1e-4
    ) -> list[Any]:
        (x, dy, scale, middle, inverse), _ = _operands(epsilon, x, dy, scale, x_mean, x_invstd)
        off = x - middle
        slope = dy * inverse - off * (average(dy * off) * inverse ** 3)
        return [
            scale * (slope - average(slope)),
            sum(dy * inverse * off, axis=along, keepdims=True),
            sum(dy, axis=along, keepdims=True),
        ]

    return make


CLASSES = op_classes({
    "AbstractBatchNormTrain": ("", _train),
    "AbstractBatchNormInference": ("", _inference),
    "AbstractBatchNormTrainGrad": ("", _train_grad),
}, bn.__name__)
globals().update(CLASSES)
for _name, _class in CLASSES.items():
    setattr(bn, _name, _class)
__all__ = [*CLASSES]
