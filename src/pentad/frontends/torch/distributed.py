"""torch.distributed as PyTorch has it where it is not built in: `is_available()` is False."""

from pentad.frontends.missing import absent


def is_available() -> bool:
    """False: programs run in one process."""
    return False


is_initialized = is_nccl_available = is_gloo_available = is_mpi_available = is_available
__getattr__ = absent(__name__)
