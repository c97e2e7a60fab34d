"""The sigmoid and what stands near it."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.theano.tensor.constants import as_tensor_variable, constant
from pentad.frontends.theano.tensor.elemwise import ELEMWISE, cast, switch

sigmoid, softplus = ELEMWISE["sigmoid"], ELEMWISE["softplus"]
sigmoid_inplace = scalar_sigmoid = sigmoid


def hard_sigmoid(x: Any) -> Any:
    """The sigmoid of three straight parts: 0.2 * x + 0.5, between 0 and 1."""
    x = as_tensor_variable(x)
    kind = x.dtype if x.dtype.startswith("float") else "float32"
    x = x * cast(constant(0.2), kind) + cast(constant(0.5), kind)
    return ELEMWISE["clip"](x, cast(constant(0), x.dtype), cast(constant(1), x.dtype))


def ultra_fast_sigmoid(x: Any) -> Any:
    """The sigmoid, roughly: tanh of x / 2 by three quotients and parabolas."""
    x = 0.5 * as_tensor_variable(x)
    size = abs(x)
    steep = 1.5 * size / (1 + size)
    middle = 0.935409070603099 + 0.0458812946797165 * (size - 1.7)
    found = switch(size < 1.7, steep, switch(size < 3, middle, 0.99505475368673))
    return cast(0.5 * (switch(x < 0, -found, found) + 1.0), x.dtype)


__all__ = ["hard_sigmoid", "scalar_sigmoid", "sigmoid", "sigmoid_inplace", "softplus",
           "ultra_fast_sigmoid"]
__getattr__ = absent(__name__)
