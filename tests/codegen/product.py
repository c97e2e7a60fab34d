"""A compiled matrix product of one spec, run on NumPy arrays and checked against float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pentad.codegen.llvm.gemm import emit_gemm
from pentad.codegen.llvm.gemm_pack import emit_pack_a, emit_pack_b
from pentad.codegen.llvm.ir import I64, PTR, Module, constant, zero
from pentad.graph import dtypes
from pentad.schedule.gemm_spec import GemmSpec, gemm_plan
from pentad.target import cpu
from tests.codegen.native import Kernels, guarded, margins_hold

HOST = cpu.host()
FORMS = ("NN", "NT", "TN", "TT")


def make_spec(batch, m, n, k, form="NN", a=dtypes.float32, b=None, shared=False) -> GemmSpec:
    a_strides = (m * k, k, 1) if form[0] == "N" else (m * k, 1, m)
    b_strides = (k * n, n, 1) if form[1] == "N" else (k * n, 1, k)
    if shared:
        b_strides = (0, *b_strides[1:])
    return GemmSpec(a, b or a, batch, m, n, k, a_strides, b_strides)


def place(f, spec_strides, acc, b, m, n, buffer):
    """The address of element (b, m, n) of operand `buffer`."""
    base = f.load(PTR, f.gep(f.arguments[0], buffer, PTR))
    offset = 0
    for index, stride in zip((b, m, n), spec_strides):
        offset = f.iadd(offset, f.imul(index, stride))
    return f.gep(base, offset, acc.type.element)


def strides_of(f, spec, first):
    """Strides of C: known, or the parameters from `first` on."""
    if first is None:
        return spec.m * spec.n, spec.n, 1
    load = [f.load(I64, f.gep(f.arguments[1], first + i, I64)) for i in range(2)]
    return (*load, 1)


def put(f, value, address, mask):
    if mask is None:
        f.store(value, address)
    else:
        f.masked_store(value, address, mask)


def get(f, kind, address, mask):
    return f.load(kind, address) if mask is None else f.masked_load(kind, address, mask)


def store(spec, first):
    def finish(f, bufs, acc, b, m, n, mask):
        assert bufs is f.arguments[0]
        put(f, acc, place(f, strides_of(f, spec, first), acc, b, m, n, 3), mask)

    return finish


def bias_relu(spec, first):
    """C = max(acc + bias[n], 0); buffer 4 is the bias."""

    def finish(f, bufs, acc, b, m, n, mask):
        bias = get(f, acc.type, place(f, (0, 0, 1), acc, b, m, n, 4), mask)
        total = f.binary("fadd", acc, bias)
        positive = f.compare("fcmp ogt", total, zero(acc.type))
        result = f.select(positive, total, zero(acc.type))
        put(f, result, place(f, strides_of(f, spec, first), acc, b, m, n, 3), mask)

    return finish


def descend(spec, first):
    """C -= 0.5 * acc, an optimiser's update in place."""

    def finish(f, bufs, acc, b, m, n, mask):
        address = place(f, strides_of(f, spec, first), acc, b, m, n, 3)
        step = f.binary("fmul", acc, constant(acc.type, 0.5))
        put(f, f.binary("fsub", get(f, acc.type, address, mask), step), address, mask)

    return finish


class Product:
    """A compiled GEMM of one spec, specialised or with run-time sizes."""

    def __init__(self, spec, *, run_time=False, target=HOST, finish=store, **changes):
        self.spec = spec
        self.plan = replace(gemm_plan(spec, target, run_time=run_time), **changes)
        kernel_spec, self.params = spec, ()
        first = None
        if run_time:
            kernel_spec, values = spec.generalised()
            first = len(values)
            self.params = (*values, spec.m * spec.n, spec.n)
        module = Module()
        emit_gemm(module, "gemm", kernel_spec, self.plan, self._along(finish(spec, first)))
        emit_pack_a(module, "pack_a", kernel_spec, self.plan)
        names = ["gemm", "pack_a"]
        if self.plan.early_b:
            emit_pack_b(module, "pack_b", kernel_spec, self.plan)
            names.append("pack_b")
        self.kernels = Kernels(module, names, target)

    def _along(self, finish):
        """Where lanes run along m, n is 0 and C's stride over m is 1: the same addresses."""
        if self.plan.along == "n":
            return finish
        return lambda f, bufs, acc, b, m, n, mask: finish(f, bufs, acc, b, 0, m, mask)

    def __call__(self, a, b, c, *others, cuts=()):
        plan, spec = self.plan, self.spec
        size = plan.workspace(spec) // spec.accumulator.itemsize
        work, memory = guarded(np.full(size, np.nan, spec.accumulator.numpy))
        buffers = [a, b, work, c, *others]
        if plan.pack_a:
            self.kernels.run("pack_a", buffers, plan.pack_a_tasks(spec), self.params, cuts)
        if plan.early_b:
            self.kernels.run("pack_b", buffers, plan.pack_b_tasks(spec), self.params, cuts)
        self.kernels.run("gemm", buffers, plan.tasks(spec), self.params, cuts)
        assert margins_hold(memory)
        return c


def operands(spec: GemmSpec, form: str, seed: int = 0):
    """A and B as flat memory, and as float64 matrices."""
    rng = np.random.default_rng(seed)
    shared = spec.b_strides[0] == 0
    wide = []
    flat = []
    shapes = (spec.batch, spec.m, spec.k), (1 if shared else spec.batch, spec.k, spec.n)
    for dtype, shape, letter in zip((spec.a, spec.b), shapes, form):
        batch, rows, columns = shape
        stored = (batch, rows, columns) if letter == "N" else (batch, columns, rows)
        values = rng.standard_normal(stored).astype(np.float32 if dtype.bits < 64 else np.float64)
        memory = dtypes.to_memory(values, dtype)
        exact = np.asarray(dtypes.from_memory(memory, dtype), np.float64)
        flat.append(memory)
        wide.append(exact if letter == "N" else exact.transpose(0, 2, 1))
    return flat, wide


def check(spec: GemmSpec, form: str, **options) -> np.ndarray:
    flat, (a, b) = operands(spec, form)
    c, memory = guarded(np.full((spec.batch, spec.m, spec.n), np.nan, spec.accumulator.numpy))
    Product(spec, **options)(*flat, c)
    assert margins_hold(memory)
    eps = np.finfo(spec.accumulator.numpy).eps
    bound = eps * (2 + np.sqrt(spec.k)) * (np.abs(a) @ np.abs(b))
    assert (np.abs(c - a @ b) <= bound + 1e-300).all()
    return c
