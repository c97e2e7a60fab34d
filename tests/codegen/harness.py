"""Compiles element-wise code straight through llvmlite and runs it over NumPy arrays."""

from __future__ import annotations

import ctypes
import struct
from functools import cache

import llvmlite.binding as llvm
import numpy as np

from pentad.codegen.llvm.ir import I64, PTR, Module
from pentad.codegen.llvm.vmath import Math
from pentad.graph import dtypes
from pentad.target import cpu


def runnable(name):
    """True if this machine executes code for the target."""
    return not cpu.by_name(name).code.missing_here()


RUNNABLE = [n for n in ("avx512", "avx2", "neon", "generic") if runnable(n)] or ["host"]


def kernel_text(emit, inputs, target, lanes, outline=False):
    """`void kernel(ptr inputs..., ptr output, i64 n)`; emit(k, *lanes) gives the output."""
    module = Module()
    names = [(PTR, f"noalias in{i}") for i in range(len(inputs))]
    f = module.function("kernel", [*names, (PTR, "noalias out"), (I64, "n")])
    *sources, out, n = f.arguments
    k = Math(f, target, outline=outline)
    results = []

    def body(i, _):
        values = [
            k.load(f.gep(p, i, k.memory_type(d)), d, lanes) for p, d in zip(sources, inputs)
        ]
        result = emit(k, *values)
        k.store(result, f.gep(out, i, k.memory_type(result.dtype)))
        results.append(result.dtype)

    f.loop(0, n, lanes or 1, body)
    f.ret()
    return module.text(), results[0]


@cache
def machine(target):
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    code = target.code
    return llvm.Target.from_triple(code.triple).create_target_machine(
        cpu=code.cpu, features=code.features, opt=3, reloc="pic", codemodel="small"
    )


def parse(text, target):
    module = llvm.parse_assembly(text)
    module.triple = target.triple
    module.data_layout = str(machine(target).target_data)
    module.verify()
    return module


def assembly(text, target):
    return machine(target).emit_assembly(parse(text, target))


def undefined_symbols(text, target):
    """The names that the ELF object of a 64-bit target expects from elsewhere."""
    data = machine(target).emit_object(parse(text, target))
    start, = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    headers = [struct.unpack_from("<IIQQQQIIQQ", data, start + i * size) for i in range(count)]
    symbols = next(h for h in headers if h[1] == 2)
    names = headers[symbols[6]][4]
    missing = set()
    for at in range(symbols[4] + 24, symbols[4] + symbols[5], 24):
        name, _, _, section = struct.unpack_from("<IBBH", data, at)
        if section == 0:
            missing.add(data[names + name : data.index(b"\0", names + name)].decode())
    return missing


def compiled(text, target, pointers):
    """The function `kernel(ptr..., i64)` of a module, with `pointers` arguments in all."""
    machine(target)  # registers LLVM's targets; the compiler below takes a machine for itself
    own = llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, features=target.features, opt=3
    )
    engine = llvm.create_mcjit_compiler(parse(text, target), own)
    engine.finalize_object()
    types = [ctypes.c_void_p] * (pointers - 1) + [ctypes.c_int64]
    function = ctypes.CFUNCTYPE(None, *types)(engine.get_function_address("kernel"))
    function.engine = engine  # the code lives as long as its engine
    return function


class Kernel:
    """`kernel_text` compiled for a target that runs here; call it with arrays."""

    def __init__(self, emit, inputs, target="host", lanes=None, outline=False):
        self.inputs = inputs
        machine_target = cpu.by_name(target)
        widest = max(inputs, key=lambda d: d.bits)
        self.lanes = machine_target.lanes(widest) if lanes is None else lanes
        text, self.output = kernel_text(emit, inputs, machine_target, self.lanes, outline)
        self._function = compiled(text, machine_target, len(inputs) + 2)

    def __call__(self, *arrays):
        n = len(arrays[0])
        step = self.lanes or 1
        padded = -(-n // step) * step
        memory = []
        for array, dtype in zip(arrays, self.inputs):
            whole = np.ones(padded, dtype.memory)
            whole[:n] = dtypes.to_memory(array, dtype)
            memory.append(whole)
        out = np.empty(padded, self.output.memory)
        self._function(*(a.ctypes.data for a in (*memory, out)), padded)
        return dtypes.from_memory(out[:n], self.output)
