"""Calls of PyTorch's names, made by PyTorch itself and here: the numbers must agree.

A case is a function of `torch` and of values `v` (new ones for each), giving tensors, numbers,
dtypes or structures of them. What PyTorch makes of them, and of their gradients by `v.x`, stands in
numbers/cases.npz (regenerate/torch_cases.py). The tables are in cases_*.py.
"""

import json
from pathlib import Path

import numpy as np

CASES = {}
NAMES = frozenset(
    (Path(__file__).parent.parent / "names" / "torch.txt").read_text(encoding="utf-8").split())
PLACES = ("torch", "torch.special", "torch.linalg", "torch.fft")


class Values:
    """Tensors for the cases: x in 0.1..0.9 (it requires a gradient), y in 1.1..2, z and u of both
    signs, f float32, i whole, j indices, b bool, c complex, square, positive (definite), lower
    (triangular), cube [2, 3, 4], image [1, 2, 4, 4], row, s and n (without dimensions)."""

    def __init__(self, torch):
        rng = np.random.RandomState(5)
        square = rng.randn(3, 3)
        values = {
            "x": rng.uniform(0.1, 0.9, (2, 3)), "y": rng.uniform(1.1, 2.0, (2, 3)),
            "z": rng.randn(2, 3), "u": rng.randn(3), "w": rng.randn(3, 2),
            "square": square, "positive": square.dot(square.T) + 3 * np.eye(3),
            "lower": np.tril(square) + 2 * np.eye(3), "s": np.array(0.7), "n": np.array(2),
            "f": rng.randn(2, 3).astype("float32"), "i": rng.randint(1, 9, (2, 3)),
            "k": rng.randint(1, 4, (2, 3)), "j": np.array([2, 0, 1, 1]),
            "b": np.array([[True, False, True], [False, True, True]]),
            "c": rng.randn(2, 3) + 1j * rng.randn(2, 3), "row": rng.randn(1, 3),
            "cube": rng.randn(2, 3, 4), "image": rng.randn(1, 2, 4, 4),
            "video": rng.randn(1, 2, 4, 4, 4), "up": np.sort(rng.randn(6)),
            "labels": np.array([2, 0]), "hermitian": square + square.T,
            "batch": rng.randn(2, 3, 2), "other": rng.randn(2, 2, 3),
        }
        for name, value in values.items():
            setattr(self, name, torch.tensor(value))
        self.x.requires_grad_()


def case(names, make):
    """Cases of their own: `make` takes torch, the values and the last part of the name."""
    for full in names.split():
        name = full if full.startswith("torch.") else f"torch.{full}"
        assert name in NAMES, name
        CASES[name] = make


def row(names, operands, *rest, places=PLACES, **options):
    """The same call as a function, as a method and in place, wherever PyTorch has the name.

    operands: the values' names (with a space between them) and what is no name as it is.
    """
    given = operands.split()

    def arguments(v):
        return [getattr(v, part) for part in given] + [
            part(v) if callable(part) else part for part in rest]

    for name in names.split():
        for place in places:
            if f"{place}.{name}" in NAMES:
                case(f"{place}.{name}", _function(place, name, arguments, options))
        if f"torch.Tensor.{name}" in NAMES:
            case(f"torch.Tensor.{name}", _method(name, arguments, options))
        if f"torch.Tensor.{name}_" in NAMES:
            case(f"torch.Tensor.{name}_", _in_place(name, arguments, options))


def found_in(torch, path):
    """The object of a path such as torch.nn.functional."""
    for part in path.split(".")[1:]:
        torch = getattr(torch, part)
    return torch


def _function(place, name, arguments, options):
    return lambda torch, v, _: getattr(found_in(torch, place), name)(*arguments(v), **options)


def _method(name, arguments, options):
    def call(torch, v, _):
        first, *others = arguments(v)
        return getattr(first, name)(*others, **options)

    return call


def _in_place(name, arguments, options):
    def call(torch, v, _):
        first, *others = arguments(v)
        own = first.clone()
        getattr(own, f"{name}_")(*others, **options)
        return own

    return call


# -- what came out -------------------------------------------------------------------------------


def flat(found):
    """The tensors, numbers and words of a result, one after the other."""
    if isinstance(found, dict):
        found = [v for _, v in sorted(found.items())]
    if isinstance(found, (list, tuple)) and type(found).__name__ != "Size":
        return [leaf for part in found for leaf in flat(part)]
    return [found]


def plain(value):
    """A tensor, number, dtype or shape as an array (a text, for dtypes and words)."""
    if hasattr(value, "detach"):
        value = value.detach()
        if str(value.dtype).rpartition(".")[2] == "bfloat16":
            value = value.float()
        return np.array(value.resolve_conj().resolve_neg().numpy(force=True))
    if isinstance(value, (bool, int, float, complex, np.ndarray, np.generic)):
        return np.asarray(value)
    return str(value).replace("torch.", "").replace("pentad.", "")


def evaluated(torch, name):
    """(values, gradient by x or None) of a case."""
    torch.manual_seed(0)
    v = Values(torch)
    found = flat(CASES[name](torch, v, name.rpartition(".")[2]))
    total = 0
    for value in found:
        if hasattr(value, "detach") and value.requires_grad and value.is_floating_point():
            steps = torch.arange(1, value.numel() + 1, dtype=value.dtype)
            total = total + (value.reshape(-1) * steps).sum() / 7
    slope = None
    if hasattr(total, "detach") and total.requires_grad:
        try:
            total.backward()
        except (NotImplementedError, RuntimeError):
            return [plain(value) for value in found], None  # a function without a derivative
        slope = v.x.grad
    return [plain(value) for value in found], None if slope is None else plain(slope)


def packed(found):
    """Arrays and texts by names, as one array of numbers and a text of what lies where."""
    rows, parts, at = [], [], 0
    for name, value in found.items():
        if isinstance(value, str):
            rows.append([name, value])
            continue
        flat_ = np.ascontiguousarray(value).reshape(-1)
        flat_ = flat_.view(f"f{flat_.itemsize // 2}") if flat_.dtype.kind == "c" else flat_
        parts.append(flat_.astype("float64"))
        rows.append([name, str(value.dtype), list(value.shape), at])
        at += len(flat_)
    return {"numbers": np.concatenate(parts), "rows": np.array(json.dumps(rows))}


def unpacked(path):
    """The arrays and texts by their names."""
    with np.load(path) as file:
        numbers, rows = file["numbers"], json.loads(str(file["rows"]))
    found = {}
    for name, dtype, *where in rows:
        if not where:
            found[name] = dtype
            continue
        shape, at = where
        width = 2 if dtype.startswith("complex") else 1
        part = numbers[at:at + width * int(np.prod(shape))]
        part = part[::2] + 1j * part[1::2] if width == 2 else part
        found[name] = part.astype(dtype).reshape(shape)
    return found
