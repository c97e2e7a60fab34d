"""Theano's programs: `import theano` gives this package under `pentad run`."""

import importlib

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

__version__ = version = "1.0.5"
for _name in ("tensor", "gof", "gradient", "scalar", "compile", "configparser",
              "updates", "scan_module", "ifelse"):
    importlib.import_module(f"{__name__}.{_name}")
gather(
    __name__, "gof.graph: Apply Constant Variable", "gof.fg", "compile.callable: Function",
    "compile.function", "compile.io", "compile.mode", "compile.sharedvalue: SharedVariable shared",
    "configparser: config change_flags", "gradient: grad", "tensor.products: dot",
    "gof.utils: InconsistencyError object2", "logs: disable_log_handler has_handlers",
    "gof.generic: Generic generic", "tensor: get_scalar_constant_value",
    "scan_module: foldl foldr map reduce scan scan_checkpoints", "updates: OrderedUpdates",
)
PY3 = True
__getattr__ = absent(__name__)
