"""What is around tensors: autograd, modes, compiling, settings, memory, what is refused."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from pentad.distributions.kl import RULES
from tests.frontends.torch.values import close, refused, same, table, torch

calls = table()
M, T, A = "torch", "torch.Tensor", "torch.autograd"


def leaf(values=(1.0, 2.0, 3.0)):
    return torch.tensor(list(values), requires_grad=True)


# -- autograd --------------------------------------------------------------------------------------


@calls(A, "Function")
def function(base):
    class Twice(base):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            [x] = ctx.saved_tensors
            return g * 2 + 0 * x

    x = leaf()
    Twice.apply(x).sum().backward()
    same(x.grad, [2, 2, 2])


@calls(A, "Variable")
def variable(make):
    x = make(torch.ones(2), requires_grad=True)
    assert isinstance(x, make)
    assert not isinstance(3, make)
    (x * 3).sum().backward()
    same(x.grad, [3, 3])


calls(A, "variable", lambda f: refused(lambda: f(1)))
calls(A, "gradcheck gradgradcheck", lambda f: f(
    lambda x: x.sin(), (torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True),)))


@calls(A, "gradcheck")
def wrong_gradients_are_found(f):
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 3

    x = torch.tensor([0.5], dtype=torch.float64, requires_grad=True)
    assert refused(lambda: f(Wrong.apply, (x,)), RuntimeError)
    assert f(Wrong.apply, (x,), raise_exception=False) is False
    z = torch.tensor([0.5 + 1j], dtype=torch.complex128, requires_grad=True)
    assert f(lambda z: (z * z).exp(), (z,))


@calls(A, "detect_anomaly set_detect_anomaly")
def anomaly(mode, name):
    x = leaf([-1.0])
    with mode(*[True] if name.startswith("set") else []):
        assert refused(lambda: x.sqrt().sum().backward(), RuntimeError)
    x.sqrt().sum().backward()


@calls(f"{A}", "no_grad inference_mode")
def without_gradients(mode):
    x = leaf()
    with mode():
        assert not (x * 2).requires_grad
    assert not mode()(lambda: x * 2)().requires_grad


@calls(A, "enable_grad")
def with_gradients(mode):
    with torch.no_grad(), mode():
        assert (leaf() * 2).requires_grad


@calls(A, "set_grad_enabled")
def switched(mode):
    with mode(False):
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


calls(M, "is_grad_enabled", lambda f: f() is True)
calls(A, "set_multithreading_enabled", lambda f: f(False).__enter__() is None)


@calls(T, "register_hook")
def hook(f):
    x = leaf()
    handle = f(x, lambda g: g * 10)
    x.sum().backward()
    same(x.grad, [10, 10, 10])
    handle.remove()


@calls(T, "register_post_accumulate_grad_hook")
def later_hook(f):
    x, seen = leaf(), []
    handle = f(x, lambda t: seen.append(t.grad.tolist()))
    x.sum().backward()
    assert seen == [[1, 1, 1]]
    handle.remove()
    x.sum().backward()
    assert len(seen) == 1
    assert refused(lambda: f(x * 2, print), RuntimeError)


@calls(T, "retain_grad")
def retained(f):
    y = leaf() * 2
    assert not y.retains_grad
    f(y)
    assert y.retains_grad
    y.sum().backward()
    same(y.grad, [1, 1, 1])


@calls(T, "requires_grad_ detach_")
def asked(f, name):
    x = torch.ones(2) if name == "requires_grad_" else leaf() * 2
    assert f(x).requires_grad is (name == "requires_grad_")


# -- memory ----------------------------------------------------------------------------------------

calls(T, "data_ptr const_data_ptr", lambda f: f(x := torch.ones(2)) == x.detach().data_ptr())
calls(T, "share_memory_ pin_memory", lambda f: f(x := torch.ones(2)).data_ptr() == x.data_ptr())
calls(T, "is_shared", lambda f: f(torch.ones(2)) is False)
calls(T, "record_stream", lambda f: f(torch.ones(2), None) is None)
calls(T, "storage_type", lambda f: f(torch.ones(2)) is torch.FloatTensor)
calls(T, "is_coalesced", lambda f: f(torch.eye(2).to_sparse()) is True)
calls(T, "cuda xpu ipu mtia", lambda f: refused(lambda: f(torch.ones(2)), OSError))
calls(T, "eig symeig solve lstsq reinforce col_indices row_indices to_padded_tensor "
         "resize_as_sparse_", lambda f: refused(lambda: f(torch.eye(2))))
calls(T, "apply_ map_ map2_", lambda f: refused(lambda: f(torch.ones(2), abs)))
calls(T, "storage", lambda f: f.__get__(torch.ones(2)) is not None)

# -- the process -----------------------------------------------------------------------------------


@calls(M, "set_default_dtype")
def default_dtype(f):
    f(torch.float64)
    try:
        assert torch.get_default_dtype() is torch.float64
        assert torch.ones(1).dtype is torch.float64
    finally:
        f(torch.float32)


calls(M, "get_default_dtype", lambda f: f() is torch.float32)
calls(M, "dtype", lambda f: isinstance(torch.float32, f))


@calls(M, "set_num_threads")
def threads(f):
    before = torch.get_num_threads()
    try:
        f(1)
        assert torch.get_num_threads() == 1
    finally:
        f(before)


calls(M, "get_num_threads", lambda f: f() >= 1)


@calls(M, "set_printoptions")
def printing(f):
    try:
        f(precision=2)
        assert repr(torch.tensor([1 / 3])) == "tensor([0.33])"
    finally:
        f(precision=4)


calls(M, "typename", lambda f: (f(torch.ones(2)).endswith("FloatTensor"), f(3)) == (True, "int"))


@calls(M, "autocast")
def autocast(f):
    with f("cpu", dtype=torch.bfloat16):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is torch.bfloat16


@calls(M, "compile")
def compiled(f):
    @f
    def double(x):
        return x * 2 + 1

    same(double(torch.ones(3)), [3, 3, 3])


@calls(M, "save load")
def saved(_):
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder) / "state.pt"
        torch.save({"a": torch.arange(3), "b": {"lr": 0.1}}, at)
        found = torch.load(at, map_location="cpu", weights_only=True)
        assert refused(lambda: torch.load(at, map_location="cuda:0"))
        assert refused(lambda: torch.save(object(), at))
    same(found["a"], [0, 1, 2])
    assert found["b"] == {"lr": 0.1}


calls("torch.fft", "Tensor", lambda f: f is torch.Tensor)
calls("torch.linalg", "LinAlgError", lambda error: refused(
    lambda: torch.linalg.inv(torch.ones(2, 2)), error))


@calls("torch.func", "replace_all_batch_norm_modules_")
def without_running(f):
    norm = torch.nn.BatchNorm1d(2)
    assert f(torch.nn.Sequential(norm))[0] is norm
    assert norm.running_mean is None


@calls("torch.func", "stack_module_state")
def stacked(f):
    parameters, buffers = f([torch.nn.Linear(2, 1) for _ in range(3)])
    assert parameters["weight"].shape == (3, 1, 2)
    assert buffers == {}


calls("torch.nn.functional", "grouped_mm", lambda f: close(
    f(torch.eye(4)[:, :2], torch.stack([torch.eye(2), 2 * torch.eye(2)]),
      offs=torch.tensor([1, 4], dtype=torch.int32)),
    np.array([[1, 0], [0, 2], [0, 0], [0, 0]])))


@calls("torch.distributions", "register_kl")
def new_rule(f):
    class Own(torch.distributions.Gumbel):
        pass

    pair = Own, torch.distributions.Poisson
    f(*pair)(lambda p, q: 1.5)
    try:
        found = torch.distributions.kl_divergence(
            Own(torch.zeros(1), torch.ones(1)), torch.distributions.Poisson(torch.ones(1)))
    finally:
        del RULES[pair]
    return found == 1.5
