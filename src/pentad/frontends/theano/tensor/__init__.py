"""Tensors: `theano.tensor`."""

import importlib

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(
    __name__, "tensor.constants", "tensor.type", "tensor.elemwise", "tensor.creation",
    "tensor.shaping", "tensor.joining", "tensor.products", "tensor.reductions",
    "tensor.subtensor", "tensor.advanced", "tensor.var", "tensor.named_types",
    "tensor.var: _tensor_py_operators",
    "tensor.sort: argsort argtopk sort topk topk_and_argtopk",
    "tensor.nonzeros", "tensor.numerics", "tensor.numerics: _allclose",
    "tensor.nlinalg: diag diagonal",
    "tensor.slinalg: kron",
    "tensor.extra_ops: bartlett bincount compress cumprod cumsum diff fill_diagonal "
    "fill_diagonal_offset ravel_multi_index repeat searchsorted tile to_one_hot unravel_index",
    "gof.graph: Apply Constant Variable", "gof.disconnected: DisconnectedType",
    "gof.generic: Generic", "differentiation: grad",
    "tensor.type_other: NoneConst SliceType make_slice slicetype",
    "stops: consider_constant grad_not_implemented grad_undefined",
    "derivatives: Lop Rop hessian jacobian", "gof.utils: MethodNotDefined hashtype",
    "gof.type", "verification: numeric_grad verify_grad", "pretty: pprint",
    "configparser: config",
)
# The function, not the module of that name, which importing it has put here.
gather(__name__, "tensor.reductions: var")
_records = importlib.import_module(f"{__name__}.elemwise").ELEMWISE
for _name, _record in _records.items():
    globals().setdefault(_name, _record)
for _name, _record in importlib.import_module(f"{__name__}.elemwise").CASTS.items():
    globals()[f"_convert_to_{_name}"] = _record
_alias = importlib.import_module(f"{__name__}.elemwise").ALIASES
globals().update({_name: _records[_of] for _name, _of in _alias.items()})
globals().update(importlib.import_module(f"{__name__}.named_types").NAMED)
gather(__name__, "tensor.opclasses")
_classes = importlib.import_module(f"{__name__}.opclasses")
for _module, _names in _classes.HOMES.items():
    for _name in _names.split():
        setattr(importlib.import_module(f"{__name__}.{_module}"), _name, _classes.CLASSES[_name])
int32 = iscalar  # noqa: F821 (gathered above)
as_tensor, Tensor = as_tensor_variable, TensorType  # noqa: F821 (gathered above)
gather(f"{__name__}.nlinalg", "tensor.factors: lstsq")
for _name in ("nnet", "signal", "fft", "extra_ops", "sharedvar", "shared_randomstreams", "opt",
              "inplace", "xlogx"):
    importlib.import_module(f"{__name__}.{_name}")
# `from theano.tensor import *` gives programs these, too.
np = importlib.import_module("numpy")
theano = importlib.import_module(__name__.rpartition(".")[0])
gof, compile = (importlib.import_module(f"{theano.__name__}.{n}") for n in ("gof", "compile"))
scal = importlib.import_module(f"{theano.__name__}.scalar")
_shared = compile.shared
__getattr__ = absent(__name__, {"basic": f"{__name__}.basic"})
