"""`theano.sparse.basic`: every function of sparse matrices."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(__name__, "sparse.type: SparseType SparseVariable SparseConstant", "sparse.conversion",
       "sparse.arithmetic", "sparse.products", "sparse.opclasses", "sparse.matrix: Matrix")
gather(__name__, "sparse.conversion: _is_sparse_variable _is_dense_variable",
       "sparse.matrix: _is_sparse _is_dense")
__all__ = [n for n in dir() if not n.startswith("_") and n not in ("absent", "gather")]
__getattr__ = absent(__name__)
