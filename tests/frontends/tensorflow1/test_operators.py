"""tf.linalg.LinearOperator, against the numbers of TensorFlow 1.15."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph
from tests.frontends.tensorflow1.common import run
from tests.frontends.tensorflow1.operator_cases import FULL, SPD, cases

EXPECTED = np.load(Path(__file__).parent / "fixtures" / "operators.npz")


@pytest.fixture(scope="module")
def found():
    with tf.Graph().as_default():
        return run(cases(tf))


@pytest.mark.parametrize("operator", sorted({name.split()[0] for name in EXPECTED.files}))
def test_numbers_are_those_of_tensorflow(found, operator):
    for name in EXPECTED.files:
        if name.split()[0] == operator:
            np.testing.assert_allclose(found[name], EXPECTED[name], rtol=1e-9, atol=1e-12,
                                       err_msg=name)
            assert found[name].dtype == EXPECTED[name].dtype


def test_what_is_known_of_the_matrix():
    la = tf.linalg
    diag = la.LinearOperatorDiag([1.0, 2.0])
    assert (diag.is_self_adjoint, diag.is_square, diag.shape.as_list()) == (True, True, [2, 2])
    assert diag.adjoint() is diag
    full = la.LinearOperatorFullMatrix(SPD)
    assert (full.is_non_singular, full.is_square) == (None, True)
    assert full.inverse().inverse() is full
    assert full.H.H is full
    with pytest.raises(NotImplementedError, match="singular"):
        la.LinearOperatorZeros(2).solve([[1.0], [2.0]])
    with pytest.raises(ValueError, match="Cholesky"):
        full.cholesky()
    with pytest.raises(ValueError, match="self adjoint"):
        la.LinearOperatorDiag([1.0], is_self_adjoint=False)


def test_checks_of_the_matrix():
    la = tf.linalg
    good = la.LinearOperatorFullMatrix(tf.placeholder_with_default(SPD, [3, 3]))
    run([good.assert_non_singular(), good.assert_self_adjoint(), good.assert_positive_definite()])
    bad = la.LinearOperatorFullMatrix(tf.placeholder_with_default(FULL[0], [2, 2]))
    flat = la.LinearOperatorFullMatrix(tf.placeholder_with_default(np.ones((2, 2)), [2, 2]))
    for check in (bad.assert_self_adjoint, bad.assert_positive_definite, flat.assert_non_singular):
        with pytest.raises(tf.errors.InvalidArgumentError):
            run(check())


def test_gradients_pass_through_operators():
    matrix = tf.constant(SPD)
    operator = tf.linalg.LinearOperatorFullMatrix(matrix, is_positive_definite=True)
    [found] = run(tf.gradients(operator.log_abs_determinant(), matrix))
    np.testing.assert_allclose(found, np.linalg.inv(SPD).T, rtol=1e-9)
