"""Connectionist temporal classification: its loss, and decoders."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.ops.shaping import transpose


def _sparse_loss(
    inputs: Any, labels_indices: Any, labels_values: Any, sequence_length: Any,
    preprocess_collapse_repeated: bool, ctc_merge_repeated: bool,
    ignore_longer_outputs_than_inputs: bool, blank: int,
) -> Any:
    batch = inputs.shape[1]
    rows = labels_indices.numpy()[:, 0]
    values = labels_values.numpy()
    targets = [values[rows == i] for i in range(batch)]
    if preprocess_collapse_repeated:
        targets = [t[np.append(True, t[1:] != t[:-1])] if len(t) else t for t in targets]
    times = sequence_length.numpy()
    for i, t in enumerate(targets):
        needed = len(t) + int((t[1:] == t[:-1]).sum())
        if needed > times[i] and not ignore_longer_outputs_than_inputs:
            raise pt.ArgumentError(static.message(
                f"Not enough time for target transition sequence (required: {needed}, available: "
                f"{times[i]}){i}", hint="set ignore_longer_outputs_than_inputs=True"))
    lengths = np.array([len(t) for t in targets])
    whole = np.zeros((batch, max(lengths.max(), 1)), np.int64)
    for i, t in enumerate(targets):
        whole[i, :len(t)] = t
    return pt.nn.functional.ctc_loss(
        pt.log_softmax(inputs, -1), pt.tensor(whole), pt.tensor(times.astype(np.int64)),
        pt.tensor(lengths), blank=blank, reduction="none",
        zero_infinity=ignore_longer_outputs_than_inputs)


# The targets' sizes are those of values, so that it runs eagerly.
_SPARSE_LOSS = op(
    "CTCLoss", "inputs: T, labels_indices: int64, labels_values: int32, sequence_length: int32; "
    "preprocess_collapse_repeated=False, ctc_merge_repeated=True, "
    "ignore_longer_outputs_than_inputs=False, blank=0 -> loss: T", _sparse_loss, dynamic=True,
    allow={"T": FLOATS}, types=lambda x, *a, **k: [
        (x.dtype, None if x.static_type.shape is None else (x.static_type.shape[1],))])


def ctc_loss(
    labels: Any, inputs: Any = None, sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False, ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False, time_major: bool = True, logits: Any = None,
) -> Any:
    """-log of the chance of sparse labels under all their alignments; the last class is blank."""
    if not isinstance(labels, SparseTensor):
        raise TypeError(f"Expected labels (first argument) to be a SparseTensor, got {labels!r}")
    if not ctc_merge_repeated:
        from pentad.frontends.tensorflow1.errors import UnimplementedError

        raise UnimplementedError(None, None, static.message(
            "ctc_loss: ctc_merge_repeated=False is not supported", expected="True"))
    inputs = convert_to_tensor(inputs if logits is None else logits)
    if not time_major:
        inputs = transpose(inputs, [1, 0, 2])
    classes = inputs.shape[2].value
    if classes is None:
        raise pt.ShapeError("ctc_loss: the number of classes must be known")
    return _SPARSE_LOSS(
        inputs, labels.indices, labels.values, sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs, blank=classes - 1)


_DENSE_LOSS = op(
    "CTCLossV2", "logits: T, labels: int64, label_length: int64, logit_length: int64; "
    "blank_index=0 -> loss: T",
    lambda logits, labels, label_length, logit_length, blank_index: (
        pt.nn.functional.ctc_loss(pt.log_softmax(logits, -1), labels, logit_length, label_length,
                                  blank=blank_index, reduction="none")), allow={"T": FLOATS})


def ctc_loss_v2(
    labels: Any, logits: Any, label_length: Any, logit_length: Any,
    logits_time_major: bool = True, unique: Any = None, blank_index: Any = None,
    name: str | None = None,
) -> Any:
    """The same for rows of labels and their lengths."""
    from pentad.frontends.tensorflow1.ops.casting import cast

    with name_scope(name, "ctc_loss_dense", []):
        logits = convert_to_tensor(logits)
        classes = logits.shape[2].value
        if isinstance(labels, SparseTensor):
            if blank_index is None:
                raise pt.ArgumentError("blank_index must be given when using SparseTensor labels.")
            whole = logits if logits_time_major else transpose(logits, [1, 0, 2])
            return _SPARSE_LOSS(whole, labels.indices, cast(labels.values, "int32"),
                                cast(logit_length, "int32"),
                                blank=blank_index % classes)
        if not logits_time_major:
            logits = transpose(logits, [1, 0, 2])
        lengths = [cast(convert_to_tensor(n), "int64") for n in (label_length, logit_length)]
        return _DENSE_LOSS(logits, cast(convert_to_tensor(labels), "int64"), *lengths,
                           blank_index=(blank_index or 0) % classes)


# -- decoders ----------------------------------------------------------------------------------


def _sparse_of(rows: list[list[int]]) -> tuple[Any, Any, Any]:
    places = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
    values = [v for row in rows for v in row]
    longest = max((len(row) for row in rows), default=0)
    return (np.array(places, np.int64).reshape(-1, 2), np.array(values, np.int64),
            np.array([len(rows), longest], np.int64))


def _greedy(inputs: Any, sequence_length: Any, merge_repeated: bool) -> Any:
    best, blank = inputs.argmax(2), inputs.shape[2] - 1
    rows, sums = [], []
    for b, steps in enumerate(sequence_length):
        row, last = [], -1
        for label in best[:steps, b].tolist():
            if label != blank and not (merge_repeated and label == last):
                row.append(label)
            last = label
        rows.append(row)
        sums.append([-inputs[:steps, b].max(1).sum()])
    return (*_sparse_of(rows), np.array(sums, inputs.dtype))


_GREEDY = op(
    "CTCGreedyDecoder", "inputs: T, sequence_length: int32; merge_repeated=False -> "
    "decoded_indices: int64, decoded_values: int64, decoded_shape: int64, log_probability: T",
    _greedy, host=True, differentiable=False, types=lambda x, n, merge_repeated: [
        (dtypes.int64, (None, 2)), (dtypes.int64, (None,)), (dtypes.int64, (2,)),
        (x.dtype, (None, 1))])


def ctc_greedy_decoder(inputs: Any, sequence_length: Any, merge_repeated: bool = True) -> Any:
    """The most likely class of each step: ([labels], -sum of the logits)."""
    indices, values, shape, sums = _GREEDY(inputs, sequence_length, merge_repeated=merge_repeated)
    return [SparseTensor(indices, values, shape)], sums


def _prefixes(logs: Any, beam_width: int, top_paths: int) -> list[tuple[float, list[int]]]:
    """The likeliest sequences of labels, by beam search over prefixes; the last class is blank."""
    blank = logs.shape[1] - 1
    none = -np.inf
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, none)}
    for step in logs:
        after: dict[tuple[int, ...], list[float]] = {}

        def add(prefix: Any, place: int, value: float, after: Any = after) -> None:
            row = after.setdefault(prefix, [none, none])
            row[place] = np.logaddexp(row[place], value)

        for prefix, (empty, full) in beams.items():
            total = np.logaddexp(empty, full)
            add(prefix, 0, total + step[blank])
            if prefix:
                add(prefix, 1, full + step[prefix[-1]])
            for label in range(blank):
                again = bool(prefix) and prefix[-1] == label
                add((*prefix, label), 1, (empty if again else total) + step[label])
        best = sorted(after.items(), key=lambda row: -np.logaddexp(*row[1]))[:beam_width]
        beams = {prefix: (row[0], row[1]) for prefix, row in best}
    ranked = sorted(beams.items(), key=lambda row: -np.logaddexp(*row[1]))[:top_paths]
    return [(float(np.logaddexp(*row)), list(prefix)) for prefix, row in ranked]


def _beam(
    inputs: Any, sequence_length: Any, beam_width: int, top_paths: int, merge_repeated: bool
) -> Any:
    shifted = inputs - inputs.max(2, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(2, keepdims=True))
    found = [_prefixes(logs[:n, b], beam_width, top_paths)
             for b, n in enumerate(sequence_length)]
    parts = []
    for path in range(top_paths):
        rows = [beams[path][1] if path < len(beams) else [] for beams in found]
        if merge_repeated:
            rows = [[v for i, v in enumerate(r) if not i or r[i - 1] != v] for r in rows]
        parts.append(_sparse_of(rows))
    chances = np.array([[b[0] for b in beams] for beams in found], inputs.dtype)
    return (*[p[0] for p in parts], *[p[1] for p in parts], *[p[2] for p in parts], chances)


_BEAM = op(
    "CTCBeamSearchDecoder", "inputs: T, sequence_length: int32; beam_width, top_paths, "
    "merge_repeated=True -> decoded_indices: top_paths*int64, decoded_values: top_paths*int64, "
    "decoded_shape: top_paths*int64, log_probability: T", _beam, host=True, differentiable=False,
    types=lambda x, n, beam_width, top_paths, merge_repeated: [
        *[(dtypes.int64, (None, 2))] * top_paths, *[(dtypes.int64, (None,))] * top_paths,
        *[(dtypes.int64, (2,))] * top_paths, (x.dtype, (None, top_paths))])


def ctc_beam_search_decoder(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1,
    merge_repeated: bool = True,
) -> Any:
    """The likeliest sequences of labels: ([labels of each], their log-chances)."""
    indices, values, shapes, chances = _BEAM(
        inputs, sequence_length, beam_width=beam_width, top_paths=top_paths,
        merge_repeated=merge_repeated)
    return [SparseTensor(*parts) for parts in zip(indices, values, shapes)], chances


def ctc_beam_search_decoder_v2(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> Any:
    """The same; labels that follow themselves stay."""
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, False)


def _unique_rows(labels: Any) -> Any:
    found, places = np.zeros_like(labels), np.zeros(labels.shape, np.int64)
    for i, row in enumerate(labels.tolist()):
        kept = list(dict.fromkeys(row))
        found[i, :len(kept)] = kept
        places[i] = [kept.index(v) for v in row]
    return found, places


_UNIQUE = op("CTCUniqueLabels", "labels: T -> unique: T, indices: int64", _unique_rows, host=True,
             differentiable=False, types=lambda x: [
                 (x.dtype, x.static_type.shape), (dtypes.int64, x.static_type.shape)])


def ctc_unique_labels(labels: Any, name: str | None = None) -> Any:
    """The different labels of each row, and for each label its place among them."""
    unique, indices = _UNIQUE(labels, name=name)
    return unique, indices


def _collapsed(labels: Any, seq_length: Any) -> Any:
    rows = []
    for row, n in zip(labels.tolist(), seq_length.tolist()):
        rows.append([v for i, v in enumerate(row[:n]) if not i or row[i - 1] != v])
    longest = max((len(r) for r in rows), default=0)
    found = np.zeros((len(rows), longest), labels.dtype)
    for i, row in enumerate(rows):
        found[i, :len(row)] = row
    return found, np.array([len(r) for r in rows], seq_length.dtype)


_COLLAPSE = op("CollapseRepeated", "labels: T, seq_length: Tlength -> collapsed: T, "
               "lengths: Tlength", _collapsed, host=True, differentiable=False,
               types=lambda x, n: [(x.dtype, (None, None)), (n.dtype, n.static_type.shape)])


def collapse_repeated(labels: Any, seq_length: Any, name: str | None = None) -> Any:
    """Labels that follow themselves made one, and the new lengths."""
    found, lengths = _COLLAPSE(labels, seq_length, name=name)
    return found, lengths
