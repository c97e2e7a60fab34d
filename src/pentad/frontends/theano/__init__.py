"""Theano's programs: `import theano` gives this package under `pentad run`."""

import importlib

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

__version__ = version = "1.0.5"
for _name in ("tensor", "gof", "gradient", "scalar", "compile", "configparser", "printing",
              "updates", "scan_module", "ifelse",
              "configdefaults"):
    importlib.import_module(f"{__name__}.{_name}")
gather(
    __name__, "gof.graph: Apply Constant Variable", "gof.fg", "compile.callable: Function",
    "compile.function: function", "compile.io", "compile.mode",
    "compile.sharedvalue: SharedVariable shared",
    "configparser: config change_flags", "differentiation: grad",
    "derivatives: Lop Rop subgraph_grad", "tensor.products: dot",
    "tensor.constants: get_scalar_constant_value", "gof.generic: Generic generic",
    "gof.utils: InconsistencyError object2", "gof.type", "gof.userop: Op as_op", "compile.builders",
    "gof.link", "compile.profiling: ProfileStats", "compile.cloning", "compile.dumping",
    "compile.callable: Container FunctionMaker",
    "pretty: pp pprint", "legacy", "logs: disable_log_handler has_handlers",
    "scan_module: foldl foldr map reduce scan scan_checkpoints", "updates: OrderedUpdates",
)
__getattr__ = absent(__name__, {n: f"{__name__}.{n}" for n in ("sparse", "typed_list", "d3viz")})
