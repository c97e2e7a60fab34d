"""Attention and its gradients: which kernel, what it is told at run time, its parallel space."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pentad.graph.node import Node
from pentad.schedule.group import Group
from pentad.schedule.program import Call
from pentad.schedule.spec import AttentionKernel
from pentad.schedule.weights import MIN_TASK

if TYPE_CHECKING:
    from pentad.schedule.lower import _Lowering as Lowering

KINDS = ("attention", "attention_grad")


def attention(lowering: Lowering, group: Group) -> None:
    """Add the call of attention, or of its gradients."""
    node = group.head
    assert node is not None
    q, k, v = node.inputs[:3]
    rows, keys = _number(q, -2), _number(k, -2)
    lead = tuple(_number(q, i) for i in range(q.ndim - 2))
    gradient = node.op.kernel == "attention_grad"
    spec = AttentionKernel(
        q.dtype, _number(q, -1), _number(v, -1), node.attrs["causal"], len(lead), gradient
    )
    [scale] = struct.unpack("<q", struct.pack("<d", node.attrs["scale"]))
    params = [rows, keys, scale, *lead]
    buffers = []
    for i, operand in enumerate((*node.inputs, node)):
        root, layout = lowering.layouts.resolve(operand)
        buffers.append(lowering.buffer(root))
        flat = i not in spec.matrices  # its last axis alone is no part of the lead
        strides = layout.strides
        row = strides[-1] if flat else strides[-2]
        params += [layout.offset, row, *(strides[:-1] if flat else strides[:-2])]
    heads = 1
    for n in lead:
        heads *= n
    size = spec.task_queries(lowering.target)
    n = heads if gradient else heads * -(-rows // size)
    work = (rows if gradient else size) * keys * (spec.width + spec.value_width)
    lowering.program.steps.append(
        Call(spec, buffers, tuple(params), n, max(1, MIN_TASK // work), node.op.name)
    )


def _number(node: Node, axis: int) -> int:
    size = node.shape[axis]
    assert isinstance(size, int)
    return size
