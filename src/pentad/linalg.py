"""Linear algebra by PyTorch's names: `torch.linalg`.

A matrix is the last two dimensions; dimensions before them are a batch. LAPACK computes
factorisations (through NumPy); all are differentiable where PyTorch's are, to any order, and
work inside `pentad.compile`, where they split the native code.

>>> import pentad as pt
>>> pt.linalg.solve(pt.tensor([[2.0, 0.0], [0.0, 4.0]]), pt.tensor([2.0, 2.0])).tolist()
[1.0, 0.5]
"""

from pentad.graph.errors import LinAlgError
from pentad.tensor.functions.decompositions import (
    cholesky,
    cholesky_ex,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    lu,
    lu_factor,
    lu_factor_ex,
    qr,
    svd,
    svdvals,
)
from pentad.tensor.functions.diagonals import matrix_diagonal as diagonal
from pentad.tensor.functions.diagonals import powers as vander
from pentad.tensor.functions.linalg import matmul
from pentad.tensor.functions.norms import (
    cond,
    householder_product,
    matrix_exp,
    matrix_norm,
    matrix_power,
    matrix_rank,
    multi_dot,
    norm,
    vecdot,
    vector_norm,
)
from pentad.tensor.functions.norms import linalg_cross as cross
from pentad.tensor.functions.solving import (
    det,
    inv,
    inv_ex,
    lstsq,
    lu_solve,
    pinv,
    slogdet,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)
from pentad.tensor.functions.symmetric import ldl_factor, ldl_factor_ex, ldl_solve
from pentad.tensor.misfit import guard_names

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]

guard_names(globals(), __all__)
