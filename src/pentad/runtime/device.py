"""What this process runs on, in words: for `pentad doctor` and PENTAD_DEBUG=1."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from pentad.runtime import jit, thread_pool, thread_waits_ir
from pentad.runtime.cache import default_cache
from pentad.target import code_target
from pentad.target.cpu import default as default_target

_CPU0 = Path("/sys/devices/system/cpu/cpu0/cache")
_CPUINFO = Path("/proc/cpuinfo")
# LLVM's names of the vector units worth telling, widest first.
_VECTOR_UNITS = ("avx512f", "avx512bf16", "avx512vnni", "amx-bf16", "avx2", "fma", "f16c", "avx")
_ARM_UNITS = ("sve2", "sve", "neon", "bf16")


@dataclass(frozen=True)
class Device:
    """The CPU as Pentad sees it. `caches` maps a name such as L1d to bytes."""

    name: str
    model: str
    triple: str
    vector_units: tuple[str, ...]
    caches: dict[str, int]
    processors: int
    threads: int

    def __str__(self) -> str:
        units = " ".join(self.vector_units) or "none known"
        return f"cpu: {self.model} ({self.name}; {units}), {self.threads} threads"


def cpu() -> Device:
    """The processor of this machine."""
    host = code_target.host()
    features = set(host.features.split(","))
    return Device(
        name=host.cpu,
        model=cpu_model(),
        triple=host.triple,
        vector_units=tuple(unit for unit in _VECTOR_UNITS + _ARM_UNITS if f"+{unit}" in features),
        caches=cache_sizes(),
        processors=thread_pool.available_processors(),
        threads=thread_pool.get_num_threads(),
    )


def cpu_model(cpuinfo: Path = _CPUINFO) -> str:
    """The marketing name of the processor, or its architecture where the system tells none."""
    try:
        for line in cpuinfo.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    except OSError:
        return platform.processor() or platform.machine()
    return platform.processor() or platform.machine()


def cache_sizes(folder: Path = _CPU0) -> dict[str, int]:
    """Bytes of the data caches of the first core: L1d, L2, L3; empty where /sys tells none."""
    sizes: dict[str, int] = {}
    for index in sorted(folder.glob("index*")):
        try:
            kind = (index / "type").read_text().strip()
            level = (index / "level").read_text().strip()
            size = _bytes((index / "size").read_text().strip())
        except (OSError, ValueError):
            continue  # an entry that this kernel leaves empty says nothing
        if kind != "Instruction":
            sizes[f"L{level}" + ("d" if kind == "Data" else "")] = size
    return sizes


def _bytes(text: str) -> int:
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    return int(text[:-1]) * units[text[-1]] if text[-1:] in units else int(text)


def describe() -> list[tuple[str, str]]:
    """(what, value) lines about machine, threads, cache directory and versions."""
    device = cpu()
    target = default_target().code
    store = default_cache()
    entries, size = store.size()
    place = "memory only" if store.memory_only else str(store.directory)
    waits = thread_waits_ir.variant(target.architecture)
    caches = ", ".join(f"{name} {value >> 10} KiB" for name, value in device.caches.items())
    return [
        ("processor", f"{device.model} ({device.name})"),
        ("vector units", " ".join(device.vector_units) or "none known"),
        ("caches", caches or "not told by this system"),
        ("processors", f"{device.processors} usable by this process"),
        ("threads", f"{device.threads} ({waits})"),
        ("code for", f"{target.cpu} ({target.triple})"),
        ("code cache", f"{place}: {entries} entries, {size / (1 << 20):.1f} MiB"),
        ("versions", f"{jit.versions()}, Python {platform.python_version()}"),
    ]
