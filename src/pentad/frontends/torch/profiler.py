"""torch.profiler: names of parts; times are shown by `pentad profile` and pentad.profile."""

from pentad.frontends.missing import absent
from pentad.frontends.torch.autograd.profiler import record_function  # noqa: F401

__getattr__ = absent(__name__)
