"""What programs written for PyTorch do with it; the article's gives PyTorch's numbers."""

from __future__ import annotations

import importlib
import pickle
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import pentad as pt
from pentad.frontends.serving import serve, withdraw

HERE = Path(__file__).parent


@pytest.fixture(name="torch")
def torch_fixture():
    """`import torch` finds the front end."""
    serve(["torch", "torchvision"])
    import torch

    yield torch
    withdraw()


def test_the_article_gives_its_numbers(torch, monkeypatch):
    stream = np.random.RandomState(4)
    monkeypatch.setattr(torch, "randn", lambda *size: pt.tensor(
        stream.randn(*size).astype("float32")))
    found = runpy.run_path(str(HERE / "article.py"))
    wanted = np.load(HERE / "numbers" / "article.npz")
    np.testing.assert_allclose(float(found["loss"]), wanted["loss"], rtol=1e-5)
    np.testing.assert_allclose(found["w1"].numpy()[::50], wanted["w1"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["w2"].numpy(), wanted["w2"], rtol=1e-4, atol=1e-5)


def test_what_old_programs_import(torch):
    from torch.autograd import Variable
    from torch.distributions.normal import Normal
    from torch.nn.modules.module import Module
    from torch.nn.parameter import Parameter
    from torch.optim.lr_scheduler import StepLR
    from torch.optim.optimizer import Optimizer
    from torch.utils.data.dataset import Dataset

    assert (Normal, Module, Parameter) == (pt.distributions.Normal, pt.nn.Module, pt.nn.Parameter)
    assert (StepLR, Optimizer) == (pt.optim.lr_scheduler.StepLR, pt.optim.Optimizer)
    assert Dataset is pt.data.Dataset
    assert isinstance(Variable(torch.ones(2)), torch.FloatTensor)
    loss = torch.nn.functional.mse_loss(torch.ones(2), torch.zeros(2), size_average=False)
    assert float(loss) == float(torch.nn.MSELoss(size_average=False)(
        torch.ones(2), torch.zeros(2))) == 2


def test_devices_are_asked_for_and_are_not_there(torch):
    assert not torch.cuda.is_available()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    x = torch.ones(2, device=device).to(device)
    assert (x.device, x.device.type, x.is_cuda) == (device, "cpu", False)
    torch.cuda.manual_seed_all(1)
    torch.backends.cudnn.benchmark = True
    for call in (x.cuda, torch.cuda.current_device, lambda: torch.ones(2, device="cuda"),
                 lambda: torch.nn.Linear(2, 1, device="cuda"), lambda: x.to("cuda:0"),
                 lambda: torch.cuda.FloatTensor(3)):
        with pytest.raises(pt.PentadError, match="device"):
            call()
    with pytest.warns(UserWarning, match="no CUDA"):
        scaler = torch.amp.GradScaler("cuda")
    assert not scaler.is_enabled()


def test_compiling_falls_back_with_one_warning(torch):
    @torch.compile
    def branch(x):
        return x * 2 if x.sum() > 0 else -x

    with pytest.warns(UserWarning, match=r"branch is not compiled(?s:.)*test_use\.py"):
        assert branch(torch.ones(2)).tolist() == [2, 2]
    assert branch(-torch.ones(2)).tolist() == [1, 1]
    with pytest.raises(pt.CaptureError):
        torch.compile(branch.function, fullgraph=True)(torch.ones(2))
    net = torch.compile(torch.nn.Linear(2, 1))
    assert list(net.state_dict()) == ["_orig_mod.weight", "_orig_mod.bias"]
    net(torch.ones(3, 2)).sum().backward()
    assert net.weight.grad.tolist() == [[3, 3]]
    traced = torch.jit.trace(torch.nn.Linear(2, 1), torch.ones(1, 2))
    assert traced(torch.ones(3, 2)).shape == (3, 1)


def test_what_is_absent_says_why(torch):
    with pytest.raises(AttributeError, match="quantized"):
        torch.q_scale  # noqa: B018
    with pytest.raises(AttributeError, match="ONNX"):
        torch.onnx.export  # noqa: B018
    with pytest.raises(ImportError, match=r"torch\.nothing"):
        import torch.nothing


def test_sparse_tensors_are_dense(torch):
    indices, values = torch.tensor([[0, 1, 1], [2, 0, 0]]), torch.tensor([3.0, 4.0, 5.0])
    made = torch.sparse_coo_tensor(indices, values, (2, 3))
    assert made.tolist() == [[0, 0, 3], [9, 0, 0]]
    assert torch.sparse.mm(made, torch.ones(3, 1)).tolist() == [[3], [9]]


def test_close_values_and_others(torch):
    torch.testing.assert_close(torch.ones(2), torch.ones(2) + 1e-7)
    for other in (torch.ones(2) + 1e-3, torch.ones(2).double(), torch.ones(3)):
        with pytest.raises(AssertionError):
            torch.testing.assert_close(torch.ones(2), other)


def test_tensors_show_themselves_as_torchs(torch):
    x = torch.zeros(2, 3)
    assert isinstance(x.shape, torch.Size)
    assert repr(x.size()) == f"{x.shape}" == "torch.Size([2, 3])"
    assert (x.shape, x.shape.numel(), x.shape[0], x.size(-1)) == ((2, 3), 6, 2, 3)
    sizes = (x.shape[1:], x.shape[:1] + (5,), (5,) + x.shape, x.shape * 2)
    assert str(sizes) == ("(torch.Size([3]), torch.Size([2, 5]), torch.Size([5, 2, 3]), "
                          "torch.Size([2, 3, 2, 3]))")
    with pytest.raises(TypeError):
        x.shape + [1]
    with pytest.raises(TypeError, match="takes an iterable of 'int'"):
        torch.Size([1.5])
    assert str((x.dtype, x.type(), x.bool().type(), torch.long)) == (
        "(torch.float32, 'torch.FloatTensor', 'torch.BoolTensor', torch.int64)")
    assert x.type("torch.DoubleTensor").dtype is torch.float64
    assert repr(x.double()[:, :2]) == "tensor([[0., 0.],\n        [0., 0.]], dtype=torch.float64)"
    assert pickle.loads(pickle.dumps((x.shape, x.dtype))) == ((2, 3), torch.float32)
    withdraw()
    assert type(x.shape) is tuple
    assert str(x.dtype) == "pentad.float32"


def test_sizes_of_tensors_do_not_reach_the_compiler(torch):
    """A program's text, and so its place in the cache, does not depend on who asks for it."""
    from pentad.graph.text import print_graph

    def shaped(x):
        y = torch.zeros(x.shape) + x.view(x.size())
        return y.reshape(x.shape[1:] + x.shape[:1]).expand((2,) + x.shape[::-1]).sum(
            tuple(range(len(x.shape))))

    text = print_graph(pt.capture(shaped, torch.ones(2, 3)).graph)
    withdraw()
    assert text == print_graph(pt.capture(shaped, torch.ones(2, 3)).graph)
    assert "Size" not in text


def test_inner_modules_that_programs_import(torch):
    from torch.nn.modules import Linear
    from torch.nn.modules.batchnorm import _BatchNorm
    from torch.nn.modules.module import Module, register_module_forward_hook
    from torch.nn.modules.utils import _pair, _triple, consume_prefix_in_state_dict_if_present
    from torch.utils.tensorboard import FileWriter, SummaryWriter

    assert (Linear, Module) == (pt.nn.Linear, pt.nn.Module)
    assert issubclass(torch.nn.BatchNorm2d, _BatchNorm)
    assert (FileWriter, SummaryWriter) == (pt.board.FileWriter, pt.board.SummaryWriter)
    assert (_pair(3), _pair((1, 2)), _triple(0)) == ((3, 3), (1, 2), (0, 0, 0))
    state = {"module.weight": 1, "bias": 2}
    consume_prefix_in_state_dict_if_present(state, "module.")
    assert state == {"bias": 2, "weight": 1}
    seen = []
    with register_module_forward_hook(lambda module, args, result: seen.append(module)):
        torch.nn.Identity()(torch.ones(1))
    assert len(seen) == 1


def test_a_class_that_is_not_there_is_no_empty_module(torch):
    with pytest.raises(ImportError, match=r"torch\.nn\.modules\.pooling\._Nothing"):
        importlib.import_module("torch.nn.modules.pooling._Nothing")
    from torch.nn.parallel import DataParallel, DistributedDataParallel

    assert DataParallel is pt.nn.DataParallel
    with pytest.raises(pt.ArgumentError, match="no other processes"):
        DistributedDataParallel(torch.nn.Linear(2, 1))


def test_served_names_end_with_the_withdrawal(torch):
    withdraw()
    assert "torch" not in sys.modules
