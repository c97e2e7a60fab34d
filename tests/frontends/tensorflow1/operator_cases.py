"""Linear operators, for TensorFlow 1.15 and for Pentad."""

import numpy as np

SPD = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])
FULL = np.array([[[1.0, 2.0], [0.5, -1.0]], [[3.0, 1.0], [1.0, 2.0]]])
X = np.array([[1.0, 2.0], [-1.0, 0.5], [0.3, 0.7]])


def operators(tf):
    """Operators by name."""
    la = tf.linalg
    spd = la.LinearOperatorFullMatrix(SPD, is_self_adjoint=True, is_positive_definite=True)
    diag = la.LinearOperatorDiag([1.0, 2.0, 4.0], is_positive_definite=True)
    lower = la.LinearOperatorLowerTriangular(SPD, is_non_singular=True)
    small = la.LinearOperatorFullMatrix(SPD[:2, :2], is_non_singular=True)
    kinds = [tf.constant(n, tf.float64) for n in (3.0, 2.5)]
    return {
        "full": spd, "batch": la.LinearOperatorFullMatrix(FULL, is_non_singular=True),
        "diag": la.LinearOperatorDiag(tf.constant([1.0, -2.0, 4.0], tf.float64)),
        "lower": lower, "identity": la.LinearOperatorIdentity(3, dtype=tf.float64),
        "scaled": la.LinearOperatorScaledIdentity(3, kinds[1]),
        "composition": la.LinearOperatorComposition([spd, lower]), "adjoint": lower.adjoint(),
        "inverse": la.LinearOperatorInversion(lower),
        "kronecker": la.LinearOperatorKronecker([small, small]),
        "blocks": la.LinearOperatorBlockDiag([small, spd]),
        "householder": la.LinearOperatorHouseholder(tf.constant([1.0, 2.0, 2.0], tf.float64)),
        "update": la.LinearOperatorLowRankUpdate(
            la.LinearOperatorDiag(tf.constant([1.0, 2.0, 4.0], tf.float64),
                                  is_positive_definite=True),
            SPD[:, :1], tf.constant([0.5], tf.float64), is_diag_update_positive=True),
    }, diag


def cases(tf):
    """Tensors by name."""
    found = {}
    made, _ = operators(tf)
    for name, op in made.items():
        size = int(op.shape[-1])
        x = np.resize(X, (size, 2))
        found[name + " dense"] = op.to_dense()
        found[name + " matmul"] = op.matmul(x)
        found[name + " matmul adjoint"] = op.matmul(x, adjoint=True)
        found[name + " arg"] = op.matmul(x.T, adjoint_arg=True)
        found[name + " matvec"] = op.matvec(x[:, 0])
        found[name + " solve"] = op.solve(x)
        found[name + " solve adjoint"] = op.solve(x, adjoint=True)
        found[name + " solvevec"] = op.solvevec(x[:, 1])
        found[name + " det"] = op.determinant()
        found[name + " log"] = op.log_abs_determinant()
        found[name + " diag"] = op.diag_part()
        found[name + " trace"] = op.trace()
        found[name + " add"] = op.add_to_tensor(np.ones((size, size)))
        found[name + " shape"] = op.shape_tensor()
    found["cholesky"] = made["full"].cholesky().to_dense()
    found["product"] = made["full"].matmul(made["lower"]).to_dense()
    found["zeros"] = tf.linalg.LinearOperatorZeros(3, dtype=tf.float64).matmul(X)
    return found
