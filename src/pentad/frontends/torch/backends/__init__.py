"""torch.backends: the libraries that PyTorch computes with, of which none is here."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from pentad.frontends.missing import absent


class _Backend(ModuleType):
    """A library that is not there; what is set is kept. Programs import some of them as modules."""

    def __init__(self, name: str, **settings: Any) -> None:
        super().__init__(f"{__name__}.{name}", type(self).__doc__)
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


cudnn = _Backend("cudnn", enabled=False, benchmark=False, deterministic=False, allow_tf32=False)
cuda = _Backend("cuda", matmul=_Backend("cuda.matmul", allow_tf32=False))
mps, mkl, mkldnn, openmp = map(_Backend, ("mps", "mkl", "mkldnn", "openmp"))
opt_einsum = _Backend("opt_einsum", enabled=False)
quantized, xeon = map(_Backend, ("quantized", "xeon"))


class _CPU:
    """The processor."""

    def get_cpu_capability(self) -> str:
        """How PyTorch calls code that is made for this processor."""
        return "DEFAULT"


cpu = _CPU()
__getattr__ = absent(__name__)
