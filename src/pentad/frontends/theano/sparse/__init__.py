"""Sparse matrices: `theano.sparse`."""

import importlib

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(__name__, "sparse.basic", "sparse.sharedvar")
gather(__name__, "sparse.conversion: _is_sparse_variable _is_dense_variable")
for _name in ("basic", "type", "sharedvar"):
    importlib.import_module(f"{__name__}.{_name}")
shared = sparse_constructor  # noqa: F821 (gathered above)
enable_sparse = True
__getattr__ = absent(__name__)
