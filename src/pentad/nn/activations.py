"""Activation functions as layers."""

from __future__ import annotations

from typing import Any

from pentad.nn import functional as F
from pentad.nn import init
from pentad.nn.module import Module
from pentad.nn.parameter import Parameter
from pentad.tensor.functions.creation import empty


class _Pointwise(Module):
    """A function of functional with constants.

    function: its name; arguments: those of the constructor, in order, with their defaults.
    """

    function: str
    arguments: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        values = dict(self.arguments)
        if len(args) > len(values):
            raise TypeError(f"{type(self).__name__} takes at most {len(values)} arguments")
        values.update(zip(values, args, strict=False))
        for name, value in kwargs.items():
            if name not in values:
                raise TypeError(f"{type(self).__name__} has no argument {name!r}")
            values[name] = value
        for name, value in values.items():
            setattr(self, name, value)

    def _constants(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.arguments}

    def forward(self, input: Any) -> Any:
        """The function of each element."""
        return getattr(F, self.function)(input, **self._constants())

    def extra_repr(self) -> str:
        """The constants."""
        shown = {k: v for k, v in self._constants().items() if k != "inplace" or v}
        return ", ".join(f"{k}={v!r}" for k, v in shown.items())


class ReLU(_Pointwise):
    """max(x, 0)."""

    function, arguments = "relu", {"inplace": False}


class ReLU6(_Pointwise):
    """x limited to [0, 6]."""

    function, arguments = "relu6", {"inplace": False}


class LeakyReLU(_Pointwise):
    """x where positive, else negative_slope * x."""

    function, arguments = "leaky_relu", {"negative_slope": 0.01, "inplace": False}


class ELU(_Pointwise):
    """x where positive, else alpha * (exp(x) - 1)."""

    function, arguments = "elu", {"alpha": 1.0, "inplace": False}


class CELU(_Pointwise):
    """x where positive, else alpha * (exp(x / alpha) - 1)."""

    function, arguments = "celu", {"alpha": 1.0, "inplace": False}


class SELU(_Pointwise):
    """The self-normalising elu."""

    function, arguments = "selu", {"inplace": False}


class GELU(_Pointwise):
    """x * Phi(x)."""

    function, arguments = "gelu", {"approximate": "none"}


class SiLU(_Pointwise):
    """x * sigmoid(x)."""

    function, arguments = "silu", {"inplace": False}


class Mish(_Pointwise):
    """x * tanh(softplus(x))."""

    function, arguments = "mish", {"inplace": False}


class Hardtanh(_Pointwise):
    """x limited to [min_val, max_val]."""

    function = "hardtanh"
    arguments = {"min_val": -1.0, "max_val": 1.0, "inplace": False}


class Hardsigmoid(_Pointwise):
    """x / 6 + 1 / 2, limited to [0, 1]."""

    function, arguments = "hardsigmoid", {"inplace": False}


class Hardswish(_Pointwise):
    """x * hardsigmoid(x)."""

    function, arguments = "hardswish", {"inplace": False}


class Threshold(_Pointwise):
    """x where it is above the threshold, else value."""

    function, arguments = "threshold", {"threshold": 0.0, "value": 0.0, "inplace": False}


class Softplus(_Pointwise):
    """log(1 + exp(beta * x)) / beta."""

    function, arguments = "softplus", {"beta": 1.0, "threshold": 20.0}


class Softshrink(_Pointwise):
    """x moved toward 0 by lambd."""

    function, arguments = "softshrink", {"lambd": 0.5}

    def extra_repr(self) -> str:
        """The constant, without its name as PyTorch shows it."""
        return str(self.lambd)


class Hardshrink(_Pointwise):
    """x where it is farther than lambd from 0, else 0."""

    function, arguments = "hardshrink", {"lambd": 0.5}

    def extra_repr(self) -> str:
        """The constant, without its name as PyTorch shows it."""
        return str(self.lambd)


class Softsign(_Pointwise):
    """x / (1 + |x|)."""

    function = "softsign"


class Tanhshrink(_Pointwise):
    """x - tanh(x)."""

    function = "tanhshrink"


class Tanh(_Pointwise):
    """The hyperbolic tangent."""

    function = "tanh"


class Sigmoid(_Pointwise):
    """1 / (1 + exp(-x))."""

    function = "sigmoid"


class LogSigmoid(_Pointwise):
    """log(sigmoid(x))."""

    function = "logsigmoid"


class GLU(_Pointwise):
    """The first half along a dimension times the sigmoid of the second."""

    function, arguments = "glu", {"dim": -1}


class Softmax(_Pointwise):
    """softmax along a dimension."""

    function, arguments = "softmax", {"dim": None}


class LogSoftmax(_Pointwise):
    """log(softmax) along a dimension."""

    function, arguments = "log_softmax", {"dim": None}


class Softmin(_Pointwise):
    """softmax(-x) along a dimension."""

    function, arguments = "softmin", {"dim": None}


class RReLU(_Pointwise):
    """LeakyReLU with random slopes in training, their mean otherwise."""

    function, arguments = "rrelu", {"lower": 1 / 8, "upper": 1 / 3, "inplace": False}

    def forward(self, input: Any) -> Any:
        """The function of each element."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class Softmax2d(Module):
    """softmax over the channels of [N, C, H, W] or [C, H, W]."""

    def forward(self, input: Any) -> Any:
        """Probabilities over dimension -3."""
        return F.softmax(input, -3)


class PReLU(Module):
    """x where positive, else a trained slope times x; one slope or one for each channel."""

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(empty(num_parameters, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set every slope to its first value."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        """The function of each element."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """How many slopes there are."""
        return f"num_parameters={self.num_parameters}"
