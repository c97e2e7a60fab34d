"""Cumulative ops and sorting as kernels: a task goes along a line, or several side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pentad.schedule.group import Group
from pentad.schedule.layout import Layout
from pentad.schedule.program import Buffer, Call
from pentad.schedule.spec import ScanKernel, SortKernel

if TYPE_CHECKING:
    from pentad.schedule.lower import _Lowering as Lowering

KINDS = {
    "cumsum": "sum", "cumprod": "prod", "cumargmax": "argmax", "cumargmin": "argmin",
    "logcumsumexp": "logsumexp",
}
"""What is carried along the line, by the name of the op."""
_TASK = 1 << 14
"""Elements that one task should have at least."""
_WIDE = 4
"""From so many neighbouring lines on, they are done in lanes."""


def scan(lowering: Lowering, group: Group) -> None:
    """Add the call of a cumulative op."""
    assert group.head is not None
    node = group.head
    [x] = node.inputs
    axis: int = node.attrs["axis"]
    root, seen = lowering.layouts.resolve(x)
    _, home = lowering.layouts.resolve(node)
    if 0 in seen.shape:
        return
    dims = _merged(seen, home, axis)
    lanes = 0
    if dims and dims[-1][0] >= _WIDE and dims[-1][1:] == (1, 1):
        lanes = lowering.target.vector_bits // max(32, x.dtype.bits)
    spec = ScanKernel(KINDS[node.op.name], x.dtype, len(dims), lanes)
    n, tasks = seen.shape[axis], 1
    for size, _, _ in dims:
        tasks *= size
    if lanes:
        tasks = tasks // dims[-1][0] * -(-dims[-1][0] // lanes)
    params = [n, seen.offset, seen.strides[axis], home.strides[axis]]
    for dim in dims:
        params += dim
    buffers = [lowering.buffer(root), lowering.buffer(node)]
    chunk = max(1, _TASK // max(n * max(lanes, 1), 1))
    lowering.program.steps.append(
        Call(spec, buffers, tuple(params), tasks, chunk, node.op.name)
    )


def sort(lowering: Lowering, group: Group) -> None:
    """Add the call of argsort: one task for each line, with a workspace of its own."""
    assert group.head is not None
    node = group.head
    [x] = node.inputs
    axis: int = node.attrs["axis"]
    root, seen = lowering.layouts.resolve(x)
    _, home = lowering.layouts.resolve(node)
    if 0 in seen.shape:
        return
    dims = _merged(seen, home, axis)
    spec = SortKernel(x.dtype, node.attrs["descending"], len(dims))
    n, tasks = seen.shape[axis], 1
    for size, _, _ in dims:
        tasks *= size
    params = [n, seen.offset, seen.strides[axis], home.strides[axis]]
    for dim in dims:
        params += dim
    space = Buffer("arena", tasks * n * spec.workspace)
    buffers = [lowering.buffer(root), lowering.buffer(node), space]
    chunk = max(1, _TASK // (n * spec.key_bits))
    lowering.program.steps.append(Call(spec, buffers, tuple(params), tasks, chunk, "argsort"))


def _merged(seen: Layout, home: Layout, axis: int) -> list[tuple[int, int, int]]:
    """(size, operand's stride, result's stride) of the other dimensions, as few as possible."""
    dims: list[tuple[int, int, int]] = []
    for d, size in enumerate(seen.shape):
        if d == axis or size == 1:
            continue
        a, b = seen.strides[d], home.strides[d]
        if dims and dims[-1][1] == a * size and dims[-1][2] == b * size:
            dims[-1] = (dims[-1][0] * size, a, b)
        else:
            dims.append((size, a, b))
    return dims
