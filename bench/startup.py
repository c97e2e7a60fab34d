"""What a user pays beside the steps: import, compile, compiles per batch size, memory, download.

Each time is taken in a process of its own; the processes of the peers take turns.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.peers import PEERS, Peer
from bench.runner import ROOT, child_environment
from bench.workload import Workload
from bench.workloads import WORKLOADS

Record = dict[str, Any]

LIBRARIES = {  # name: its import, and a first operation
    "pentad": ("import pentad as m", "(m.ones(8) + 1).sum().item()"),
    "torch": ("import torch as m", "(m.ones(8) + 1).sum().item()"),
    "jax": ("import jax.numpy as m", "float((m.ones(8) + 1).sum())"),
}
TIMED = """
import time
began = time.perf_counter()
{before}
middle = time.perf_counter()
{after}
print(middle - began, time.perf_counter() - began)
"""
COMPILED = ("mlp 500-50-500 SGD", "mlp 784-512-512-10 Adam")
"""The steps whose first call is repeated, in every setting; of others one call, in the first."""
_SECONDS, _MEGABYTES = "s", "MB"


def measure(
    names: Sequence[str], peers: Sequence[str], rounds: int, progress: Callable[[str], None]
) -> list[Record]:
    """The records of the kinds (KINDS) that begin with one of `names`."""
    found: list[Record] = []
    for kind, run in KINDS.items():
        if not names or kind.startswith(tuple(names)):
            progress(kind)
            found += run(peers, rounds)
    return found


def libraries(peers: Sequence[str]) -> list[str]:
    """The libraries that the chosen peers need."""
    return [name for name in LIBRARIES if any(p.split()[0].startswith(name) for p in _named(peers))]


def _named(peers: Sequence[str]) -> list[str]:
    return [p.family for p in PEERS if p.name.startswith(tuple(peers))]


# -- import ----------------------------------------------------------------------------------------


def imports(peers: Sequence[str], rounds: int) -> list[Record]:
    """Seconds to import, and to the first result, beyond NumPy's own import."""
    imported: dict[str, list[float]] = {}
    first: dict[str, list[float]] = {}
    missing: dict[str, str] = {}
    for _ in range(rounds):
        for name in libraries(peers):
            before, after = LIBRARIES[name]
            code = "import numpy\n" + TIMED.format(before=before, after=after)
            try:
                a, b = _child(["-c", code]).split()
            except RuntimeError as error:
                missing[name] = str(error)
                continue
            imported.setdefault(name, []).append(float(a))
            first.setdefault(name, []).append(float(b))
    return [
        _record("import", "import, beyond NumPy's", imported, missing),
        _record("import", "import and first operation", first, missing),
    ]


def _record(
    kind: str, name: str, values: dict[str, list[float]], missing: dict[str, str],
    unit: str = _SECONDS,
) -> Record:
    rows = [
        {"peer": peer, "median": statistics.median(found), "min": min(found), "unit": unit}
        for peer, found in values.items()
    ]
    return {"group": kind, "name": name, "values": rows, "left_out": dict(missing)}


