from __future__ import annotations

import os

import pytest

from pentad.graph.config import config
from pentad.runtime import device
from pentad.runtime.cache import default_cache


@pytest.fixture(autouse=True)
def own_cache(tmp_path):
    with config.override(cache_dir=tmp_path / "cache"):
        yield
        default_cache().close()


def test_the_cpu():
    cpu = device.cpu()
    assert cpu.name
    assert 1 <= cpu.processors <= os.cpu_count()
    assert cpu.threads >= 1
    assert str(cpu).startswith("cpu: ")


def test_the_doctor_sees_machine_threads_cache_and_versions(tmp_path):
    lines = dict(device.describe())
    assert list(lines) == [
        *("processor", "vector units", "caches", "processors", "threads", "code for"),
        *("code cache", "versions"),
    ]
    assert str(tmp_path / "cache") in lines["code cache"]
    assert "LLVM" in lines["versions"]
    assert all(lines.values())


def test_cache_sizes(tmp_path):
    rows = [
        ("1", "Data", "48K"),
        ("1", "Instruction", "32K"),
        ("2", "Unified", "2M"),
        ("3", "", ""),
    ]
    for number, (level, kind, size) in enumerate(rows):
        index = tmp_path / f"index{number}"
        index.mkdir()
        for name, value in (("level", level), ("type", kind), ("size", size)):
            (index / name).write_text(value + "\n")
    assert device.cache_sizes(tmp_path) == {"L1d": 48 << 10, "L2": 2 << 20}
    assert device.cache_sizes(tmp_path / "missing") == {}


def test_the_model(tmp_path):
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name\t: A Processor @ 3 GHz\n")
    assert device.cpu_model(tmp_path / "cpuinfo") == "A Processor @ 3 GHz"
    assert device.cpu_model(tmp_path / "missing")
