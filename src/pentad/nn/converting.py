"""Methods of modules that put other tensors in the place of all their parameters and buffers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.graph import dtypes
from pentad.nn.parameter import UninitializedBuffer
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.devices import require_device
from pentad.tensor.functions.creation import empty_like


class Converted:
    """What modules inherit to be converted, in place; each method returns the module."""

    def _apply(self: Any, fn: Callable[[Any], Any], recurse: bool = True) -> Any:
        """Replace each parameter, its gradient and each buffer by what `fn` makes of it."""
        for part in self.children() if recurse else ():
            part._apply(fn)
        for p in self._parameters.values():
            if p is not None:
                held, gradient = p.detach(), p._grad
                made = fn(held)
                if made is not held:
                    p.data = made
                    p._grad = gradient if gradient is None else fn(gradient)
        for name, b in self._buffers.items():
            if isinstance(b, UninitializedBuffer):  # stays what it is
                b.data = fn(b.detach())  # type: ignore[attr-defined]
            elif b is not None:
                self._buffers[name] = fn(b)
        bump_epoch()
        return self

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Convert all floating-point parameters and buffers: `to(pentad.float64)`.

        There is one device, so that naming "cpu" changes nothing.
        """
        return self._apply(lambda t: t.to(*args, **kwargs) if t.is_floating_point() else t)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Any:
        """Fresh memory, whose values are left to chance, for all parameters and buffers.

        recurse=False: only for the module's own. ArgumentError for another device than the CPU.
        """
        require_device("to_empty", device)
        return self._apply(empty_like, recurse)

    def type(self, dst_type: Any) -> Any:
        """All parameters and buffers, integers too, as this dtype or tensor type."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Any:
        """All floating-point parameters and buffers as float32."""
        return self.to(dtypes.float32)

    def double(self) -> Any:
        """All floating-point parameters and buffers as float64."""
        return self.to(dtypes.float64)

    def half(self) -> Any:
        """All floating-point parameters and buffers as float16."""
        return self.to(dtypes.float16)

    def bfloat16(self) -> Any:
        """All floating-point parameters and buffers as bfloat16."""
        return self.to(dtypes.bfloat16)

    def cpu(self) -> Any:
        """The module itself: there is one device."""
        return self