def _child(
    arguments: Sequence[str], extra: dict[str, str] | None = None, timeout: float = 600
) -> str:
    """The last line that a Python process prints; RuntimeError with its error's last line."""
    variables = {**child_environment(len(os.sched_getaffinity(0))), **(extra or {})}
    done = subprocess.run(
        [sys.executable, *arguments], env=variables, cwd=ROOT,
        capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    if done.returncode:
        raise RuntimeError(lines[-1][:160] if lines else f"exit code {done.returncode}")
    return lines[-1]


# -- compile ---------------------------------------------------------------------------------------


def compiles(peers: Sequence[str], rounds: int) -> list[Record]:
    """Seconds of the first step, and of compiling: what a later step takes less. With empty caches
    (cold), then in a new process (warm)."""
    chosen = [p for p in PEERS if p.compiled and p.name.startswith(tuple(peers))]
    found = []
    for workload in _steps():
        often = workload.name in COMPILED
        modes = ("", "one graph") if often else ("",)
        some = [p for p in chosen if p.mode in modes and p.kind in workload.programs]
        found += _compile(workload.name, some, min(rounds, 3) if often else 1)
    return found


def _steps() -> list[Workload]:
    return [w for w in WORKLOADS if w.group == "training steps"]


def _compile(workload: str, peers: Sequence[Peer], rounds: int) -> list[Record]:
    """The first step, and what of it a later step does not take: that compiles or loads."""
    found: dict[str, dict[str, list[float]]] = {}
    missing: dict[str, str] = {}
    for _ in range(rounds):
        for peer in peers:
            if peer.name in missing:
                continue
            with tempfile.TemporaryDirectory() as folder:
                try:
                    for state in ("empty caches", "new process"):
                        first, later = map(float, _first_step(workload, peer, Path(folder)).split())
                        for title, taken in (("first step", first), ("compiling", first - later)):
                            name = f"{workload}, {title}, {state}"
                            found.setdefault(name, {}).setdefault(peer.name, []).append(taken)
                except (RuntimeError, subprocess.TimeoutExpired) as error:
                    missing[peer.name] = str(error)[:160]
    return [_record("compile", name, values, missing) for name, values in found.items()]


def _first_step(workload: str, peer: Peer, folder: Path) -> str:
    caches = {
        "PENTAD_CACHE_DIR": str(folder / "pentad"),
        "TORCHINDUCTOR_CACHE_DIR": str(folder / "torch"),
        "JAX_COMPILATION_CACHE_DIR": str(folder / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    return _child(["-m", "bench.first_step", workload, peer.name], caches)


# -- sizes of batches ------------------------------------------------------------------------------


def batches(peers: Sequence[str], rounds: int) -> list[Record]:
    """How many programs are compiled while the batch goes through 1 to 256."""
    compiled = [p.name for p in PEERS if p.compiled and not p.mode]
    chosen = [name for name in compiled if name.startswith(tuple(peers))]
    found, missing = _each(chosen, lambda peer: ["-m", "bench.sizes_seen", peer])
    return [_record("batches", "compiles for batches of 1 to 256", found, missing, "")]


def _each(
    peers: Sequence[str], arguments: Callable[[str], list[str]]
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """What a process prints for each peer, and why others printed nothing."""
    found, missing = {}, {}
    for peer in peers:
        try:
            found[peer] = [float(_child(arguments(peer)))]
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            missing[peer] = str(error)[:160]
    return found, missing


# -- memory ----------------------------------------------------------------------------------------

_REMEMBERED = ("pentad", "torch eager, fused", "jax.jit")


def memory(peers: Sequence[str], rounds: int) -> list[Record]:
    """Megabytes that each training step takes at most, weights and data included."""
    chosen = [name for name in _REMEMBERED if name.startswith(tuple(peers))]
    found = []
    for step in (w.name for w in _steps()):
        values, missing = _each(chosen, lambda peer, w=step: ["-m", "bench.memory", w, peer])
        found.append(_record("memory", f"{step}, peak memory", values, missing, _MEGABYTES))
    return found


# -- size ------------------------------------------------------------------------------------------


def sizes(peers: Sequence[str], rounds: int) -> list[Record]:
    """Megabytes on disk of each library with everything that it requires."""
    rows, missing = [], {}
    for name in libraries(peers):
        try:
            total = sum(map(installed_bytes, required(name)))
        except metadata.PackageNotFoundError:
            missing[name] = "not installed"
            continue
        rows.append({"peer": name, "median": total / 1e6, "min": total / 1e6, "unit": _MEGABYTES})
    name = "installed size with requirements"
    return [{"group": "size", "name": name, "values": rows, "left_out": missing}]


def required(package: str) -> set[str]:
    """A package and what it requires, directly or not, as far as it is installed here.

    Extras are not required; what is required on other systems only is not installed here.
    """
    found: set[str] = set()
    stack = [package]
    while stack:
        name = _canonical(stack.pop())
        if name in found:
            continue
        try:
            lines = _requirements(name)
        except metadata.PackageNotFoundError:
            if name == _canonical(package):
                raise
            continue
        found.add(name)
        stack += [re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line]
    return found


def _requirements(name: str) -> list[str]:
    """What a package requires; our own file says it for Pentad, installed or not."""
    if name == "pentad":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        return list(project["project"]["dependencies"])
    return metadata.requires(name) or []


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_bytes(package: str) -> int:
    """Bytes of a package's files, without compiled Python; an editable one is its source."""
    if package == "pentad":
        return sum(f.stat().st_size for f in (ROOT / "src").rglob("*") if _counts(f))
    files = metadata.distribution(package).files or []
    return sum(p.stat().st_size for f in files if _counts(p := Path(str(f.locate()))))


def _counts(path: Path) -> bool:
    return path.is_file() and path.suffix != ".pyc"


KINDS = {
    "import": imports, "compile": compiles, "batches": batches, "memory": memory, "size": sizes,
}  # fmt: skip
