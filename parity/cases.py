"""The cases of one op: PyTorch's samples, and what comes of each on both sides."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import pentad as pt
from parity import compare
from parity.entries import CHOOSING, DTYPES, RANDOM, UNDEFINED, left_out
from parity.names import Missing, counterpart, inplace_counterpart, rehosted
from parity.values import Translation, as_array, leaves_of

FORWARD, INPLACE, GRADIENT = KINDS = ("forward", "in place", "gradient")


@dataclass
class Case:
    """One sample of one op, to be run in one way."""

    op: Any
    kind: str
    dtype: str
    sample: Any
    number: int

    @property
    def title(self) -> str:
        """How a failure names the case."""
        return f"{self.dtype} sample {self.number}"


def cases_of(op: Any, torch: Any) -> Iterator[Case]:
    """All cases of an entry: forward and in place for each dtype, gradients in float64."""
    supported = {str(d).removeprefix("torch.") for d in op.supported_dtypes("cpu")}
    chosen = [d for d in DTYPES if d in supported] or sorted(supported)[:1]
    inplace = op.inplace_variant is not None
    for dtype in chosen:
        for i, sample in enumerate(_samples(op, torch, dtype, False)):
            if left_out(op.name, FORWARD, sample):
                continue
            yield Case(op, FORWARD, dtype, sample, i)
            if inplace and not sample.broadcasts_input and _is_tensor(sample.input, torch):
                yield Case(op, INPLACE, dtype, sample, i)
    if op.supports_autograd and "float64" in supported and op.name not in RANDOM:
        for i, sample in enumerate(_samples(op, torch, "float64", True)):
            if left_out(op.name, GRADIENT, sample):
                continue
            yield Case(op, GRADIENT, "float64", sample, i)


def _is_tensor(value: Any, torch: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _samples(op: Any, torch: Any, dtype: str, grad: bool) -> list[Any]:
    torch.manual_seed(0)
    return list(op.sample_inputs("cpu", getattr(torch, dtype), requires_grad=grad))


def run(case: Case, torch: Any) -> tuple[str, str]:
    """(passed | failed | missing | void, why). Void: PyTorch itself refuses the sample."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            wrong = {FORWARD: _forward, INPLACE: _inplace, GRADIENT: _gradient}[case.kind](
                case, torch
            )
        except Void as reason:
            return "void", str(reason)
        except Missing as name:
            return "missing", f"no {name}"
        except AttributeError as error:
            kind = "missing" if isinstance(error.obj, (pt.Tensor, type)) else "failed"
            return kind, f"{type(error).__name__}: {error}"
        except Exception as error:
            return "failed", f"{type(error).__name__}: {_one_line(error)}"
    return ("failed", wrong) if wrong else ("passed", "")


def _one_line(error: Exception) -> str:
    """The text of an error without the place in this harness that it names."""
    lines = [" ".join(t.split()) for t in str(error).splitlines() if not t.startswith("  at:")]
    return "; ".join(filter(None, lines))


class Void(Exception):
    """PyTorch refuses its own sample, or has no gradient for it."""


def _theirs(function: Any, sample: Any, convert: Any = None) -> Any:
    given = sample if convert is None else sample.transform(convert)
    try:
        return function(given.input, *given.args, **given.kwargs)
    except Exception as error:
        raise Void(str(error)) from None


def _settled(case: Case, result: Any, torch: Any) -> Any:
    """Our result after the sample's own function, which takes out what is arbitrary in it."""
    return rehosted(case.sample.output_process_fn_grad, torch)(result)


def _wider(case: Case, torch: Any) -> Any:
    """PyTorch's result in float64 or complex128, to judge rounding; None if there is none."""
    wide = {torch.float32: torch.float64, torch.complex64: torch.complex128}

    def widened(value: Any) -> Any:
        if isinstance(value, torch.dtype):
            return wide.get(value, value)
        return value.to(wide.get(value.dtype, value.dtype))

    try:
        return case.sample.output_process_fn_grad(_theirs(case.op.op, case.sample, widened))
    except Exception:
        return None


def _drops(case: Case) -> bool:
    """Does the sample ask for dropout within a larger function?"""
    sample = case.sample
    given = sample.kwargs.get("dropout_p", 0.0)
    if case.op.name == "nn.functional.multi_head_attention_forward":
        given = sample.args[_DROPOUT_OF_ATTENTION]
    return float(given) > 0


