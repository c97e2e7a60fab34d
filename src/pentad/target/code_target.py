"""The machine that code is generated for, in LLVM's words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pentad.graph.errors import ArgumentError, message


@dataclass(frozen=True)
class CodeTarget:
    """`triple`, `cpu` and `features` as LLVM names them; `needs` is checked before code runs.

    `needs` holds the instruction sets without which a processor would stop at the first kernel;
    it is empty for the processor this process runs on.
    """

    triple: str
    cpu: str
    features: str
    needs: tuple[str, ...] = ()

    @property
    def architecture(self) -> str:
        """The first word of the triple: x86_64, aarch64, ..."""
        return self.triple.partition("-")[0]

    def missing_here(self) -> tuple[str, ...]:
        """What this target needs and the present processor lacks; empty if the code can run."""
        present = host()
        if self.architecture != present.architecture:
            return (self.architecture,)
        found = set(present.features.split(","))
        return tuple(name for name in self.needs if f"+{name}" not in found)


# name: architecture, LLVM's processor, the instruction sets that its code relies on
_FORCED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "avx2": ("x86_64", "haswell", ("avx2", "fma", "f16c", "bmi", "bmi2", "lzcnt", "movbe")),
    "avx512": (
        "x86_64",
        "skylake-avx512",
        ("avx2", "fma", "f16c", "bmi", "bmi2", "lzcnt", "movbe", "adx")
        + ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"),
    ),
    "avx512_bf16": (
        "x86_64",
        "cooperlake",
        ("avx2", "fma", "f16c", "bmi", "bmi2", "lzcnt", "movbe", "adx", "avx512bf16")
        + ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512vnni"),
    ),
    "neon": ("aarch64", "neoverse-n1", ("neon",)),
}


@cache
def host() -> CodeTarget:
    """The processor this process runs on."""
    import llvmlite.binding as llvm  # late: it costs as much as the rest of the import

    triple: str = llvm.get_process_triple()
    try:
        features: str = llvm.get_host_cpu_features().flatten()
    except RuntimeError:  # LLVM cannot ask this kind of processor; its name implies a base set
        features = ""
    return CodeTarget(triple, llvm.get_host_cpu_name(), features)


@cache
def forced(name: str) -> CodeTarget:
    """The target called `name` (`avx2`, `avx512`, `avx512_bf16`, `neon`), or `host`.

    Code for it can always be compiled; `missing_here` tells if it can run on this machine.
    Raises ArgumentError for an unknown name.
    """
    if name == "host":
        return host()
    if name not in _FORCED:
        raise ArgumentError(
            message(
                "no code target has this name",
                expected=", ".join(("host", *_FORCED)),
                got=repr(name),
                hint="correct or unset PENTAD_TARGET",
            )
        )
    architecture, cpu, needs = _FORCED[name]
    present = host()
    same = present.architecture == architecture
    triple = present.triple if same else f"{architecture}-unknown-linux-gnu"
    return CodeTarget(triple, cpu, "", needs)
