"""tf.linalg.LinearOperator*: every name once; test_operators.py compares the numbers."""

from __future__ import annotations

import numpy as np

from tests.frontends.tensorflow1.values import S, close, table, tf

calls = table()
M = "tf.linalg"
D = np.array([2.0, 4.0], np.float32)


def operator():
    """A small operator."""
    return tf.linalg.LinearOperatorFullMatrix(S)


def dense(made, expected):
    """Is the operator that matrix?"""
    return isinstance(made, tf.linalg.LinearOperator) and close(made.to_dense(), expected)


calls(M, "LinearOperator", lambda f: isinstance(operator(), f))
calls(M, "LinearOperatorFullMatrix", lambda f: dense(f(S), S))
calls(M, "LinearOperatorDiag", lambda f: dense(f(D), np.diag(D)))
calls(M, "LinearOperatorLowerTriangular", lambda f: dense(f(S), np.tril(S)))
calls(M, "LinearOperatorIdentity", lambda f: dense(f(2), np.eye(2)))
calls(M, "LinearOperatorScaledIdentity", lambda f: dense(f(2, 3.0), 3 * np.eye(2)))
calls(M, "LinearOperatorZeros", lambda f: dense(f(2), np.zeros((2, 2))))
calls(M, "LinearOperatorHouseholder", lambda f: dense(f([1.0, 0.0]), np.diag([-1, 1])))
calls(M, "LinearOperatorAdjoint", lambda f: dense(f(operator()), S.T))
calls(M, "LinearOperatorInversion", lambda f: dense(f(operator()), np.linalg.inv(S)))
calls(M, "LinearOperatorComposition", lambda f: dense(f([operator(), operator()]), S @ S))
calls(M, "LinearOperatorKronecker", lambda f: dense(f([operator(), operator()]), np.kron(S, S)))
calls(M, "LinearOperatorBlockDiag", lambda f: dense(
    f([operator(), operator()]), np.kron(np.eye(2), S)))
calls(M, "LinearOperatorLowRankUpdate", lambda f: dense(
    f(operator(), D[:, None]), S + np.outer(D, D)))
