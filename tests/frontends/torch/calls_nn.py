"""torch.nn, torch.optim, torch.utils.data: what are no layers with numbers of PyTorch's own."""

from __future__ import annotations

import numpy as np

from tests.frontends.torch.values import close, refused, same, table, torch

calls = table()
nn = torch.nn
N, I, U, O = "torch.nn", "torch.nn.init", "torch.nn.utils", "torch.optim"


@calls(N, "Module Container")
def module(base):
    class Net(base):
        def __init__(self):
            super().__init__()
            self.part = nn.Linear(2, 1)

        def forward(self, x):
            return self.part(x)

    net = Net()
    assert list(net.state_dict()) == ["part.weight", "part.bias"]
    assert net(torch.ones(3, 2)).shape == (3, 1)


@calls(N, "DataParallel")
def parallel(wrap):
    net = wrap(nn.Linear(2, 1))
    assert list(net.state_dict()) == ["module.weight", "module.bias"]
    assert net(torch.ones(3, 2)).shape == (3, 1)


calls(N, "factory_kwargs", lambda f: f({"dtype": torch.float64}) == {"dtype": torch.float64}
      and refused(lambda: f({"size": 3})))
calls(N, "SyncBatchNorm", lambda make: make(2)(torch.randn(4, 2)).shape == (4, 2))
calls(N, "RNNBase", lambda base: issubclass(nn.LSTM, base))
calls(N, "RNNCellBase", lambda base: issubclass(nn.GRUCell, base))
calls(N, "UninitializedParameter", lambda kind: isinstance(nn.LazyLinear(2).weight, kind))
calls(N, "UninitializedBuffer", lambda kind: isinstance(nn.LazyBatchNorm1d().running_mean, kind))


@calls(N, "LinearCrossEntropyLoss")
def projected(make):
    loss = make(3, 4)
    assert loss(torch.randn(5, 3), torch.tensor([0, 1, 2, 3, 0])).shape == ()


calls(N, "LinearCrossEntropyOptions", lambda make: make() is not None)

# -- initial values --------------------------------------------------------------------------------


def weight():
    return torch.empty(4, 4)


calls(I, "uniform_ normal_ trunc_normal_ xavier_uniform_ xavier_normal_ kaiming_uniform_ "
         "kaiming_normal_ uniform normal xavier_uniform xavier_normal kaiming_uniform "
         "kaiming_normal", lambda f: len(set(f(weight()).flatten().tolist())) > 4)
calls(I, "constant_ constant", lambda f: same(f(weight(), 3.0), np.full((4, 4), 3)))
calls(I, "ones_", lambda f: same(f(weight()), np.ones((4, 4))))
calls(I, "zeros_", lambda f: same(f(weight()), np.zeros((4, 4))))
calls(I, "eye_ eye", lambda f: same(f(weight()), np.eye(4)))
calls(I, "dirac_ dirac", lambda f: float(f(torch.empty(2, 2, 3)).sum()) == 2)
calls(I, "orthogonal_ orthogonal", lambda f: close(
    (q := f(weight())) @ q.T, np.eye(4), 1e-5))
calls(I, "sparse_ sparse", lambda f: float((f(weight(), 0.5) == 0).sum()) == 8)
calls(I, "calculate_gain", lambda f: f("relu") == np.sqrt(2))

# -- utilities -------------------------------------------------------------------------------------


def trained():
    net = nn.Linear(3, 2)
    (net(torch.ones(1, 3)) * 10).sum().backward()
    return list(net.parameters())


@calls(U, "clip_grad_norm_ clip_grad_norm")
def clipped(f):
    given = trained()
    before = f(given, 1.0)
    assert float(before) > 1
    assert abs(float(torch.stack([p.grad.norm() for p in given]).norm()) - 1) < 1e-4


calls(U, "clip_grad_value_", lambda f: f(p := trained(), 0.5) is None
      and max(float(q.grad.max()) for q in p) == 0.5)
calls(U, "clip_grads_with_norm_", lambda f: f(p := trained(), 1.0, torch.tensor(2.0)) is None
      and abs(float(p[1].grad[0]) - 5) < 1e-4)
calls(U, "get_total_norm", lambda f: close(f([torch.tensor([3.0]), torch.tensor([4.0])]), 5.0))
calls(U, "parameters_to_vector", lambda f: f(nn.Linear(3, 2).parameters()).shape == (8,))
calls(U, "vector_to_parameters", lambda f: f(torch.ones(8), (net := nn.Linear(3, 2)).parameters())
      is None and same(net.weight, np.ones((2, 3))))
calls(U, "convert_conv2d_weight_memory_format", lambda f: f(
    nn.Conv2d(3, 2, 2), torch.channels_last).weight.shape == (2, 3, 2, 2))
calls(U, "convert_conv3d_weight_memory_format", lambda f: f(
    nn.Conv3d(3, 2, 2), torch.channels_last_3d).weight.shape == (2, 3, 2, 2, 2))


