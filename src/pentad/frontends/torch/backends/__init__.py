"""torch.backends: the libraries that PyTorch computes with, of which none is here."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent


class _Backend:
    """A library that is not there; what is set is kept."""

    def __init__(self, **settings: Any) -> None:
        self.__dict__.update(settings)

    def is_available(self) -> bool:
        """False."""
        return False

    is_built = is_available

    def version(self) -> None:
        """None."""

    def flags(self, *args: Any, **settings: Any) -> _Backend:
        """A context manager that changes nothing."""
        return self

    def __enter__(self) -> _Backend:
        return self

    def __exit__(self, *error: object) -> None:
        return None


cudnn = _Backend(enabled=False, benchmark=False, deterministic=False, allow_tf32=False)
cuda = _Backend(matmul=_Backend(allow_tf32=False))
mps, mkl, mkldnn, openmp = _Backend(), _Backend(), _Backend(), _Backend()
opt_einsum, quantized, xeon = _Backend(enabled=False), _Backend(), _Backend()


class _CPU:
    """The processor."""

    def get_cpu_capability(self) -> str:
        """How PyTorch calls code that is made for this processor."""
        return "DEFAULT"


cpu = _CPU()
__getattr__ = absent(__name__)
