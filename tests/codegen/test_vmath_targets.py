"""Code for every target, also those that do not run here: it compiles and calls no library."""

from __future__ import annotations

import re

import pytest

from pentad.graph import dtypes
from pentad.target import cpu
from tests.codegen.harness import assembly, kernel_text, runnable, undefined_symbols
from tests.codegen.reference import FUNCTIONS

UNARY = [*FUNCTIONS, "floor", "ceil", "trunc", "round", "neg", "abs", "sign"]
BINARY = ["pow", "atan2", "mod", "floordiv", "max", "min", "maximum_number", "minimum_number"]
FLOATS = [dtypes.float32, dtypes.float64]


def emitter(name):
    return lambda k, *x: getattr(k, name)(*x)


def text_of(name, dtype, target, lanes=None):
    inputs = [dtype] * (2 if name in BINARY else 1)
    lanes = target.lanes(dtype) if lanes is None else lanes
    return kernel_text(emitter(name), inputs, target, lanes)[0]


@pytest.mark.parametrize("target", ["avx512", "avx2", "generic", "neon"])
@pytest.mark.parametrize("name", UNARY + BINARY)
def test_no_library_is_called(name, target):
    kind = cpu.by_name(target)
    for dtype in FLOATS:
        for lanes in (None, 0):
            assert undefined_symbols(text_of(name, dtype, kind, lanes), kind) == set()


@pytest.mark.parametrize("target", ["avx512", "avx2", "generic", "neon"])
def test_conversions_call_no_library(target):
    kind = cpu.by_name(target)
    for source in dtypes.REAL:
        for to in dtypes.REAL:
            text, _ = kernel_text(lambda k, x, to=to: k.cast(x, to), [source], kind, 8)
            assert undefined_symbols(text, kind) == set(), (source, to)


@pytest.mark.parametrize("name", UNARY + BINARY)
def test_webassembly_imports_nothing(name):
    kind = cpu.by_name("wasm")
    for dtype in FLOATS:
        text = assembly(text_of(name, dtype, kind), kind)
        functions = re.findall(r"\.functype\s+(\S+)", text)
        assert set(functions) <= {"kernel", *re.findall(r"^(\S+):", text, re.MULTILINE)}


@pytest.mark.parametrize("name", ["exp", "tanh", "sin", "pow", "add"])
def test_avx512_computes_in_its_full_registers(name):
    kind = cpu.by_name("avx512")
    text = assembly(kernel_text(emitter(name), [dtypes.float32] * (
        2 if name in ("pow", "add") else 1), kind, 16)[0], kind)  # fmt: skip
    assert "%zmm" in text


def test_avx512_runs_where_the_machine_has_it():
    """The numerical tests run it then; here: the names agree with what the machine says."""
    assert runnable("avx512") == (cpu.host().name == "avx512")


@pytest.mark.parametrize(
    "name, most",
    [("exp", 19), ("tanh", 30), ("sigmoid", 27), ("erf", 28), ("log", 36)],
)
def test_float_functions_take_few_instructions(name, most):
    """Bounds on the vector arithmetic of one float32 turn: a slip here costs every kernel."""
    kind = cpu.by_name("avx2")
    lines = assembly(text_of(name, dtypes.float32, kind), kind).splitlines()
    loop = next(i for i, line in enumerate(lines) if "Loop Header" in line or ".LBB0_2:" in line)
    body = []
    for line in lines[loop + 1 :]:
        body.append(line)
        if re.match(r"\s+(jl|jne|jge|jb|jle)\b", line):
            break
    vector = [line for line in body if re.match(r"\s+v(?!mov|broadcast)\w+", line)]
    assert most // 2 < len(vector) <= most


@pytest.mark.parametrize("name", ["exp", "tan", "pow"])
def test_outlined_functions_are_written_once(name):
    kind = cpu.by_name("avx2")
    inputs = [dtypes.float32] * (2 if name == "pow" else 1)

    def thrice(k, *x):
        y = x
        for _ in range(3):
            y = (getattr(k, name)(*y), *x[1:])
        return y[0]

    inline, _ = kernel_text(thrice, inputs, kind, 8)
    outlined, _ = kernel_text(thrice, inputs, kind, 8, outline=True)
    assert outlined.count(f"define internal <8 x float> @pentad.{name}.v8f32(") == 1
    assert outlined.count(f"@pentad.{name}.v8f32(") == 4
    assert len(outlined) < 0.7 * len(inline)
