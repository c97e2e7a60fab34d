"""The rarer layers: their text, their parameters, and what they compute."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.graph.errors import ArgumentError, ShapeError
from pentad.nn import functional as F
from tests.nn.numeric import check_gradients, close, normal

IMAGE = normal(2, 4, 6, 6)


@pytest.mark.parametrize(("layer", "function"), [
    (nn.MaxPool2d(2), lambda x: F.max_pool2d(x, 2)),
    (nn.AdaptiveMaxPool2d(3), lambda x: F.adaptive_max_pool2d(x, 3)),
    (nn.LPPool2d(2, 2), lambda x: F.lp_pool2d(x, 2.0, 2)),
    (nn.ZeroPad2d(1), lambda x: F.pad(x, (1, 1, 1, 1))),
    (nn.ConstantPad2d((1, 0, 2, 0), 3.5), lambda x: F.pad(x, (1, 0, 2, 0), value=3.5)),
    (nn.ReflectionPad2d(2), lambda x: F.pad(x, (2,) * 4, "reflect")),
    (nn.ReplicationPad2d(2), lambda x: F.pad(x, (2,) * 4, "replicate")),
    (nn.CircularPad2d(2), lambda x: F.pad(x, (2,) * 4, "circular")),
    (nn.Upsample(scale_factor=2, mode="bicubic"),
     lambda x: F.interpolate(x, scale_factor=2, mode="bicubic")),
    (nn.UpsamplingNearest2d(9), lambda x: F.interpolate(x, 9)),
    (nn.UpsamplingBilinear2d(9), lambda x: F.upsample_bilinear(x, 9)),
    (nn.PixelShuffle(2), lambda x: F.pixel_shuffle(x, 2)),
    (nn.PixelUnshuffle(2), lambda x: F.pixel_unshuffle(x, 2)),
    (nn.ChannelShuffle(2), lambda x: F.channel_shuffle(x, 2)),
    (nn.Unfold(2), lambda x: F.unfold(x, 2)),
    (nn.LocalResponseNorm(3), lambda x: F.local_response_norm(x, 3)),
    (nn.CrossMapLRN2d(3), lambda x: F.local_response_norm(x, 3)),
    (nn.RReLU().eval(), lambda x: F.leaky_relu(x, (1 / 8 + 1 / 3) / 2)),
    (nn.Softmax2d(), lambda x: F.softmax(x, 1)),
])
def test_a_layer_is_its_function(layer, function):
    x = pt.tensor(np.abs(IMAGE))
    assert layer(x).tolist() == function(x).tolist()


@pytest.mark.parametrize(("layer", "text"), [
    (nn.MaxPool2d(2), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"),
    (nn.AvgPool1d(2), "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))"),
    (nn.ConstantPad1d(1, 2.5), "ConstantPad1d(padding=(1, 1), value=2.5)"),
    (nn.ZeroPad2d(1), "ZeroPad2d((1, 1, 1, 1))"),
    (nn.Upsample(scale_factor=2), "Upsample(scale_factor=2.0, mode='nearest')"),
    (nn.Softshrink(), "Softshrink(0.5)"),
    (nn.CrossEntropyLoss(), "CrossEntropyLoss()"),
    (nn.LSTM(3, 4, 2, proj_size=2), "LSTM(3, 4, proj_size=2, num_layers=2)"),
    (nn.EmbeddingBag(5, 3), "EmbeddingBag(5, 3, mode='mean')"),
    (nn.GroupNorm(2, 4, bias=False), "GroupNorm(2, 4, eps=1e-05, affine=True, bias=False)"),
    (nn.Conv1d(2, 2, 3, padding="same"),
     "Conv1d(2, 2, kernel_size=(3,), stride=(1,), padding=same)"),
    (nn.ConvTranspose1d(2, 2, 3, 2, output_padding=1),
     "ConvTranspose1d(2, 2, kernel_size=(3,), stride=(2,), output_padding=(1,))"),
    (nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh()]),
     "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Tanh()\n)"),
    (nn.LazyLinear(3), "LazyLinear(in_features=0, out_features=3, bias=True)"),
])
def test_the_text_is_pytorchs(layer, text):
    assert repr(layer) == text


# -- normalisation and dropout ---------------------------------------------------------------------


def test_instance_norm_keeps_running_statistics_if_told():
    layer = nn.InstanceNorm2d(4, track_running_stats=True, momentum=0.5).double()
    layer(pt.tensor(IMAGE))
    mean, var = IMAGE.mean((2, 3)).mean(0), IMAGE.var((2, 3), ddof=1).mean(0)
    close(layer.running_mean, 0.5 * mean)
    close(layer.running_var, 0.5 + 0.5 * var)
    layer.eval()
    scale = np.sqrt(0.5 + 0.5 * var + 1e-5)[:, None, None]
    close(layer(pt.tensor(IMAGE)), (IMAGE - 0.5 * mean[:, None, None]) / scale)
    single = nn.InstanceNorm2d(4).double()
    close(single(pt.tensor(IMAGE[0])), single(pt.tensor(IMAGE))[0].numpy())


def test_local_response_norm():
    x = normal(2, 5, 3)
    padded = np.pad(x**2, ((0, 0), (2, 1), (0, 0)))
    sums = sum(padded[:, i:i + 5] for i in range(4))
    close(F.local_response_norm(pt.tensor(x), 4, 0.1, 0.5, 2.0),
          x / np.sqrt(2 + 0.1 / 4 * sums))
    check_gradients(lambda t: F.local_response_norm(t, 3, 0.1), x)


def test_sync_batch_norm_takes_the_place_of_batch_norm():
    model = nn.Sequential(nn.Conv2d(4, 3, 1), nn.BatchNorm2d(3)).double()
    x = pt.tensor(IMAGE)
    model(x)
    model.eval()
    before = model(x)
    changed = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    assert isinstance(changed[1], nn.SyncBatchNorm)
    assert changed(x).tolist() == before.tolist()


def test_alpha_dropout_keeps_mean_and_variance():
    pt.manual_seed(1)
    x = pt.randn(200, 200)
    y = nn.AlphaDropout(0.3)(x)
    assert abs(y.mean().item()) < 0.02
    assert abs(y.var().item() - 1) < 0.03
    low = 0.7 ** 0  # p = 1 drops all
    assert F.alpha_dropout(x, 1.0, True).abs().max().item() == 0 * low
    whole = nn.FeatureAlphaDropout(0.5)(pt.ones(8, 16, 5))
    assert all(len(set(channel)) == 1 for sample in whole.tolist() for channel in sample)


def test_dropout_of_channels_knows_inputs_without_a_batch():
    pt.manual_seed(0)
    y = nn.Dropout1d(0.5)(pt.ones(64, 5))
    assert sorted({tuple(row) for row in y.tolist()}) == [(0.0,) * 5, (2.0,) * 5]
    y = nn.Dropout3d(0.5)(pt.ones(64, 2, 1, 2))
    assert {len({v for p in c for r in p for v in r}) for c in y.tolist()} == {1}
    with pytest.raises(ShapeError):
        F.dropout1d(pt.ones(2, 2, 2, 2))


def test_rrelu_draws_slopes():
    pt.manual_seed(0)
    y = nn.RReLU(0.2, 0.4)(pt.full((1000,), -1.0))
    assert -0.4 <= y.min().item() < -0.39
    assert -0.21 < y.max().item() <= -0.2
    with pytest.raises(ArgumentError):
        F.rrelu(y, 0.5, 0.1)


def test_gumbel_softmax_draws_from_the_odds():
    pt.manual_seed(0)
    logits = pt.tensor([1.0, 2.0, 0.0]).log()
    hard = F.gumbel_softmax(logits.expand(4000, 3), hard=True)
    assert hard.sum(1).tolist() == [1.0] * 4000
    close(hard.mean(0), [1 / 3, 2 / 3, 0], 0.03)
    soft = F.gumbel_softmax(pt.zeros(5, 4, requires_grad=True), tau=0.5)
    close(soft.sum(1), np.ones(5))
    with pytest.raises(ArgumentError):
        F.gumbel_softmax(logits, tau=0)


# -- rows ------------------------------------------------------------------------------------------


def test_an_embedding_shortens_rows_that_it_reads():
    weight = normal(4, 3) * 3
    layer = nn.Embedding.from_pretrained(pt.tensor(weight), max_norm=1.0)
    assert not layer.weight.requires_grad
    layer(pt.tensor([1, 1, 2]))
    norms = np.linalg.norm(np.asarray(layer.weight.numpy()), axis=1)
    close(pt.tensor(norms[[1, 2]]), [1, 1], 1e-5)
    close(layer.weight[0], weight[0])


def test_gradients_by_frequency():
    weight = pt.tensor(normal(4, 2), requires_grad=True)
    F.embedding(pt.tensor([1, 1, 2]), weight, scale_grad_by_freq=True).sum().backward()
    assert weight.grad.tolist() == [[0, 0], [1, 1], [1, 1], [0, 0]]


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_embedding_bag(mode):
    weight, index, offsets = normal(6, 3), np.array([1, 2, 4, 5, 2, 0]), [0, 2, 2]
    bags = [index[:2], index[2:2], index[2:]]
    reduce = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode]
    expected = [reduce(weight[[i for i in b if i != 4]], 0) if len(b) else np.zeros(3)
                for b in bags]
    layer = nn.EmbeddingBag(6, 3, mode=mode, padding_idx=4, _weight=pt.tensor(weight))
    close(layer(pt.tensor(index), pt.tensor(offsets)), expected)
    close(pt.compile(layer)(pt.tensor(index), pt.tensor(offsets)), expected)
    check_gradients(lambda w: F.embedding_bag(pt.tensor(index), w, pt.tensor(offsets), mode=mode,
                                              padding_idx=4), weight)
    last = F.embedding_bag(pt.tensor(index), layer.weight, pt.tensor([*offsets, 6]), mode=mode,
                           padding_idx=4, include_last_offset=True)
    close(last, expected)
    rows = F.embedding_bag(pt.tensor(index.reshape(2, 3)), pt.tensor(weight), mode=mode)
    close(rows, reduce(weight[index.reshape(2, 3)], 1))


def test_embedding_bag_weighs_samples():
    weight, share = normal(5, 2), normal(2, 3, seed=1)
    index = np.array([[0, 1, 2], [4, 4, 0]])
    close(F.embedding_bag(pt.tensor(index), pt.tensor(weight), mode="sum",
                          per_sample_weights=pt.tensor(share)),
          (weight[index] * share[..., None]).sum(1))
    with pytest.raises(ArgumentError):
        F.embedding_bag(pt.tensor(index), pt.tensor(weight), per_sample_weights=pt.tensor(share))
    with pytest.raises(ArgumentError):
        F.embedding_bag(pt.tensor(index), pt.tensor(weight), pt.tensor([0]))


# -- lazy layers -----------------------------------------------------------------------------------


def test_lazy_layers_learn_their_sizes():
    model = nn.Sequential(nn.LazyConv2d(3, 3), nn.LazyBatchNorm2d(), nn.LazyConvTranspose2d(2, 3),
                          nn.LazyInstanceNorm2d(), nn.Flatten(), nn.LazyLinear(5))
    held = list(model.parameters())
    assert model(pt.tensor(IMAGE).float()).shape == (2, 5)
    assert [type(m).__name__ for m in model] == [
        "Conv2d", "BatchNorm2d", "ConvTranspose2d", "InstanceNorm2d", "Flatten", "Linear"]
    assert model[0].in_channels == 4
    assert model[5].in_features == 72
    assert all(a is b for a, b in zip(held, model.parameters(), strict=True))
    assert all(type(p) is nn.Parameter for p in held)


def test_a_lazy_layer_takes_its_size_from_a_state():
    made = nn.Conv2d(4, 3, 3, groups=1)
    lazy = nn.LazyConv2d(3, 3)
    lazy.load_state_dict(made.state_dict())
    assert lazy(pt.ones(1, 4, 5, 5)).tolist() == made(pt.ones(1, 4, 5, 5)).tolist()
    chain = nn.Sequential(nn.LazyConv2d(3, 3), nn.LazyBatchNorm2d())
    chain.load_state_dict(nn.Sequential(made, nn.BatchNorm2d(3)).state_dict())
    assert chain[0].weight.tolist() == made.weight.tolist()


# -- containers ------------------------------------------------------------------------------------


def test_buffers_by_assignment():
    model = nn.Module()
    model.mean = nn.Buffer(pt.ones(3))
    model.cache = nn.Buffer(pt.ones(2), persistent=False)
    assert list(model.state_dict()) == ["mean"]
    assert [name for name, _ in model.named_buffers()] == ["mean", "cache"]


def test_parameter_containers():
    row = nn.ParameterList([pt.ones(2), pt.zeros(3)])
    row += [pt.ones(1)]
    assert [p.shape for p in row] == [(2,), (3,), (1,)]
    assert list(row.state_dict()) == ["0", "1", "2"]
    assert len(row[1:]) == 2
    assert row.pop().shape == (1,)
    table = nn.ParameterDict({"a": pt.ones(2)})
    table.update({"b": pt.zeros(1)})
    assert list(table.keys()) == ["a", "b"]
    assert table.pop("a").shape == (2,)
    assert "a" not in table
    assert list(table.state_dict()) == ["b"]
    assert table.get("c") is None
    chain = nn.Sequential(nn.ReLU()) + nn.Sequential(nn.Tanh())
    assert repr(chain) == "Sequential(\n  (0): ReLU()\n  (1): Tanh()\n)"
    assert isinstance(chain.pop(), nn.Tanh)


def test_activations_of_whole_numbers():
    x = pt.tensor([-3, 0, 2, 9])
    assert F.relu6(x).tolist() == [0, 0, 2, 6]
    assert F.hardtanh(x, -2, 5).tolist() == [-2, 0, 2, 5]
    assert F.threshold(x, 1, 7).tolist() == [7, 7, 2, 9]
    close(F.softsign(x), [-0.75, 0, 2 / 3, 0.9])
    close(F.softmin(pt.tensor([1.0, 2.0]), 0, pt.float64).sum(), 1)
    close(F.normalize(pt.tensor(3.0), dim=0), 1)
