"""tf.linalg: mostly other names of what `tensorflow` itself has."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "": """
        band_part=matrix_band_part cholesky cholesky_solve cross det=matrix_determinant
        diag=matrix_diag diag_part=matrix_diag_part eigh=self_adjoint_eig
        eigvalsh=self_adjoint_eigvals einsum eye global_norm inv=matrix_inverse
        lstsq=matrix_solve_ls matmul matrix_transpose norm qr set_diag=matrix_set_diag
        solve=matrix_solve sqrtm=matrix_square_root svd tensor_diag=diag tensor_diag_part=diag_part
        tensordot trace transpose=matrix_transpose triangular_solve=matrix_triangular_solve""",
    "nn": "l2_normalize",
    "ops.linear": "logm",
    "ops.linear_operators": """
        LinearOperator LinearOperatorDiag LinearOperatorFullMatrix LinearOperatorIdentity
        LinearOperatorLowerTriangular LinearOperatorScaledIdentity LinearOperatorZeros""",
    "ops.operator_algebra": """
        LinearOperatorAdjoint LinearOperatorBlockDiag LinearOperatorComposition
        LinearOperatorHouseholder LinearOperatorInversion LinearOperatorKronecker
        LinearOperatorLowRankUpdate""",
    "ops.composed": """
        adjoint expm logdet lu matrix_rank matvec normalize pinv slogdet tridiagonal_matmul
        tridiagonal_solve""",
})