@calls(U, "fuse_conv_bn_eval fuse_linear_bn_eval")
def fused(f, name):
    layer = nn.Conv2d(2, 3, 2) if "conv" in name else nn.Linear(2, 3)
    norm = nn.BatchNorm2d(3) if "conv" in name else nn.BatchNorm1d(3)
    norm.running_mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    x = torch.randn(2, 2, 4, 4) if "conv" in name else torch.randn(2, 2)
    layer.eval(), norm.eval()
    close(f(layer, norm)(x), norm(layer(x)).detach().numpy(), 1e-5)


@calls(U, "fuse_conv_bn_weights fuse_linear_bn_weights")
def fused_weights(f, name):
    shape = (3, 2, 2, 2) if "conv" in name else (3, 2)
    one = torch.ones(3)
    made, bias = f(torch.ones(shape), None, one * 2, one, 0.0, one * 3, one)
    same(made, np.full(shape, 3))
    same(bias, [-5, -5, -5])


@calls(U, "weight_norm remove_weight_norm spectral_norm remove_spectral_norm")
def normed(f, name):
    kind = name.removeprefix("remove_")
    net = getattr(nn.utils, kind)(nn.Linear(3, 2))
    assert len(dict(net.named_parameters())) == (3 if kind == "weight_norm" else 2)
    if name.startswith("remove"):
        f(net)
    assert net(torch.ones(1, 3)).shape == (1, 2)


calls(U, "skip_init", lambda f: f(nn.Linear, 3, 2).weight.shape == (2, 3))
P, R = f"{U}.parametrize", f"{U}.rnn"
calls(f"{U}.parametrizations", "orthogonal", lambda f: close(
    (q := f(nn.Linear(3, 3)).weight) @ q.T, np.eye(3), 1e-5))
calls(f"{U}.parametrizations", "spectral_norm weight_norm", lambda f: f(nn.Linear(3, 2))(
    torch.ones(1, 3)).shape == (1, 2))


class Double(nn.Module):
    def forward(self, x):
        return x * 2


def doubled():
    net = nn.Linear(2, 2)
    return nn.utils.parametrize.register_parametrization(net, "weight", Double())


calls(P, "register_parametrization", lambda f: f(net := nn.Linear(2, 2), "bias", Double()) is net
      and nn.utils.parametrize.is_parametrized(net, "bias"))
calls(P, "is_parametrized", lambda f: f(doubled()) and not f(nn.Linear(2, 2)))
calls(P, "remove_parametrizations", lambda f: not nn.utils.parametrize.is_parametrized(
    f(doubled(), "weight")))
calls(P, "ParametrizationList", lambda kind: isinstance(doubled().parametrizations.weight, kind))
calls(P, "type_before_parametrizations", lambda f: f(doubled()) is nn.Linear)


@calls(P, "cached")
def cached(f):
    net = doubled()
    with f():
        assert net.weight is net.weight


@calls(P, "transfer_parametrizations_and_params")
def transferred(f):
    source, target = doubled(), nn.Linear(2, 2)
    f(source, target)
    same(target.weight, source.weight.detach().numpy())


calls(R, "pad_sequence", lambda f: same(f([torch.ones(2), torch.ones(1)], batch_first=True),
                                        [[1, 1], [1, 0]]))
calls(R, "unpad_sequence", lambda f: [len(t) for t in f(torch.ones(2, 2), torch.tensor([2, 1]))]
      == [2, 1])
calls(R, "pack_sequence", lambda f: f([torch.ones(2), torch.ones(1)]).batch_sizes.tolist()
      == [2, 1])
calls(R, "pack_padded_sequence PackedSequence", lambda f, name: isinstance(
    packed := nn.utils.rnn.pack_padded_sequence(torch.ones(2, 2), [2, 1]),
    nn.utils.rnn.PackedSequence) and packed.data.shape == (3,))
calls(R, "pad_packed_sequence", lambda f: f(nn.utils.rnn.pack_sequence(
    [torch.ones(2), torch.ones(1)]))[1].tolist() == [2, 1])
calls(R, "unpack_sequence", lambda f: [len(t) for t in f(nn.utils.rnn.pack_sequence(
    [torch.ones(2), torch.ones(1)]))] == [2, 1])
calls(R, "invert_permutation", lambda f: same(f(torch.tensor([2, 0, 1])), [1, 2, 0]))

# -- optimisers ------------------------------------------------------------------------------------

calls(O, "Optimizer", lambda base: issubclass(torch.optim.SGD, base))


@calls(O, "SparseAdam")
def sparse_adam(make):
    table = nn.Embedding(4, 2)
    before = table.weight.detach().clone()
    step = make(table.parameters(), lr=0.1)
    table(torch.tensor([1])).sum().backward()
    step.step()
    changed = (table.weight != before).any(1)
    same(changed, [False, True, False, False])


@calls(O, "swap_in_optimizer_params_and_state")
def swapped(swap):
    own, other = nn.Linear(2, 1), nn.Linear(2, 1)
    optimizer = torch.optim.SGD(own.parameters(), lr=0.1)
    with swap(optimizer, dict(other.named_parameters()), optimizer.state_dict()):
        assert optimizer.param_groups[0]["params"][0] is other.weight
    assert optimizer.param_groups[0]["params"][0] is own.weight
