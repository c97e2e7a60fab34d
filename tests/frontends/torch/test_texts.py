"""What programs print and how they name arguments: texts that PyTorch 2.13 prints."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad.frontends.serving import serve, withdraw

NAN, INF = float("nan"), float("inf")


@pytest.fixture(name="torch", autouse=True)
def torch_fixture():
    """`import torch` finds the front end."""
    serve(["torch"])
    import torch

    yield torch
    withdraw()


@pytest.mark.parametrize(("make", "text"), [
    (lambda: pt.tensor([1.0, NAN, INF]), "tensor([1., nan, inf])"),
    (lambda: pt.tensor([INF, 0.0]), "tensor([inf, 0.])"),
    (lambda: pt.tensor([0.5, NAN, -INF]), "tensor([0.5000,    nan,   -inf])"),
    (lambda: pt.tensor([1.0, 1e4]), "tensor([1.0000e+00, 1.0000e+04])"),
    (lambda: pt.tensor([123456.5]), "tensor([123456.5000])"),
    (lambda: pt.tensor([True, True]), "tensor([True, True])"),
    (lambda: pt.tensor([1 + 2j, 3 - 100j]), "tensor([1.+2.j, 3.-100.j])"),
    (lambda: pt.arange(2000), "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"),
    (lambda: pt.ones(600, 2), "tensor([[1., 1.],\n        [1., 1.],\n        [1., 1.],\n"
                              "        ...,\n        [1., 1.],\n        [1., 1.],\n"
                              "        [1., 1.]])"),
    (lambda: pt.arange(9.0).requires_grad_() / 3,
     "tensor([0.0000, 0.3333, 0.6667, 1.0000, 1.3333, 1.6667, 2.0000, 2.3333, 2.6667],\n"
     "       grad_fn=<DivBackward0>)"),
])
def test_tensors_are_shown_as_there(make, text):
    assert repr(make()) == text


def test_sizes_by_name(torch):
    x = torch.arange(6.0)
    assert x.view(size=(2, 3)).shape == x.reshape(shape=(2, 3)).shape == (2, 3)
    y = x.reshape(2, 3)
    assert torch.equal(y.permute(dims=(1, 0)), torch.permute(y, dims=(1, 0)))
    assert torch.equal(y.permute(dims=(1, 0)), y.t())
    assert x.expand(size=(2, 6)).shape == (2, 6)
    with pytest.raises(pt.ArgumentError, match="sizes given twice"):
        x.view(6, size=(2, 3))
    drawn = torch.randint(high=5, size=(100,))
    assert 0 <= int(drawn.min()) <= int(drawn.max()) < 5
    assert torch.randint(low=2, high=3, size=(2,)).tolist() == [2, 2]
    turned = y.t().contiguous(memory_format=torch.contiguous_format)
    assert turned.is_contiguous()
    assert torch.equal(turned, y.t())


def test_a_missing_file_is_what_programs_catch(torch, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cannot read .*none\.pt") as caught:
        torch.load(tmp_path / "none.pt")
    assert isinstance(caught.value, pt.ResourceError)


def test_gradients_of_a_programs_own_are_named_after_their_class(torch):
    class LegendrePolynomial3(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    y = LegendrePolynomial3.apply(torch.ones(1, requires_grad=True))
    assert repr(y) == "tensor([2.], grad_fn=<LegendrePolynomial3Backward>)"


def test_what_loading_a_state_says(torch):
    layer = torch.nn.Linear(1, 1)
    assert str(layer.load_state_dict(layer.state_dict())) == "<All keys matched successfully>"
    assert str(layer.load_state_dict({}, strict=False)) == (
        "_IncompatibleKeys(missing_keys=['weight', 'bias'], unexpected_keys=[])")


def test_kernels_of_attention_are_asked_for(torch):
    from torch.nn.attention import SDPBackend, sdpa_kernel

    x = torch.ones(1, 2, 3, 4)
    for asked in (SDPBackend.MATH, [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]):
        with sdpa_kernel(asked):
            assert torch.nn.functional.scaled_dot_product_attention(x, x, x).sum() == 24
    with pytest.raises(pt.ArgumentError, match="sdpa_kernel"), sdpa_kernel("math"):
        pass


def test_memory_of_others(torch):
    array = np.ones(2)
    shared = torch.asarray(array)
    array[0] = 5
    assert shared.tolist() == [5, 1]
    assert torch.asarray(array, copy=True, dtype=torch.int32).dtype == torch.int32
    assert torch.asarray([1, 2]).tolist() == [1, 2]
    x = torch.ones(1)
    assert torch.asarray(x) is x
    assert torch.asarray(x, requires_grad=True).requires_grad
    assert not x.requires_grad
    with pytest.raises(pt.ArgumentError, match="must be copied"):
        torch.asarray([1], copy=False)
    memory = bytearray(8)
    view = torch.frombuffer(memory, dtype=torch.int16, count=2, offset=2)
    memory[2] = 7
    assert view.tolist() == [7, 0]
    for bad in (b"12", 3):
        with pytest.raises(pt.ArgumentError, match="frombuffer"):
            torch.frombuffer(bad, dtype=torch.uint8)
    with pytest.raises(pt.ArgumentError, match="do not fit"):
        torch.frombuffer(memory, dtype=torch.float32, count=9)
