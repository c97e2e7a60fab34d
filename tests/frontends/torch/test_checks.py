"""torch.autograd.gradcheck and torch.testing.assert_close: what they find, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
import pentad.frontends.torch as torch
from pentad.frontends.torch.autograd import GradcheckError, gradcheck, gradgradcheck
from pentad.frontends.torch.testing import assert_close


def leaf(*values):
    return pt.tensor(values, dtype=pt.float64, requires_grad=True)


# -- gradients -------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_what_has_lost_its_gradient_is_found(check):
    lost = {gradcheck: lambda x: x.detach() * 2, gradgradcheck: lambda x: x * x.detach()}[check]
    with pytest.raises(GradcheckError, match="expected to be zero" if check is gradcheck else "the "
                       "gradient of output"):
        check(lost, (leaf(0.3, 0.7),))
    assert check(lost, (leaf(0.3, 0.7),), raise_exception=False) is False


def test_what_does_not_change_needs_no_gradient():
    assert gradcheck(lambda x: x.detach() * 0 + 1, (leaf(0.5),))
    assert gradcheck(lambda x: x.detach().long(), (leaf(0.5),))
    # As in PyTorch: beside an output with a gradient, one without was left out by intention.
    assert gradcheck(lambda x: (x * 2, x.detach() * 2), (leaf(0.5),))


def test_outputs_stay_in_their_places():
    def several(x):
        return x.detach().long(), x.detach() * 3, x.sin()

    assert gradcheck(several, (leaf(0.5, 1.0),))


@pytest.mark.parametrize(("check", "option", "value"), [
    (gradcheck, "check_forward_ad", True), (gradcheck, "check_batched_grad", True),
    (gradcheck, "check_batched_forward_grad", True), (gradcheck, "check_backward_ad", False),
    (gradgradcheck, "check_fwd_over_rev", True), (gradgradcheck, "check_batched_grad", True),
    (gradgradcheck, "check_rev_over_rev", False),
])
def test_checks_that_are_not_done_are_refused(check, option, value):
    with pytest.raises(pt.ArgumentError, match=option):
        check(pt.sin, (leaf(0.5),), **{option: value})
    assert check(pt.sin, (leaf(0.5),), **{option: not value}, fast_mode=True)
    with pytest.raises(TypeError, match="nothing"):
        check(pt.sin, (leaf(0.5),), nothing=True)


def test_types_of_gradients_and_gaps_of_cotangents():
    assert gradcheck(pt.sin, (leaf(0.5),), check_grad_dtypes=True)
    assert gradgradcheck(lambda x: x.sin() * 2, (leaf(0.5, 1),), gen_non_contig_grad_outputs=True)


# -- closeness -------------------------------------------------------------------------------------

ONES = pt.ones(2)


@pytest.mark.parametrize(("a", "b", "words"), [
    ({"a": ONES}, {"a": ONES, "b": ONES}, r"keys(?s:.)*missing \['b'\]"),
    ({"a": ONES, "c": ONES}, {"a": ONES}, r"keys(?s:.)*additional \['c'\]"),
    ([ONES], [ONES, ONES], r"length(?s:.)*expected: 2\n  got:      1"),
    ((ONES, ONES), [ONES], "length"),
    ({"a": [ONES, 2.0]}, {"a": [ONES, 3.0]}, r"at item \['a'\]\[1\]"),
    (1, 1.0, "types"), (True, False, "not the other"), (None, ONES, "not the other"),
    (ONES, ONES.double(), "'dtype'"), (ONES, pt.ones(3), "'shape'"),
    (pt.tensor([1, 2]), pt.tensor([1, 3]), "not equal"), (0.1, 0.2, "not close"),
])
def test_what_differs(a, b, words):
    with pytest.raises(AssertionError, match=words):
        assert_close(a, b)


def test_what_is_close():
    assert_close({"a": [ONES, 2.0], "b": None}, {"b": None, "a": (ONES + 1e-7, 2.0)})
    assert_close(np.ones(2), np.ones(2) + 1e-9)
    assert_close(ONES, ONES.double(), check_dtype=False)
    assert_close(1, 1.0, check_dtype=False)
    assert_close(pt.tensor([float("nan")]), pt.tensor([float("nan")]), equal_nan=True)
    with pytest.raises(AssertionError, match="'stride'"):
        assert_close(pt.eye(3)[:, :2], pt.eye(3)[:, :2].contiguous(), check_stride=True)


def test_both_tolerances_or_none():
    for given in ({"rtol": 0.1}, {"atol": 0.1}):
        with pytest.raises(ValueError, match="must be either specified or omitted"):
            assert_close(ONES, ONES, **given)
    assert_close(ONES, ONES + 0.01, rtol=0.1, atol=0.0)


def test_values_of_different_sorts_are_a_mistake_of_the_test():
    for a, b in ((ONES, [1.0, 1.0]), ([1.0], 1.0), ({}, []), ("a", "a"), (np.ones(2), ONES),
                 (pt.tensor(1.0), 1.0)):
        with pytest.raises(TypeError, match="different sorts"):
            assert_close(a, b)
    with pytest.raises(TypeError, match="different sorts"):
        assert_close(pt.nn.Parameter(ONES), ONES, allow_subclasses=False)


def test_words_of_the_caller():
    with pytest.raises(AssertionError, match=r"^mine$"):
        assert_close(ONES, ONES + 1, msg="mine")
    with pytest.raises(AssertionError, match=r"^mine: assert_close: Tensor-likes are not close"):
        assert_close(ONES, ONES + 1, msg=lambda text: f"mine: {text}")


# -- arguments by position -------------------------------------------------------------------------


def test_surplus_arguments_of_losses_are_refused():
    x, y = pt.zeros(2), pt.ones(2)
    functional = torch.nn.functional
    assert float(functional.l1_loss(x, y, None, None, "sum")) == 2
    assert float(pt.kl_div(x, y, 0).sum()) == 0
    for call in (lambda: functional.l1_loss(x, y, None, None, "sum", None, 7),
                 lambda: pt.kl_div(x, y, 0, False, 3),
                 lambda: pt.triplet_margin_loss(x, x, y, 1.0, 2.0, 1e-6, False, 1, 5)):
        with pytest.raises(pt.DTypeError, match=r"too many arguments(?s:.)*at most"):
            call()
    for call in (lambda: functional.mse_loss(x, y, True, size_average=False),
                 lambda: pt.hinge_embedding_loss(x, y, 1.0, margin=2.0)):
        with pytest.raises(pt.DTypeError, match="given twice"):
            call()
