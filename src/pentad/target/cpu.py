"""What each kind of CPU can do. The only place with such numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pentad.graph.config import config
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, message
from pentad.target import code_target
from pentad.target.code_target import CodeTarget

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


@dataclass(frozen=True)
class CpuTarget:
    """A kind of CPU: its vector unit, its registers, its caches.

    `tile` is the register tile (rows, vectors) of large matrix products and convolutions,
    `packed_tile` that of products whose second operand is packed, where wide ones read less: each
    fits its accumulators, one row of B and a broadcast into the registers.
    `masked_itemsize` is the smallest element that masked loads and stores take (0: none).
    """

    name: str
    code: CodeTarget
    vector_bits: int
    vector_registers: int
    tile: tuple[int, int]
    packed_tile: tuple[int, int]
    has_fma: bool
    masked_itemsize: int
    has_float16: bool  # conversions between float16 and float32
    has_rounding: bool  # floor, ceil, trunc, round to even as instructions
    l1_bytes: int
    l2_bytes: int
    l3_bytes: int
    cache_line: int = 64  # bytes
    l1_way: int = 4096  # bytes after which addresses take the same place in the first-level cache
    fma_chains: int = 8
    """Independent multiply-adds of vectors that keep its units busy: their latency times theirs."""
    pair_dot: str = ""
    """How two bfloat16 products are added to a float32 at once: "native" (AVX512-BF16), "emulated"
    (its arithmetic, for tests), or "" where products are taken one by one."""
    winograd: bool = True
    """Convolutions of 3x3 may be computed by F(2x2, 3x3)."""

    @property
    def triple(self) -> str:
        return self.code.triple

    @property
    def cpu(self) -> str:
        return self.code.cpu

    @property
    def features(self) -> str:
        return self.code.features

    @property
    def key(self) -> str:
        """A text that is equal for equal targets, in any process: for cache keys."""
        return repr(self)

    def lanes(self, dtype: DType) -> int:
        """Elements of `dtype` in one vector register.

        float16 and bfloat16 count as float32, in which they are computed, and bool as a byte.
        """
        bits = 32 if dtype.is_floating_point and dtype.bits < 32 else dtype.bits
        return self.vector_bits // bits

    def has_masked_memory(self, dtype: DType) -> bool:
        """True if a masked load or store of `dtype` is one instruction."""
        return 0 < self.masked_itemsize <= dtype.itemsize

    def gemm_tile(self, dtype: DType, *, packed: bool = False) -> tuple[int, int]:
        """(rows, columns) of the accumulator tile for large products of `dtype`."""
        rows, vectors = self.packed_tile if packed else self.tile
        return rows, vectors * self.lanes(dtype)


def _entry(name: str, code: CodeTarget) -> CpuTarget:
    """The row of the table called `name`, for the processor that `code` names."""
    kib = 1024
    if name in ("avx512", "avx512_bf16"):
        return CpuTarget(
            name, code, 512, 32, (14, 2), (14, 2), True, 1, True, True,
            32 * kib, 1024 * kib, 16384 * kib,
        )  # fmt: skip
    if name == "avx2":
        return CpuTarget(
            name, code, 256, 16, (6, 2), (4, 3), True, 4, True, True,
            32 * kib, 256 * kib, 8192 * kib,
        )  # fmt: skip
    if name == "neon":
        return CpuTarget(
            name, code, 128, 32, (6, 4), (6, 4), True, 0, True, True,
            64 * kib, 512 * kib, 4096 * kib,
        )  # fmt: skip
    rounding = name == "wasm"
    return CpuTarget(
        name, code, 128, 16, (6, 2), (6, 2), False, 0, False, rounding,
        32 * kib, 256 * kib, 4096 * kib,
    )  # fmt: skip


_GENERIC = CodeTarget("x86_64-unknown-linux-gnu", "x86-64", "")
_WASM = CodeTarget("wasm32-unknown-unknown", "generic", "+simd128")
_NAMES = ("avx512", "avx512_bf16", "avx2", "neon", "generic", "wasm")


@cache
def by_name(name: str) -> CpuTarget:
    """The target called `name`: avx512, avx512_bf16, avx2, neon, generic (SSE2), wasm, or host.

    Code for it can always be compiled; `code.missing_here()` tells if it can run here.
    Raises ArgumentError for an unknown name.
    """
    if name == "host":
        return host()
    if name == "wasm":
        return _entry(name, _WASM)
    if name == "generic":
        present = code_target.host()
        same = present.architecture == _GENERIC.architecture
        return _entry(name, replace(_GENERIC, triple=present.triple) if same else _GENERIC)
    if name not in _NAMES:
        raise ArgumentError(
            message(
                "no CPU target has this name",
                expected=", ".join(("host", *_NAMES)),
                got=repr(name),
                hint="correct or unset PENTAD_TARGET",
            )
        )
    return _entry(name, code_target.forced(name))


@cache
def host() -> CpuTarget:
    """The CPU of this process: the best row whose instruction sets it has, its own caches."""
    code = code_target.host()
    target = _entry(_best(code), code)
    return replace(target, **_read_caches(_CACHES))


def default() -> CpuTarget:
    """What PENTAD_TARGET names, else the CPU of this process."""
    target = host() if config.target is None else by_name(config.target)
    if not config.winograd:
        target = without_winograd(target)
    return with_pair_dot(target) if config.bfloat16_dot else target


@cache
def without_winograd(target: CpuTarget) -> CpuTarget:
    """The target with all convolutions computed tap by tap."""
    return replace(target, winograd=False)


@cache
def with_pair_dot(target: CpuTarget) -> CpuTarget:
    """The target with its own bfloat16 products in use; itself if it has none."""
    known = (*target.features.split(","), *(f"+{n}" for n in target.code.needs))
    has = target.vector_bits == 512 and "+avx512bf16" in known
    return replace(target, pair_dot="native") if has else target


def _best(code: CodeTarget) -> str:
    if code.architecture in ("aarch64", "arm64"):
        return "neon"  # every 64-bit ARM has it
    found = set(code.features.split(","))
    for name in ("avx512", "avx2"):
        needs = code_target.forced(name).needs
        if code.architecture == "x86_64" and all(f"+{n}" in found for n in needs):
            return name
    return "generic"


def _read_caches(folder: Path) -> dict[str, Any]:
    """Sizes that the system reports, as fields of CpuTarget; empty where it reports none."""
    sizes: dict[str, int] = {}
    for index in sorted(folder.glob("index*")):
        try:
            kind, level, size = (
                (index / file).read_text().strip() for file in ("type", "level", "size")
            )
        except OSError:  # a file that is not there or not readable: the table's number stays
            continue
        unit = {"K": 1024, "M": 1024**2}.get(size[-1:], 1)
        digits = size.rstrip("KM")
        if kind != "Instruction" and level in ("1", "2", "3") and digits.isdigit():
            sizes[f"l{level}_bytes"] = int(digits) * unit
    return sizes
