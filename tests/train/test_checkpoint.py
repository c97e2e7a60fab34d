from __future__ import annotations

import json
import os
from types import SimpleNamespace

import numpy as np
import pytest

import pentad as pt
from pentad import nn, optim, train
from pentad.graph.errors import FormatError, ResourceError
from pentad.tensor import serialize
from pentad.train.checkpoint import random_state, set_random_state
from tests.train.runs import run


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "last.safetensors"
    run(path, epochs=1)
    return path


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    model = nn.Linear(3, 2)
    optimizer = optim.Adam(model.parameters(), lr=0.125, betas=(0.5, 0.75))
    model(pt.ones(1, 3)).sum().backward()
    optimizer.step()
    path = tmp_path / "new" / "folder" / "a.safetensors"
    notes = {"epoch": 3, "best": float("inf"), "text": "é", "list": [1, [0.1]]}
    train.save_checkpoint(path, train.Checkpoint(
        dict(model.state_dict()), optimizer.state_dict(), notes))
    found = train.load_checkpoint(path)
    assert found.notes == notes
    for name, t in model.state_dict().items():
        np.testing.assert_array_equal(found.model[name].numpy(), t.numpy())
    other = optim.Adam(nn.Linear(3, 2).parameters())
    other.load_state_dict(found.optimizer)
    assert other.param_groups[0]["betas"] == (0.5, 0.75)
    assert other.state_dict()["state"][1]["step"] == 1
    np.testing.assert_array_equal(other.state_dict()["state"][0]["exp_avg"].numpy(),
                                  optimizer.state_dict()["state"][0]["exp_avg"].numpy())


def test_a_checkpoint_is_a_safetensors_file_with_a_history_beside_it(saved):
    assert "model/0.weight" in pt.load(saved)
    history = json.loads((saved.parent / "history.json").read_text())
    assert history[0]["epoch"] == 1


@pytest.mark.parametrize("damage", [
    lambda b: b[:5], lambda b: b[:100], lambda b: b[:-10], lambda b: b"", lambda b: b"\0" * 200,
    lambda b: b"\xff" * 16, lambda b: b.replace(b'\\"version\\": 3', b'\\"version\\": 9'),
    lambda b: b.replace(b"pentad-checkpoint", b"pentad-something-"),
    lambda b: b.replace(b'\\"notes\\"', b'\\"nodes\\"'),
    lambda b: b.replace(b"optimizer/0/exp_avg_sq", b"optimizer/x/exp_avg_sq"),
])
def test_a_damaged_file_is_a_format_error_and_stays(saved, damage):
    content = damage(saved.read_bytes())
    saved.write_bytes(content)
    with pytest.raises(FormatError):
        run(saved)
    assert saved.read_bytes() == content


def test_weights_alone_are_no_checkpoint(tmp_path):
    path = tmp_path / "weights.safetensors"
    pt.save(nn.Linear(2, 2).state_dict(), path)
    with pytest.raises(FormatError, match="without a training's state"):
        train.load_checkpoint(path)


def test_an_unreadable_file_is_a_resource_error(tmp_path):
    with pytest.raises(ResourceError, match="cannot read"):
        train.load_checkpoint(tmp_path / "absent.safetensors")
    (tmp_path / "folder.safetensors").mkdir()
    with pytest.raises(ResourceError):
        train.load_checkpoint(tmp_path / "folder.safetensors")


def test_a_failed_write_leaves_the_old_checkpoint(saved, monkeypatch):
    before = saved.read_bytes()

    def full(handle):
        raise OSError(28, "No space left on device")

    # Only the writer of checkpoints meets a full disk, not the cache of compiled code.
    monkeypatch.setattr(serialize, "os", SimpleNamespace(**{**vars(os), "fsync": full}))
    with pytest.raises(ResourceError, match="No space left on device"):
        run(saved, epochs=2)
    monkeypatch.undo()
    assert saved.read_bytes() == before
    assert sorted(p.name for p in saved.parent.iterdir()) == ["history.json", saved.name]
    run(saved, epochs=2)
    assert saved.read_bytes() != before


def test_a_folder_that_cannot_be_made_is_a_resource_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ResourceError, match="cannot make the folder"):
        run(tmp_path / "file" / "last.safetensors", epochs=1)


def test_random_states():
    own = pt.Generator().manual_seed(3)
    pt.manual_seed(2**64 - 5)
    pt.rand(3)
    state = json.loads(json.dumps(random_state(own, None)))
    expected = pt.rand(2).tolist(), pt.rand(2, generator=own).tolist()
    pt.manual_seed(0)
    own.manual_seed(0)
    set_random_state(state, own)
    assert (pt.rand(2).tolist(), pt.rand(2, generator=own).tolist()) == expected
