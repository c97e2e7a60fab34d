"""Operations that are nothing to values, and change gradients: stop, clip, scale them."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.disconnected import NullType
from pentad.frontends.theano.gof.op import Native, one
from pentad.frontends.theano.gof.opclass import op_classes, plain
from pentad.frontends.theano.tensor.constants import as_tensor_variable


def _stop(name: str, shown: str) -> Native:
    return Native(name, lambda x: x.detach(), differentiable=False, shows=shown)


DISCONNECTED = _stop("disconnected_grad", "DisconnectedGrad")
ZERO = _stop("zero_grad", "ZeroGrad")
CONSIDER_CONSTANT = _stop("consider_constant", "ConsiderConstant")
UNDEFINED = _stop("undefined_grad", "UndefinedGrad")


def _like(op: static.Op, x: Any, **attrs: Any) -> Any:
    x = as_tensor_variable(x)
    return one(op, x, types=[x.static_type], **attrs)


def disconnected_grad(x: Any) -> Any:
    """The variable, which gradients are told not to depend on anything."""
    return _like(DISCONNECTED, x)


def zero_grad(x: Any) -> Any:
    """The variable, through which gradients are zero."""
    return _like(ZERO, x)


def consider_constant(x: Any) -> Any:
    """The variable, through which gradients are zero."""
    return _like(CONSIDER_CONSTANT, x)


def undefined_grad(x: Any) -> Any:
    """The variable, by way of which a gradient is an error."""
    return _like(UNDEFINED, x)


CLIP = Native("grad_clip", lambda x, lower, upper: pt.adjust_gradient(x, 1.0, lower, upper),
              shows="GradClip")
SCALE = Native("grad_scale", lambda x, factor: pt.adjust_gradient(x, factor), shows="GradScale")


def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Any:
    """The variable; what flows back through it is kept between two bounds."""
    if not upper_bound >= lower_bound:
        raise AssertionError(
            static.message("grad_clip: the bounds are in the wrong order",
                           got=f"{lower_bound} and {upper_bound}")
        )
    return _like(CLIP, x, lower=float(lower_bound), upper=float(upper_bound))


def grad_scale(x: Any, multiplier: float) -> Any:
    """The variable; what flows back through it is multiplied."""
    return _like(SCALE, x, factor=float(multiplier))


def grad_not_implemented(op: Any, x_pos: int, x: Any, comment: str = "") -> Any:
    """What an op's grad gives for an input by which its gradient is not written."""
    return NullType(
        f"This variable is Null because the grad method for input {x_pos} ({x}) of the {op} op is "
        f"not implemented. {comment}"
    )()


def grad_undefined(op: Any, x_pos: int, x: Any, comment: str = "") -> Any:
    """What an op's grad gives for an input by which it has no gradient."""
    return NullType(
        f"This variable is Null because the grad method for input {x_pos} ({x}) of the {op} op is "
        f"mathematically undefined. {comment}"
    )()


CLASSES = op_classes({
    "ConsiderConstant": plain(consider_constant, "consider_constant"),
    "DisconnectedGrad": plain(disconnected_grad, "disconnected_grad"),
    "GradClip": ("grad_clip", lambda clip_lower_bound, clip_upper_bound: lambda x: grad_clip(
        x, clip_lower_bound, clip_upper_bound)),
    "GradScale": ("grad_scale", lambda multiplier: lambda x: grad_scale(x, multiplier)),
    "UndefinedGrad": plain(undefined_grad, "undefined_grad"),
    "ZeroGrad": plain(zero_grad, "zero_grad"),
}, __name__)
"""The classes of these operations: they tell nodes, and make them."""
globals().update(CLASSES)
consider_constant_, disconnected_grad_ = consider_constant, disconnected_grad
undefined_grad_, zero_grad_ = undefined_grad, zero_grad
__all__ = [
    *CLASSES, "consider_constant", "consider_constant_", "disconnected_grad", "disconnected_grad_",
    "grad_clip", "grad_not_implemented", "grad_scale", "grad_undefined", "undefined_grad",
    "undefined_grad_", "zero_grad", "zero_grad_",
]
