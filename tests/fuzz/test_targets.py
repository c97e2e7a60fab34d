"""The same graphs for every kind of CPU: executed where this machine can, else compiled."""

from __future__ import annotations

import pytest

from pentad.codegen.llvm.kernels import emit_module
from pentad.passes.pipeline import run as run_passes
from pentad.runtime import jit
from pentad.schedule.lower import lower
from pentad.schedule.program import Call
from pentad.target import cpu
from tests.fuzz.check import complaint
from tests.fuzz.modes import graph_of
from tests.fuzz.test_determinism import mlp

SEEDS = range(9000, 9024)
RUNNABLE = [
    n for n in ("avx512", "avx2", "generic", "neon") if not cpu.by_name(n).code.missing_here()
]


@pytest.mark.parametrize("name", RUNNABLE)
def test_random_graphs_agree_on_every_target_of_this_machine(name: str) -> None:
    target = cpu.by_name(name)
    for seed in SEEDS:
        kind = "gradient" if seed % 3 == 0 else "plain"
        assert complaint(graph_of(seed, kind), seed, target=target) is None, f"seed {seed}"


def modules(name: str, specialise: bool) -> list[str]:
    """The LLVM IR of a training step and of some random graphs."""
    texts = []
    graphs = [mlp(), *(graph_of(s, "plain") for s in SEEDS[:6])]
    for graph in graphs:
        target = cpu.by_name(name)
        program = lower(run_passes(graph), target, specialise=specialise)
        specs = dict.fromkeys(s.spec for s in program.steps if isinstance(s, Call))
        texts.append(emit_module({f"k{i}": s for i, s in enumerate(specs)}, target))
    return texts


@pytest.mark.parametrize("specialise", [True, False])
@pytest.mark.parametrize("name", ["avx512", "avx2", "neon", "generic"])
def test_kernels_compile_for_every_target(name: str, specialise: bool) -> None:
    for text in modules(name, specialise):
        assert len(jit.compile_object(text, cpu.by_name(name).code)) > 400


@pytest.mark.parametrize(
    "name, register", [("avx512", "%zmm"), ("avx2", "%ymm"), ("neon", "v0.4s")]
)
def test_kernels_use_the_whole_vector_unit(name: str, register: str) -> None:
    text = modules(name, True)[0]
    assert register in jit.assembly(text, cpu.by_name(name).code)
