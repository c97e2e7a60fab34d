"""Mixed precision, under PyTorch's names: `pentad.amp.autocast`, `pentad.amp.GradScaler`."""

from pentad.optim.grad_scaler import GradScaler
from pentad.tensor.autocast import autocast, get_autocast_dtype, is_autocast_enabled

__all__ = ["GradScaler", "autocast", "get_autocast_dtype", "is_autocast_enabled"]
