"""torch.version: the version whose names the front end serves; no accelerator is built in."""

__version__ = "2.13.0+cpu"
debug = False
cuda = hip = rocm = xpu = None
git_version = "unknown"
