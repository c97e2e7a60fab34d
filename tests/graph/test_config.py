from __future__ import annotations

from pathlib import Path

import pytest

from pentad.graph.config import Config, Flag, config
from pentad.graph.errors import ArgumentError

VARIABLES = [flag.variable for flag in vars(Config).values() if isinstance(flag, Flag)]


@pytest.fixture
def fresh(monkeypatch):
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    return Config()


def test_there_are_ten_flags_at_most_each_declared_once():
    assert len(VARIABLES) == len(set(VARIABLES)) <= 10
    assert all(variable.startswith("PENTAD_") for variable in VARIABLES)


def test_defaults(fresh):
    assert fresh.debug == 0
    assert fresh.cache_dir is None
    assert fresh.num_threads is None
    assert fresh.target is None
    assert fresh.data is None


def test_values_come_from_the_environment_and_stay(fresh, monkeypatch):
    monkeypatch.setenv("PENTAD_DEBUG", "3")
    monkeypatch.setenv("PENTAD_CACHE_DIR", "~/kept")
    monkeypatch.setenv("PENTAD_TARGET", "avx2")
    assert (fresh.debug, fresh.target) == (3, "avx2")
    assert fresh.cache_dir == Path.home() / "kept"
    monkeypatch.setenv("PENTAD_DEBUG", "4")
    assert fresh.debug == 3
    fresh.reload()
    assert fresh.debug == 4


@pytest.mark.parametrize(
    "variable, text",
    [
        ("PENTAD_DEBUG", "7"),
        ("PENTAD_DEBUG", "-1"),
        ("PENTAD_DEBUG", "loud"),
        ("PENTAD_DEBUG", ""),
        ("PENTAD_NUM_THREADS", "0"),
        ("PENTAD_NUM_THREADS", "1.5"),
        ("PENTAD_CACHE_DIR", ""),
        ("PENTAD_CACHE_MB", "-3"),
        ("PENTAD_TARGET", "../x"),
        ("PENTAD_TARGET", ""),
        ("PENTAD_DATA", ""),
    ],
)
def test_bad_values_name_the_flag(fresh, monkeypatch, variable, text):
    monkeypatch.setenv(variable, text)
    [name] = [n for n, f in vars(Config).items() if getattr(f, "variable", "") == variable]
    with pytest.raises(ArgumentError, match=variable) as error:
        getattr(fresh, name)
    assert repr(text) in str(error.value)


def test_override_is_checked_and_undone(fresh):
    with fresh.override(debug=5, num_threads=2):
        assert (fresh.debug, fresh.num_threads) == (5, 2)
        with fresh.override(num_threads=None):
            assert fresh.num_threads is None
    assert (fresh.debug, fresh.num_threads) == (0, None)
    with pytest.raises(ArgumentError, match="PENTAD_DEBUG"), fresh.override(num_threads=2, debug=9):
        raise AssertionError("not reached")
    assert fresh.num_threads is None
    with pytest.raises(ArgumentError, match="no flag 'colour'"):
        fresh.colour = 1


def test_describe_lists_every_flag(monkeypatch):
    lines = config.describe()
    assert [line.variable for line in lines] == VARIABLES
    assert all(line.doc for line in lines)
