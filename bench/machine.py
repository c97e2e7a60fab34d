"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

from pentad.graph.config import VERSION
from pentad.runtime import device

PACKAGES = ("numpy", "llvmlite", "torch", "jax", "jaxlib", "onnx", "onnxruntime")


def describe() -> dict[str, Any]:
    """Processor, caches, system, load, versions; a missing package has the version None."""
    cpu = device.cpu()
    return {
        "processor": cpu.model,
        "llvm_name": cpu.name,
        "vector_units": list(cpu.vector_units),
        "caches": cpu.caches,
        "processors": cpu.processors,
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "load": list(os.getloadavg()),
        "versions": {
            "python": platform.python_version(),
            "pentad": VERSION,
            **{name: version(name) for name in PACKAGES},
        },
    }


def version(package: str) -> str | None:
    """The installed version of a package, None if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
