"""Views share memory; in-place writes keep values, versions and histories right."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import AutogradError, IndexOutOfRange, ShapeError


def grid(*shape):
    return pt.arange(float(np.prod(shape))).reshape(shape)


VIEWS = [
    (lambda x: x.t(), lambda a: a.T),
    (lambda x: x.transpose(0, 1), lambda a: a.T),
    (lambda x: x.permute(1, 0), lambda a: a.T),
    (lambda x: x.view(4, 3), lambda a: a.reshape(4, 3)),
    (lambda x: x.view(-1), lambda a: a.reshape(-1)),
    (lambda x: x.reshape(2, 6), lambda a: a.reshape(2, 6)),
    (lambda x: x.t().reshape(12), lambda a: None),
    (lambda x: x.t().view(2, 2, 3), lambda a: a.T.reshape(2, 2, 3)),
    (lambda x: x[1], lambda a: a[1]),
    (lambda x: x[-1, 1:3], lambda a: a[-1, 1:3]),
    (lambda x: x[:, ::2], lambda a: a[:, ::2]),
    (lambda x: x[..., 0], lambda a: a[..., 0]),
    (lambda x: x[None, :, 1], lambda a: a[None, :, 1]),
    (lambda x: x[5:2], lambda a: a[5:2]),
    (lambda x: x[-100:2, :100], lambda a: a[-100:2, :100]),
    (lambda x: x.unsqueeze(1), lambda a: a[:, None]),
    (lambda x: x.unsqueeze(-1).squeeze(), lambda a: a),
    (lambda x: x.narrow(1, 1, 2), lambda a: a[:, 1:3]),
    (lambda x: x.select(1, -1), lambda a: a[:, -1]),
    (lambda x: x.chunk(2, 1)[1], lambda a: a[:, 2:]),
    (lambda x: x.split([1, 3], 1)[1], lambda a: a[:, 1:]),
    (lambda x: x.unbind(1)[2], lambda a: a[:, 2]),
    (lambda x: x.flatten(), lambda a: a.reshape(-1)),
    (lambda x: x.unflatten(1, (2, -1)), lambda a: a.reshape(3, 2, 2)),
    (lambda x: x.movedim(0, 1), lambda a: a.T),
    (lambda x: x.T, lambda a: a.T),
    (lambda x: x[0].expand(2, 4), lambda a: np.broadcast_to(a[0], (2, 4))),
    (lambda x: x.unsqueeze(0).expand(2, -1, -1), lambda a: np.broadcast_to(a, (2, 3, 4))),
]


@pytest.mark.parametrize("case", range(len(VIEWS)))
def test_a_view_shows_the_same_memory(case):
    view, expected = VIEWS[case]
    x = grid(3, 4)
    a = x.numpy()
    wanted = expected(a)
    if wanted is None:
        with pytest.raises(ShapeError):
            x.t().view(12)
        assert view(x).tolist() == a.T.reshape(12).tolist()
        return
    v = view(x)
    assert v.tolist() == wanted.tolist()
    assert v.numel() == 0 or np.shares_memory(v.numpy(), a)
    x.add_(100)
    assert v.tolist() == expected(a).tolist()
    assert (v + 0).tolist() == expected(a).tolist()
    assert v.sum().item() == pytest.approx(expected(a).sum())


@pytest.mark.parametrize(
    "case", [c for c, (_, f) in enumerate(VIEWS) if f(np.ones((3, 4))) is not None]
)
def test_the_gradient_of_a_view(case):
    view, expected = VIEWS[case]
    x = grid(3, 4).requires_grad_()
    (view(x) * view(x)).sum().backward()
    probe = np.zeros((3, 4))
    for at in np.ndindex(3, 4):
        one = np.zeros((3, 4))
        one[at] = 1
        probe[at] = (2 * expected(x.detach().numpy()) * expected(one)).sum()
    assert np.allclose(x.grad.numpy(), probe)


def test_reshape_without_a_copy_needs_dimensions_that_lie_together():
    x = grid(2, 3, 4)
    assert x[:, :, :2].reshape(6, 2).sum().item() == x[:, :, :2].sum().item()
    assert x[:, 1].view(2, 2, 2).tolist() == x.numpy()[:, 1].reshape(2, 2, 2).tolist()
    with pytest.raises(ShapeError, match="use reshape"):
        x[:, :, :2].view(12)
    with pytest.raises(ShapeError, match="24 elements"):
        x.view(5, 5)
    with pytest.raises(ShapeError, match="-1"):
        x.view(-1, 5)


# -- in-place ----------------------------------------------------------------------------------


def test_in_place_operations_write_into_the_memory():
    x = grid(2, 3)
    address = x.data_ptr()
    x += 1
    x *= 2.0
    x.sub_(1).clamp_(min=4).div_(2)
    assert x.data_ptr() == address
    assert x.tolist() == (np.maximum((np.arange(6.0).reshape(2, 3) + 1) * 2 - 1, 4) / 2).tolist()
    x.zero_()
    assert x.sum().item() == 0
    x.fill_(3)
    x.copy_(pt.tensor([1, 2, 3]))
    assert x.tolist() == [[1, 2, 3], [1, 2, 3]]
    x.relu_().exp_().log_()
    assert np.allclose(x.numpy(), [[1, 2, 3], [1, 2, 3]])


def test_in_place_on_a_strided_view():
    x = grid(3, 4)
    x[:, 1:3] *= 10
    x.t()[0] += 100
    assert x.tolist() == [[100, 10, 20, 3], [104, 50, 60, 7], [108, 90, 100, 11]]


def test_overlapping_operands():
    x = grid(3, 3)
    expected = x.numpy() + x.numpy().T
    x += x.t()
    assert x.tolist() == expected.tolist()
    y = pt.arange(6.0)
    y[1:] = y[:-1]
    assert y.tolist() == [0, 0, 1, 2, 3, 4]
    z = pt.arange(4.0)
    z *= z
    assert z.tolist() == [0, 1, 4, 9]
    with pytest.raises(ShapeError, match="clone"):
        pt.ones(1).expand(3).add_(1)


def test_results_that_do_not_fit_in_place():
    with pytest.raises(pt.DTypeError, match="int64 can hold"):
        pt.arange(3).add_(1.5)
    with pytest.raises(ShapeError, match="broadcasts to"):
        pt.ones(3).add_(pt.ones(2, 3))
    i = pt.arange(3, dtype=pt.int32)
    i += pt.arange(3)
    assert i.dtype is pt.int32
    assert i.tolist() == [0, 2, 4]


def test_a_recorded_write_through_a_view_rebases_the_base():
    b = pt.tensor([1.0, 2.0, 3.0], requires_grad=True)
    c = b * 2
    v = c[1:]
    v.mul_(b[:2])
    assert c.tolist() == [2, 4, 12]
    c.sum().backward()
    assert b.grad.tolist() == [6, 8, 4]


def test_views_follow_a_write_to_their_base():
    b = pt.tensor([1.0, 2.0], requires_grad=True)
    c = pt.zeros(2)
    v = c[1]
    c.copy_(b * b)
    assert v.requires_grad
    v.backward()
    assert b.grad.tolist() == [0, 4]


def test_a_write_through_one_view_is_seen_by_another():
    b = pt.tensor(3.0, requires_grad=True)
    c = pt.zeros(2, 2)
    row, column = c[0], c[:, 1]
    row[1] = b * 2
    (column * pt.tensor([5.0, 7.0])).sum().backward()
    assert b.grad.item() == 10


def test_setting_part_of_a_result_stops_its_gradient():
    x = pt.ones(4, requires_grad=True)
    y = x * 3
    y[1:3] = 0
    y[0] = x[3] * 10
    y.sum().backward()
    assert x.grad.tolist() == [0, 0, 0, 13]


def test_relu_in_place_uses_its_result():
    x = pt.tensor([-1.0, 2.0], requires_grad=True)
    y = (x * 2).relu_()
    z = (x * 1).exp_()
    (y + z).sum().backward()
    assert np.allclose(x.grad.numpy(), np.array([0, 2]) + np.exp([-1, 2]))


def test_in_place_keeps_the_old_value_that_the_gradient_needs():
    x = pt.tensor([2.0, 3.0], requires_grad=True)
    w = pt.tensor([5.0, 7.0], requires_grad=True)
    y = x * 1
    y.mul_(w)
    y.sum().backward()
    assert w.grad.tolist() == [2, 3]
    assert x.grad.tolist() == [5, 7]


def test_a_leaf_that_requires_a_gradient_is_not_written_to():
    w = pt.ones(3, requires_grad=True)
    for write in (lambda: w.add_(1), lambda: w[0].fill_(2), lambda: w.__setitem__(0, 1.0)):
        with pytest.raises(AutogradError, match="no_grad"):
            write()
    with pt.no_grad():
        w -= 0.5
        w[0] = 9
    assert w.tolist() == [9, 0.5, 0.5]
    assert w.is_leaf


def test_a_view_taken_under_no_grad_still_belongs_to_its_base():
    w = pt.ones(3, requires_grad=True)
    h = w * 2
    with pt.no_grad():
        leaf_part, part = w[:2], h[:2]
    with pytest.raises(AutogradError, match="a view of a leaf"):
        leaf_part.add_(1)
    part.mul_(5)
    h.sum().backward()
    assert w.grad.tolist() == [10, 10, 2]


def test_a_spoiled_value_names_both_lines():
    x = pt.ones(3, requires_grad=True)
    y = x * 2
    z = y * y
    y.add_(1)
    with pytest.raises(AutogradError) as caught:
        z.sum().backward()
    text = str(caught.value)
    assert text.count("test_views.py:") == 2
    assert "mul" in text
    assert "version 1" in text


def test_a_spoiled_value_through_a_detached_alias():
    x = pt.ones(3, requires_grad=True)
    y = x.exp()
    y.detach().zero_()
    with pytest.raises(AutogradError, match="changed in place"):
        y.sum().backward()


# -- indexing ----------------------------------------------------------------------------------

I = pt.tensor([2, 0, -1])
INDICES = [
    [2, 0], (slice(None), [1, 3]), ([0, 2], [1, 3]), ([[0], [2]], [1, 3]),
    (slice(1, None), [0, 2, 2]), (1, [0, 2]), (Ellipsis, [1, 1]), (None, [1, 2]),
]


@pytest.mark.parametrize("index", INDICES)
def test_integer_lists_gather_and_scatter(index):
    x = grid(3, 4)
    a = x.numpy().copy()
    assert x[index].tolist() == a[index].tolist()
    x[index] = -1.0
    a[index] = -1
    assert x.tolist() == a.tolist()


def test_integer_tensors_and_masks():
    x = grid(3, 4)
    a = x.numpy().copy()
    assert x[I].tolist() == a[[2, 0, -1]].tolist()
    assert x[x > 5].tolist() == a[a > 5].tolist()
    assert x[pt.tensor([True, False, True])].tolist() == a[[True, False, True]].tolist()
    assert x[:, pt.tensor([True, False, True, False])].shape == (3, 2)
    x[x > 8] = 0
    a[a > 8] = 0
    x[pt.tensor([True, False, False])] = pt.tensor([9.0, 8, 7, 6])
    a[0] = [9, 8, 7, 6]
    x[x < 5] = pt.arange(float((a < 5).sum()))
    a[a < 5] = np.arange((a < 5).sum())
    assert x.tolist() == a.tolist()


def test_three_dimensional_mixed_indices_follow_pytorch():
    x = grid(2, 3, 4)
    a = x.numpy()
    i, j = pt.tensor([0, 1]), pt.tensor([2, 0])
    assert x[i, :, j].tolist() == a[[0, 1], :, [2, 0]].tolist()
    assert x[:, j].tolist() == a[:, [2, 0]].tolist()
    assert x[:, i, j].tolist() == a[:, [0, 1], [2, 0]].tolist()
    # PyTorch takes integers first, as a view; NumPy counts them as index arrays.
    assert x[0, :, j].shape == (3, 2)
    x[:, i, j] = pt.tensor([50.0, 60.0])
    assert x[1, 0, 2].item() == 50
    assert x[0, 1, 0].item() == 60


def test_the_gradient_of_gathering_adds_up():
    x = grid(3, 2).requires_grad_()
    x[pt.tensor([0, 0, 2])].sum().backward()
    assert x.grad.tolist() == [[2, 2], [0, 0], [1, 1]]
    x.grad = None
    x[x > 2].sum().backward()
    assert x.grad.tolist() == [[0, 0], [0, 1], [1, 1]]
    x.grad = None
    y = x * 1
    y[y > 2] = 0
    y.sum().backward()
    assert x.grad.tolist() == [[1, 1], [1, 0], [0, 0]]


def test_picking_along_a_dimension():
    x = grid(2, 3)
    index = pt.tensor([[2, 0], [1, 1]])
    assert x.gather(1, index).tolist() == np.take_along_axis(x.numpy(), index.numpy(), 1).tolist()
    assert x.index_select(1, pt.tensor([2, 0])).tolist() == x.numpy()[:, [2, 0]].tolist()
    y = pt.zeros(2, 3).scatter(1, pt.tensor([[2], [0]]), pt.tensor([[5.0], [6.0]]))
    assert y.tolist() == [[0, 0, 5], [6, 0, 0]]
    z = pt.zeros(2, 3).scatter_add(1, pt.tensor([[1, 1], [0, 2]]), pt.ones(2, 2))
    assert z.tolist() == [[0, 2, 0], [1, 0, 1]]
    w = pt.ones(3, 2).index_add(0, pt.tensor([0, 0]), pt.ones(2, 2))
    assert w.tolist() == [[3, 3], [1, 1], [1, 1]]
    assert x.nonzero().tolist() == np.stack(np.nonzero(x.numpy()), 1).tolist()
    assert x.masked_fill(x > 3, -1).tolist() == [[0, 1, 2], [3, -1, -1]]


def test_wrong_indices():
    x = grid(2, 3)
    for index in (2, -3, (0, 3)):
        with pytest.raises(IndexOutOfRange, match="out of range"):
            x[index]
    with pytest.raises(IndexOutOfRange, match="index"):
        x[pt.tensor([0, 5])]
    with pytest.raises(IndexOutOfRange, match="too many"):
        x[0, 0, 0]
    with pytest.raises(IndexOutOfRange, match="mask"):
        x[pt.tensor([True, False, True])]
    with pytest.raises(ShapeError, match="step"):
        x[::-1]
    with pytest.raises(pt.DTypeError, match="floats"):
        x[pt.tensor([0.0])]
    with pytest.raises(pt.DTypeError, match="not an index"):
        x["a"]
    with pytest.raises(ShapeError, match="broadcasts"):
        x[0] = pt.ones(4)
    before = x.tolist()
    with pytest.raises(IndexOutOfRange):
        x[pt.tensor([0, 9])] = 5.0
    assert x.tolist() == before
