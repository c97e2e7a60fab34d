"""The pool's and the launcher's IR compiles for processors that are not this one."""

from __future__ import annotations

import pytest

from pentad.runtime import jit, launch_ir, thread_pool_ir
from pentad.target.code_target import CodeTarget

_TRIPLES = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "riscv64-unknown-linux-gnu")


@pytest.mark.parametrize("triple", _TRIPLES)
def test_it_compiles_everywhere(triple):
    target = CodeTarget(triple, "", "")
    kinds = ["condvar", "serial"] + (["futex"] if "riscv" not in triple else [])
    for kind in kinds:
        text, _ = thread_pool_ir.module(kind, target.architecture, "linux")
        assert len(jit.compile_object(text, target)) > 1000
    assert len(jit.compile_object(launch_ir.TEXT, target)) > 1000
