"""Connectionist temporal classification: the cost of labels without times."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.gof.op import Native, one
from pentad.frontends.theano.tensor.constants import as_tensor_variable


def ctc_available() -> bool:
    """It is always there."""
    return True


def _ctc(activations: Any, labels: Any, lengths: Any) -> Any:
    # Labels below zero only fill the rows; blank is label 0.
    counts = (labels >= 0).to(pt.int64).sum(1)
    return pt.nn.functional.ctc_loss(
        pt.log_softmax(activations, -1), labels.clamp(min=0).to(pt.int64), lengths.to(pt.int64),
        counts, blank=0, reduction="none",
    )


CTC = Native("ConnectionistTemporalClassification", _ctc)


def ctc(activations: Any, labels: Any, input_lengths: Any) -> Any:
    """The cost of each sequence: activations (time, batch, classes), labels (batch, place)
    filled up with -1, lengths of the sequences."""
    a, labels, lengths = (as_tensor_variable(v) for v in (activations, labels, input_lengths))
    for v, ndim in ((a, 3), (labels, 2), (lengths, 1)):
        if v.ndim != ndim:
            raise ValueError(
                static.message("ctc: wrong number of axes", expected=str(ndim), got=str(v.type),
                               where=v.node.line)
            )
    types = [static.Type(a.static_type.dtype, (a.static_type.shape[1],))]
    return one(CTC, a, labels, lengths, types=types)


__all__ = ["ctc", "ctc_available"]
__getattr__ = absent(__name__)
