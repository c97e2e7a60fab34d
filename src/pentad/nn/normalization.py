"""Normalising layers and dropout."""

from __future__ import annotations

from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.nn import functional as F
from pentad.nn import init
from pentad.nn.functional.common import require_flag
from pentad.nn.functional.normalization import neighbours_norm
from pentad.nn.linear import require_positive
from pentad.nn.module import Module
from pentad.nn.parameter import Parameter
from pentad.tensor.functions.creation import ones, tensor, zeros
from pentad.tensor.state import no_grad


def _affine(module: Module, shape: Any, weight: bool, bias: bool, dtype: Any) -> None:
    """Register a weight of ones and a bias of zeros, or their absence."""
    module.register_parameter("weight", Parameter(ones(shape, dtype=dtype)) if weight else None)
    module.register_parameter("bias", Parameter(zeros(shape, dtype=dtype)) if bias else None)


class _BatchNorm(Module):
    """What BatchNorm1d to 3d share: they differ in the inputs that they accept."""

    dims: tuple[int, ...] = ()

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ) -> None:
        super().__init__()
        require_positive(type(self).__name__, num_features=num_features)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        for name, flag in (("affine", affine), ("track_running_stats", track_running_stats)):
            require_flag(type(self).__name__, name, flag)
        self.affine, self.track_running_stats = affine, track_running_stats
        _affine(self, (num_features,), affine, affine and bias, dtype)
        kept = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, dtype=dtype) if kept else None)
        self.register_buffer("running_var", ones(num_features, dtype=dtype) if kept else None)
        count = tensor(0, dtype=dtypes.int64) if kept else None
        self.register_buffer("num_batches_tracked", count)

    def reset_running_stats(self) -> None:
        """Forget what was seen."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Forget what was seen and learnt."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _momentum(self) -> Any:
        """The share of this batch; without a momentum that of a cumulative average."""
        if not (self.training and self.track_running_stats):
            return 0.0
        with no_grad():
            self.num_batches_tracked.add_(1)
            if self.momentum is not None:
                return self.momentum
            return 1.0 / self.num_batches_tracked.to(self.running_mean.dtype)

    def forward(self, input: Any) -> Any:
        """Each channel standardised, by the batch in training, else by the running statistics."""
        if input.ndim not in self.dims:
            raise ShapeError(
                message(f"{type(self).__name__}: wrong number of dimensions",
                        expected=" or ".join(map(str, self.dims)),
                        got=f"{input.ndim}, shape {list(input.shape)}")
            )
        batch = self.training or self.running_mean is None
        moved = self.training and self.track_running_stats
        mean, var = (
            (self.running_mean, self.running_var) if moved or not batch else (None, None)
        )
        return F.batch_norm(input, mean, var, self.weight, self.bias, batch, self._momentum(),
                            self.eps)

    def extra_repr(self) -> str:
        """The constants."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Batch norm of [N, C] or [N, C, L]."""

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch norm of [N, C, H, W]."""

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch norm of [N, C, D, H, W]."""

    dims = (5,)


class SyncBatchNorm(_BatchNorm):
    """Batch norm of [N, C, ...] with the statistics of the batches of all processes.

    Pentad trains in one process, so that this is a BatchNorm for any number of dimensions; it is
    here for models that were written with it. `convert_sync_batchnorm` is its counterpart.
    """

    dims = tuple(range(2, 9))

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, process_group: Any = None,
        device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype,
                         bias=bias)
        if process_group is not None:
            raise ArgumentError(
                message("SyncBatchNorm: process_group", expected="None: there is one process",
                        got=type(process_group).__name__)
            )

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """The module with each BatchNorm part replaced by a SyncBatchNorm of the same state."""
        made = module
        if isinstance(module, _BatchNorm) and not isinstance(module, (cls, _InstanceNorm)):
            made = cls(module.num_features, module.eps, module.momentum, module.affine,
                       module.track_running_stats, process_group,
                       bias=module.bias is not None)
            for name, value in module._parameters.items():
                made.register_parameter(name, value)
            for name, value in module._buffers.items():
                made.register_buffer(name, value)
            made.train(module.training)
        for name, part in module.named_children():
            made.add_module(name, cls.convert_sync_batchnorm(part, process_group))
        return made


class LayerNorm(Module):
    """The last dimensions, of sizes normalized_shape, standardised."""

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        whole = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if whole else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        _affine(self, self.normalized_shape, elementwise_affine, elementwise_affine and bias, dtype)

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        """[..., *normalized_shape], standardised, scaled and shifted."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The constants."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """The last dimensions over their root mean square."""

    def __init__(
        self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        whole = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if whole else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        weight = Parameter(ones(self.normalized_shape, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", weight)

    def reset_parameters(self) -> None:
        """Weight 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Any) -> Any:
        """[..., *normalized_shape], scaled."""
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The constants."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(Module):
    """Groups of channels of each sample of [N, C, ...] standardised."""

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True,
        device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:
        super().__init__()
        require_positive("GroupNorm", num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            raise ArgumentError(
                message("GroupNorm: num_groups", expected=f"a divisor of {num_channels}",
                        got=str(num_groups))
            )
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        _affine(self, (num_channels,), affine, affine and bias, dtype)

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        """[N, C, ...], standardised, scaled and shifted."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The constants."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class _InstanceNorm(_BatchNorm):
    """What InstanceNorm1d to 3d share; dims: those of [C, ...] and [N, C, ...]."""

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False,
        track_running_stats: bool = False, device: Any = None, dtype: Any = None, *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype,
                         bias=bias)

    def forward(self, input: Any) -> Any:
        """Each channel of each sample standardised, [C, ...] being one sample."""
        if input.ndim not in self.dims:
            raise ShapeError(
                message(f"{type(self).__name__}: wrong number of dimensions",
                        expected=" or ".join(map(str, self.dims)),
                        got=f"{input.ndim}, shape {list(input.shape)}")
            )
        single = input.ndim == self.dims[0]
        x = input.unsqueeze(0) if single else input
        own = self.training or not self.track_running_stats
        y = F.instance_norm(x, self.running_mean, self.running_var, self.weight, self.bias, own,
                            0.0 if self.momentum is None else self.momentum, self.eps)
        return y.squeeze(0) if single else y


class InstanceNorm1d(_InstanceNorm):
    """Instance norm of [N, C, L] or [C, L]."""

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Instance norm of [N, C, H, W] or [C, H, W]."""

    dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Instance norm of [N, C, D, H, W] or [C, D, H, W]."""

    dims = (4, 5)


class LocalResponseNorm(Module):
    """Each channel of [N, C, ...] over a power of its neighbours' mean square."""

    def __init__(
        self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
    ) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Any) -> Any:
        """The input, scaled."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The constants."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(Module):
    """LocalResponseNorm of [N, C, H, W] with as many neighbours before as after each channel."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Any) -> Any:
        """The input, scaled."""
        reach = int((self.size - 1) / 2 + 1) - 1
        return neighbours_norm(input, reach, reach, self.alpha / self.size, self.beta,
                               float(self.k))

    def extra_repr(self) -> str:
        """The constants."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


def running_norms(model: Module) -> list[_BatchNorm]:
    """The batch norms in a model; instance norms are none."""
    found = (m for m in model.modules() if isinstance(m, _BatchNorm))
    return [m for m in found if not isinstance(m, _InstanceNorm)]
