"""Layers that learn the number of their input's features at the first call."""

from __future__ import annotations

import inspect
from typing import Any

from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.nn.convolution import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from pentad.nn.linear import Linear
from pentad.nn.module import Module
from pentad.nn.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from pentad.nn.parameter import UninitializedBuffer, UninitializedParameter
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.tensor import Tensor

_LAZY = (UninitializedParameter, UninitializedBuffer)


class LazyModule(Module):
    """A layer whose tensors have no values until the first input tells its number of features.

    becomes: the class that it has from then on; size: the attribute that says the number. The
    arguments are those of `becomes` without the number of features.
    """

    becomes: type[Module]
    size = "num_features"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        make: Any = self.becomes.__init__
        given = inspect.signature(make).bind(self, 1, *args, **kwargs).arguments
        make(self, given.get("groups", 1), *args, **kwargs)
        self._arguments = (args, kwargs)
        for name, value in self._parameters.items():
            if value is not None:
                self._parameters[name] = UninitializedParameter(dtype=value.dtype)
        for name, value in self._buffers.items():
            if value is not None and value.ndim > 0:
                self._buffers[name] = UninitializedBuffer(dtype=value.dtype)
        setattr(self, self.size, 0)

    def has_uninitialized_params(self) -> bool:
        """Is the number of features still unknown?"""
        tensors = (*self._parameters.values(), *self._buffers.values())
        return any(isinstance(t, _LAZY) for t in tensors)

    def _axis(self, input: Any) -> int:
        """The dimension of the features."""
        return 1

    def initialize_parameters(self, input: Any) -> None:
        """Give the tensors their shapes and first values, for inputs of this shape."""
        if not isinstance(input, Tensor):
            raise DTypeError(
                message(f"{type(self).__name__}: not a tensor", expected="Tensor",
                        got=type(input).__name__)
            )
        axis = self._axis(input)
        if not -input.ndim <= axis < input.ndim:
            raise ShapeError(
                message(f"{type(self).__name__}: the input has no features", expected="[N, C, ...]",
                        got=str(list(input.shape)))
            )
        self._become(int(input.shape[axis]))

    def _become(self, features: int) -> None:
        """Turn into a layer of class `becomes`; the parameters stay the same objects."""
        args, kwargs = self._arguments
        made = self.becomes(features, *args, **kwargs)
        for table in ("_parameters", "_buffers"):
            for name, value in made.__dict__[table].items():
                own = self.__dict__[table].get(name)
                if isinstance(own, _LAZY):
                    self.__dict__[table][name] = own.materialize(value.to(own.dtype))
        setattr(self, self.size, features)
        del self.__dict__["_arguments"]
        self.__class__ = self.becomes  # type: ignore[assignment]
        bump_epoch()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Learn the number of features from the first operand; then call the layer itself."""
        self.initialize_parameters(args[0] if args else kwargs["input"])
        return self(*args, **kwargs)

    def _learn_sizes(self, state: Any) -> None:
        """Take the number of features from a state_dict that is about to be loaded."""
        features = self._features_of(state)
        if features is not None:
            self._become(features)

    def _features_of(self, state: Any) -> int | None:
        for name in ("running_mean", "weight"):
            if name in state:
                return int(state[name].shape[0])
        return None


class LazyLinear(LazyModule, Linear):
    """Linear, in_features being the last size of the first input."""

    becomes, size = Linear, "in_features"

    def _axis(self, input: Any) -> int:
        return -1

    def _features_of(self, state: Any) -> int | None:
        return int(state["weight"].shape[1]) if "weight" in state else None


class _LazyConvolution(LazyModule):
    size = "in_channels"

    def _axis(self, input: Any) -> int:
        return input.ndim - 1 - self.rank

    def _features_of(self, state: Any) -> int | None:
        if "weight" not in state:
            return None
        shape = state["weight"].shape
        return int(shape[0]) if self.transposed else int(shape[1]) * self.groups


class LazyConv1d(_LazyConvolution, Conv1d):
    """Conv1d, in_channels being that of the first input."""

    becomes = Conv1d


class LazyConv2d(_LazyConvolution, Conv2d):
    """Conv2d, in_channels being that of the first input."""

    becomes = Conv2d


class LazyConv3d(_LazyConvolution, Conv3d):
    """Conv3d, in_channels being that of the first input."""

    becomes = Conv3d


class LazyConvTranspose1d(_LazyConvolution, ConvTranspose1d):
    """ConvTranspose1d, in_channels being that of the first input."""

    becomes = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvolution, ConvTranspose2d):
    """ConvTranspose2d, in_channels being that of the first input."""

    becomes = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvolution, ConvTranspose3d):
    """ConvTranspose3d, in_channels being that of the first input."""

    becomes = ConvTranspose3d


class LazyBatchNorm1d(LazyModule, BatchNorm1d):
    """BatchNorm1d, num_features being the first input's."""

    becomes = BatchNorm1d


class LazyBatchNorm2d(LazyModule, BatchNorm2d):
    """BatchNorm2d, num_features being the first input's."""

    becomes = BatchNorm2d


class LazyBatchNorm3d(LazyModule, BatchNorm3d):
    """BatchNorm3d, num_features being the first input's."""

    becomes = BatchNorm3d


class _LazyInstanceNorm(LazyModule):
    """In PyTorch, too, these are affine and keep running statistics unless told otherwise."""

    def __init__(
        self, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True,
        track_running_stats: bool = True, **kwargs: Any,
    ) -> None:
        super().__init__(eps, momentum, affine, track_running_stats, **kwargs)

    def _axis(self, input: Any) -> int:
        return input.ndim - self.dims[0]


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """InstanceNorm1d, num_features being the first input's."""

    becomes = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """InstanceNorm2d, num_features being the first input's."""

    becomes = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """InstanceNorm3d, num_features being the first input's."""

    becomes = InstanceNorm3d