_DROPOUT_OF_ATTENTION = 9
"""Where multi_head_attention_forward's samples have dropout_p, behind the query."""


def _judged(case: Case, ours: Any, theirs: Any, torch: Any) -> str | None:
    name = case.op.name
    if _drops(case):
        return compare.complaint(ours, theirs, values=False)
    if name in RANDOM or name in UNDEFINED:
        return compare.complaint(ours, theirs, values=False, random=name in RANDOM)
    source = as_array(case.sample.input) if name in CHOOSING else None
    wrong = compare.complaint(ours, theirs, source=source)
    if wrong:
        wrong = compare.complaint(ours, theirs, _wider(case, torch), source=source)
    return wrong


def _forward(case: Case, torch: Any) -> str | None:
    sample = case.sample
    theirs = sample.output_process_fn_grad(_theirs(case.op.op, sample))
    function = counterpart(case.op, torch)
    to = Translation(torch)
    ours = function(to(sample.input), *to(list(sample.args)), **to.options(sample.kwargs))
    return _judged(case, _settled(case, ours, torch), theirs, torch)


def _inplace(case: Case, torch: Any) -> str | None:
    sample = case.sample
    target = sample.input.clone()
    try:
        case.op.inplace_variant(target, *sample.args, **sample.kwargs)
    except Exception as error:
        raise Void(str(error)) from None
    function = inplace_counterpart(case.op, torch)
    to = Translation(torch)
    ours = to(sample.input)
    result = function(ours, *to(list(sample.args)), **to.options(sample.kwargs))
    if result is not ours:
        return "the result is not the tensor itself"
    return _judged(case, ours, target, torch)


def _gradient(case: Case, torch: Any) -> str | None:
    sample = case.sample
    if _drops(case):
        raise Void("random")
    result = sample.output_process_fn_grad(_theirs(case.op.op, sample))
    theirs = leaves_of(result)
    flows = [i for i, t in enumerate(theirs) if _is_tensor(t, torch) and t.requires_grad]
    if not flows:
        raise Void("PyTorch has no gradient here")
    to = Translation(torch, grad=True)
    arguments = to(sample.input), *to(list(sample.args))
    options = to.options(sample.kwargs)
    weights = [_weights(theirs[i], i) for i in flows]
    try:
        wanted = torch.autograd.grad(
            [theirs[i] for i in flows], to.theirs,
            [torch.from_numpy(w).to(theirs[i].dtype) for w, i in zip(weights, flows, strict=True)],
            allow_unused=True,
        )
    except Exception as error:
        raise Void(str(error)) from None
    function = counterpart(case.op, torch)
    ours = leaves_of(_settled(case, function(*arguments, **options), torch))
    if len(ours) != len(theirs):
        return f"{len(ours)} results, expected {len(theirs)}"
    dead = [i for i in flows if not getattr(ours[i], "requires_grad", False)]
    if dead:
        return f"result {dead[0]} does not require a gradient"
    found = pt.autograd.grad(
        [ours[i] for i in flows], to.leaves,
        [pt.tensor(w).to(ours[i].dtype) for w, i in zip(weights, flows, strict=True)],
        allow_unused=True,
    )
    return _compare_gradients(found, wanted, to.leaves)


def _weights(output: Any, seed: int) -> np.ndarray:
    """A random projection of an output, of its own dtype."""
    values = as_array(output)
    assert values is not None
    rng = np.random.default_rng(seed)
    drawn = rng.uniform(0.5, 1.5, values.shape)
    if values.dtype.kind == "c":
        drawn = drawn + 1j * rng.uniform(0.5, 1.5, values.shape)
    return np.asarray(drawn).astype(values.dtype)


def _compare_gradients(found: Any, wanted: Any, leaves: Any) -> str | None:
    for i, (a, b, leaf) in enumerate(zip(found, wanted, leaves, strict=True)):
        zeros = np.zeros(tuple(leaf.shape))
        got = zeros if a is None else as_array(a)
        expected = zeros if b is None else as_array(b.to_dense())
        assert got is not None
        assert expected is not None
        if got.shape != expected.shape:
            return f"gradient {i}: shape {list(got.shape)}, expected {list(expected.shape)}"
        single = as_array(leaf.detach()).dtype.itemsize <= 4 * (1 + leaf.dtype.is_complex)
        tolerances = compare.TOLERANCES["float32"] if single else compare.GRADIENT
        wrong = compare.differing(got, expected, *tolerances)
        if wrong:
            return f"gradient {i}: {wrong}"
    return None
