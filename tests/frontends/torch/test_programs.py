"""Programs written for PyTorch train as they do there (regenerate/torch_programs.py)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pentad.frontends.serving import serve, withdraw
from tests.frontends.torch import same

WANTED = json.loads((Path(__file__).parent / "numbers" / "programs.json").read_text())
STEPS = 3


@pytest.fixture(autouse=True)
def served():
    """`import torch` finds the front end."""
    serve(["torch"])
    yield
    withdraw()


@pytest.mark.parametrize("name", same.NAMES)
def test_losses(name, capsys):
    found = same.losses(name, STEPS)
    count = STEPS * (2 if name == "dcgan" else 1)
    wanted = np.array(WANTED[name][:count])
    np.testing.assert_allclose(found[:count], wanted, rtol=1e-5, atol=1e-5 * abs(wanted).max())


def test_every_program_is_run():
    found = {path.stem for path in same.PROGRAMS.glob("*.py")}
    assert found - set(same.NAMES) == {"images", "language", "walking"}
    assert set(WANTED) == set(same.NAMES)


def test_what_programs_ask_of_devices():
    import torch
    import torch.backends.cudnn as cudnn
    from torch.backends import mps

    cudnn.benchmark = True
    assert torch.backends.cudnn.benchmark
    with torch.backends.cudnn.flags(enabled=False):
        assert not any(b.is_available() for b in (mps, torch.backends.cudnn))
    assert not torch.accelerator.is_available()
    assert torch.accelerator.current_accelerator() is None
    assert torch.accelerator.device_count() == 0
