"""Sequences of several lengths in one tensor: packed, padded, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.nn.functional.padding import pad
from pentad.tensor.functions.creation import tensor
from pentad.tensor.functions.shaping import stack
from pentad.tensor.tensor import Tensor


class PackedSequence(NamedTuple):
    """The steps of sequences, longest first: those of all sequences' step 0, then of step 1, ...

    data [sum of lengths, ...]; batch_sizes [T]: how many sequences have each step; sorted_indices:
    the order in which the sequences were taken, unsorted_indices: the way back (or None).
    """

    data: Any
    batch_sizes: Any
    sorted_indices: Any = None
    unsorted_indices: Any = None

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The sequence with its data converted."""
        return self._replace(data=self.data.to(*args, **kwargs))

    @property
    def is_cuda(self) -> bool:
        """Is it on another device? Never."""
        return False


def invert_permutation(permutation: Any) -> Any:
    """The permutation that undoes another, or None."""
    if permutation is None:
        return None
    return tensor(np.argsort(np.asarray(permutation.tolist(), np.int64), kind="stable"))


def _lengths(name: str, given: Any, count: Any) -> np.ndarray:
    values = np.asarray(given.tolist() if isinstance(given, Tensor) else list(given), np.int64)
    if values.shape != (count,) or (values < 1).any():
        raise ArgumentError(
            message(f"{name}: lengths", expected=f"{count} whole numbers >= 1", got=str(given))
        )
    return values


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """The steps of padded sequences [T, N, ...] that count, by their lengths [N].

    enforce_sorted: the sequences must stand in the order of falling length already.
    """
    x = input.transpose(0, 1) if batch_first else input
    sizes = _lengths("pack_padded_sequence", lengths, x.shape[1])
    order = back = None
    if not enforce_sorted:
        order = tensor(np.argsort(-sizes, kind="stable"))
        back = invert_permutation(order)
        x, sizes = x.index_select(1, order), -np.sort(-sizes, kind="stable")
    if (np.diff(sizes) > 0).any() or len(sizes) == 0:
        raise ArgumentError(
            message("pack_padded_sequence: lengths", expected="falling lengths of one or more "
                    "sequences", got=str(list(sizes)), hint="pass enforce_sorted=False")
        )
    if sizes[0] > x.shape[0]:
        raise ShapeError(
            message("pack_padded_sequence: lengths", expected=f"at most {x.shape[0]}",
                    got=str(int(sizes[0])))
        )
    counts = [int((sizes > t).sum()) for t in range(int(sizes[0]))]
    rows = np.concatenate([t * x.shape[1] + np.arange(n) for t, n in enumerate(counts)])
    flat = x.reshape(x.shape[0] * x.shape[1], *x.shape[2:])
    return PackedSequence(flat.index_select(0, tensor(rows)), tensor(counts), order, back)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Any, Any]:
    """(padded sequences [T, N, ...], lengths [N]) of a packed one."""
    data, sizes, _, back = sequence
    counts = sizes.tolist()
    steps, batch = len(counts), counts[0]
    if total_length is not None and total_length < steps:
        raise ArgumentError(
            message("pad_packed_sequence: total_length", expected=f"at least {steps}",
                    got=str(total_length))
        )
    parts = [
        pad(part, (0, 0) * (part.ndim - 1) + (0, batch - n), "constant", padding_value)
        for part, n in zip(data.split(counts, 0), counts, strict=True)
    ]
    padded = stack(parts, 0)
    if total_length is not None:
        around = (0, 0) * (padded.ndim - 1) + (0, total_length - steps)
        padded = pad(padded, around, "constant", padding_value)
    lengths = tensor([sum(1 for n in counts if n > i) for i in range(batch)])
    if back is not None:
        padded, lengths = padded.index_select(1, back), lengths.index_select(0, back)
    return (padded.transpose(0, 1) if batch_first else padded), lengths


def pad_sequence(
    sequences: Sequence[Any], batch_first: bool = False, padding_value: float = 0.0,
    padding_side: str = "right",
) -> Any:
    """Sequences [L, ...] as one tensor [longest, N, ...]."""
    if padding_side not in ("left", "right"):
        raise ArgumentError(
            message("pad_sequence: padding_side", expected="'left' or 'right'", got=padding_side)
        )
    given = list(sequences)
    if not given or any(s.ndim == 0 or s.shape[1:] != given[0].shape[1:] for s in given):
        raise ShapeError(
            message("pad_sequence: the sequences do not fit",
                    expected="one or more of shapes [L, ...] that agree but for L",
                    got=", ".join(str(list(s.shape)) for s in given))
        )
    longest = max(s.shape[0] for s in given)
    parts = []
    for s in given:
        more = (longest - s.shape[0], 0) if padding_side == "left" else (0, longest - s.shape[0])
        parts.append(pad(s, (0, 0) * (s.ndim - 1) + more, "constant", padding_value))
    return stack(parts, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences [L, ...] of a padded tensor."""
    x = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    sizes = lengths.tolist() if isinstance(lengths, Tensor) else list(lengths)
    return [x[i].narrow(0, 0, n) for i, n in enumerate(sizes)]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences [L, ...] as a packed one."""
    lengths = [s.shape[0] for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The sequences [L, ...] of a packed one."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True),
                          batch_first=True)
