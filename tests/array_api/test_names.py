"""Everything that the standard names is there, has the standard's signature, and is tested."""

import inspect

import array_api_strict as strict
import pytest

import pentad.array_api as xp
from tests.array_api.test_functions import ROWS

# Not functions of arrays, or tested by name in test_array.py.
ELSEWHERE = {
    "__array_namespace_info__", "finfo", "iinfo", "e", "inf", "nan", "newaxis", "pi", "bool",
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32",
    "float64", "complex64", "complex128", "fft", "linalg", "linalg.eigh", "linalg.qr",
    "linalg.svd",
}
LATER = {"broadcast_shapes", "isin", "linalg.eig", "linalg.eigvals"}
"""What version 2025.12 adds."""

OWN = {"Device", "ModuleType", "ArrayAPIStrictFlags"}
"""What array_api_strict has besides."""


def standard_names():
    found = {
        n for n in dir(strict)
        if n[0] != "_" and n not in OWN and not n.endswith("strict_flags")
    }
    found |= {f"linalg.{n}" for n in strict.linalg.__all__}
    found |= {f"fft.{n}" for n in strict.fft.__all__}
    return sorted((found | {"__array_namespace_info__", "fft", "linalg"}) - LATER)


def lookup(module, name):
    for part in name.split("."):
        module = getattr(module, part)
    return module


def test_the_list_of_names_is_whole():
    assert len(standard_names()) == 191


@pytest.mark.parametrize("name", standard_names())
def test_a_name_is_there_and_tested(name):
    assert lookup(xp, name) is not None or name == "newaxis"
    assert name in ROWS or name in ELSEWHERE
    if "." not in name:
        assert name in xp.__all__


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_function_has_the_standards_parameters(name):
    ours, theirs = (inspect.signature(lookup(m, name)).parameters for m in (xp, strict))
    assert {n for n, p in theirs.items() if p.kind is p.KEYWORD_ONLY} <= {
        n for n, p in ours.items() if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)
    }
    positional = [
        [p for p in parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        for parameters in (ours, theirs)
    ]
    assert len(positional[0]) == len(positional[1])
    for ours_, theirs_ in zip(*positional):
        if theirs_.kind is theirs_.POSITIONAL_OR_KEYWORD:
            assert (ours_.name, ours_.kind) == (theirs_.name, theirs_.kind)
        if theirs_.default is not theirs_.empty:
            assert ours_.default == theirs_.default


def test_every_name_of_the_namespace_has_its_docstring():
    for name in xp.__all__:
        value = getattr(xp, name)
        if callable(value) and name != "bool":
            assert value.__doc__, name
