"""Cases of torch.nn: functions, and layers whose parameters are set to the same numbers."""

from tests.frontends.torch.cases import case

F = "nn.functional"


def functional(names, make):
    """A case of functions of nn.functional: make(function, values, name), of the top level too
    where `top` says so."""
    case(" ".join(f"{F}.{n}" for n in names.split()),
         lambda torch, v, n: make(getattr(torch.nn.functional, n), v, n))


def both(names, make):
    """The same function in nn.functional and at the top level."""
    functional(names, make)
    case(names, lambda torch, v, n: make(getattr(torch, n), v, n))


# -- activations ---------------------------------------------------------------------------------

functional("celu elu gelu hardswish hardtanh leaky_relu logsigmoid mish relu relu6 "
           "selu sigmoid silu softplus softshrink softsign tanh tanhshrink hardshrink glu",
           lambda f, v, n: f(v.x[:, :2] if n == "glu" else v.x - 0.5))
functional("hardsigmoid", lambda f, v, n: f(v.z))
functional("celu_ elu_ hardtanh_ leaky_relu_ relu_ selu_",
           lambda f, v, n: f((v.x - 0.5).clone()))
functional("threshold threshold_", lambda f, v, n: f(v.x.clone(), 0.4, 2.0))
functional("prelu", lambda f, v, n: f(v.x - 0.5, v.s.reshape(1)))
functional("rrelu", lambda f, v, n: f(v.x - 0.5, 0.1, 0.3))
functional("rrelu_", lambda f, v, n: f((v.x - 0.5).clone(), 0.1, 0.3))
case("rrelu", lambda torch, v, n: torch.rrelu(v.x - 0.5, 0.1, 0.3))
functional("softmax log_softmax softmin", lambda f, v, n: f(v.x, dim=1))
functional("gumbel_softmax", lambda f, v, n: f(v.x, hard=True).sum(1))

# -- layers as functions -------------------------------------------------------------------------


def weights(torch, *shape):
    """Numbers for a weight, the same everywhere."""
    count = 1
    for n in shape:
        count *= n
    return (torch.arange(count, dtype=torch.float64) * 0.7).sin().reshape(shape)


def convolved(function, torch, v, n):
    """A convolution of that name over a line, an image or a body."""
    rank = int(n[-2])
    x = {1: v.cube, 2: v.image, 3: v.video}[rank] * v.x.mean()
    channels = x.shape[1]
    shape = (channels, 2) if "transpose" in n else (2, channels)
    w = weights(torch, *shape, *(2,) * rank)
    return function(x, w, weights(torch, 2), stride=2, padding=1)


CONVOLUTIONS = "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d"
case(" ".join(f"{F}.{n}" for n in CONVOLUTIONS.split()),
     lambda torch, v, n: convolved(getattr(torch.nn.functional, n), torch, v, n))
case(CONVOLUTIONS, lambda torch, v, n: convolved(getattr(torch, n), torch, v, n))
case("convolution", lambda torch, v, n: torch.convolution(
    v.image, weights(torch, 3, 2, 2, 2), None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1))
both("conv_tbc", lambda f, v, n: f(v.cube, v.cube.permute(2, 0, 1)[:, :1].expand(4, 4, 3)[:2]
                                   .contiguous(), v.u, 1))
functional("linear", lambda f, v, n: f(v.x, v.w.t(), v.labels.double()))
both("bilinear", lambda f, v, n: f(v.x, v.z, v.square.expand(2, 3, 3).contiguous()))
both("avg_pool1d max_pool1d adaptive_avg_pool1d",
     lambda f, v, n: f(v.cube * v.x.mean(), 2))
functional("avg_pool2d max_pool2d adaptive_avg_pool2d adaptive_max_pool1d adaptive_max_pool2d "
           "max_pool1d_with_indices max_pool2d_with_indices adaptive_max_pool1d_with_indices "
           "adaptive_max_pool2d_with_indices",
           lambda f, v, n: f((v.cube if "1d" in n else v.image) * v.x.mean(), 2))
functional("avg_pool3d max_pool3d adaptive_avg_pool3d adaptive_max_pool3d max_pool3d_with_indices "
           "adaptive_max_pool3d_with_indices", lambda f, v, n: f(v.video * v.x.mean(), 2))
case("max_pool2d max_pool3d adaptive_max_pool1d max_pool1d_with_indices",
     lambda torch, v, n: getattr(torch, n)(
         {"1": v.cube, "2": v.image, "3": v.video}[n[n.index("d") - 1] if "pool1" not in n
                                                   else "1"] * v.x.mean(), 2))
functional("lp_pool1d lp_pool2d lp_pool3d", lambda f, v, n: f(
    {"1": v.cube, "2": v.image, "3": v.video}[n[7]] * v.x.mean(), 2, 2))
functional("fractional_max_pool2d fractional_max_pool2d_with_indices", lambda f, v, n: f(
    v.image, 2, output_size=2, _random_samples=v.w.abs()[:1, None].expand(1, 2, 2) / 3))
functional("fractional_max_pool3d fractional_max_pool3d_with_indices", lambda f, v, n: f(
    v.video, 2, output_size=2, _random_samples=v.u.abs().expand(1, 2, 3) / 3))
functional("max_unpool1d max_unpool2d max_unpool3d", lambda f, v, n: f(
    *_pooled(v, n), 2))


def _pooled(v, n):
    """Values and the places that max pooling found for them."""
    x = {"1": v.cube, "2": v.image, "3": v.video}[n[10]]
    rank = int(n[10])
    shape = [m // 2 for m in x.shape[-rank:]]
    values = x[(..., *(slice(0, m) for m in shape))].contiguous()
    count = 1
    for m in x.shape[-rank:]:
        count *= m
    total = 1
    for m in shape:
        total *= m
    place = (values.new_ones(total).cumsum(0) - 1).long() * (count // total)
    return values, place.reshape(shape).expand(values.shape).contiguous()


functional("batch_norm", lambda f, v, n: f(
    v.x, v.u.clone(), v.u.abs(), v.u, v.u, True))
case("batch_norm", lambda torch, v, n: torch.batch_norm(
    v.x, v.u, v.u, v.u, v.u.abs(), False, 0.1, 1e-5, False))
functional("instance_norm", lambda f, v, n: f(v.cube * v.x.mean(), weight=v.u, bias=v.u))
case("instance_norm", lambda torch, v, n: torch.instance_norm(
    v.cube * v.x.mean(), v.u, v.u, None, None, True, 0.1, 1e-5, False))
both("layer_norm", lambda f, v, n: f(v.x, (3,), v.u, v.u))
both("rms_norm", lambda f, v, n: f(v.x, (3,), v.u))
both("group_norm", lambda f, v, n: f(v.image * v.x.mean(), 1))
functional("local_response_norm", lambda f, v, n: f(v.image * v.x.mean(), 2))
functional("normalize", lambda f, v, n: f(v.x))
functional("dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout",
           lambda f, v, n: f(v.video[0] * v.x.mean(), 0.5, False) if n != "dropout1d" else f(
               v.cube, 0.5, False))
case("dropout alpha_dropout feature_dropout feature_alpha_dropout",
     lambda torch, v, n: getattr(torch, n)(v.x, 0.5, False))
functional("embedding", lambda f, v, n: f(v.labels, v.square * v.x.mean()))
case("embedding", lambda torch, v, n: torch.embedding(v.square * v.x.mean(), v.labels))
functional("embedding_bag", lambda f, v, n: f(v.j, v.square * v.x.mean(), v.labels.sort()[0]))
case("embedding_bag", lambda torch, v, n: torch.embedding_bag(
    v.square * v.x.mean(), v.j, v.labels.sort()[0])[0])
functional("one_hot", lambda f, v, n: f(v.j, 4))
functional("pad", lambda f, v, n: f(v.image * v.x.mean(), (1, 1, 1, 1), "reflect"))
functional("unfold", lambda f, v, n: f(v.image * v.x.mean(), 2))
functional("fold", lambda f, v, n: f(v.image.reshape(1, 8, 4), (3, 3), 2))
functional("interpolate upsample", lambda f, v, n: f(
    v.image * v.x.mean(), scale_factor=2, mode="bilinear", align_corners=False))
functional("upsample_nearest upsample_bilinear", lambda f, v, n: f(
    v.image * v.x.mean(), scale_factor=2))
both("pixel_shuffle", lambda f, v, n: f(v.image.reshape(1, 4, 2, 4) * v.x.mean(), 2))
both("pixel_unshuffle", lambda f, v, n: f(v.image * v.x.mean(), 2))
both("channel_shuffle", lambda f, v, n: f(v.image, 2))
functional("native_channel_shuffle", lambda f, v, n: f(v.image, 2))
functional("affine_grid", lambda f, v, n: f(v.x.reshape(1, 2, 3), (1, 1, 2, 2), False))
case("affine_grid_generator", lambda torch, v, n: torch.affine_grid_generator(
    v.x.reshape(1, 2, 3), (1, 1, 2, 2), False))
functional("grid_sample", lambda f, v, n: f(v.image, (v.x[:, :2] * 2 - 1).reshape(
    1, 2, 1, 2), align_corners=False))
case("grid_sampler grid_sampler_2d", lambda torch, v, n: getattr(torch, n)(
    v.image, (v.x[:, :2] * 2 - 1).reshape(1, 2, 1, 2), 0, 1, False))
case("grid_sampler_3d", lambda torch, v, n: torch.grid_sampler_3d(
    v.video, (v.x * 2 - 1).reshape(1, 2, 1, 1, 3), 0, 0, True))
functional("scaled_dot_product_attention", lambda f, v, n: f(v.x[None], v.y[None], v.z[None]))
functional("grouped_mm", lambda f, v, n: v.batch.matmul(v.other))
functional("pairwise_distance cosine_similarity", lambda f, v, n: f(v.x, v.y))
functional("pdist", lambda f, v, n: f(v.x))
functional("multi_head_attention_forward", lambda f, v, n: f(
    v.x[:, None].expand(2, 1, 3), v.y[:, None], v.z[:, None], 3, 1,
    v.square.repeat(3, 1), v.u.repeat(3), None, None, False, 0.0, v.square, v.u, training=False))

# -- losses --------------------------------------------------------------------------------------

functional("mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy kl_div "
           "poisson_nll_loss", lambda f, v, n: f(v.x, (v.y - 1)))
functional("binary_cross_entropy_with_logits multilabel_soft_margin_loss", lambda f, v, n: f(
    v.x, v.b.double()))
functional("soft_margin_loss hinge_embedding_loss", lambda f, v, n: f(
    v.x, v.b.double() * 2 - 1))
functional("cross_entropy nll_loss multi_margin_loss", lambda f, v, n: f(v.x, v.labels))
functional("multilabel_margin_loss", lambda f, v, n: f(v.x, v.k - 1))
functional("gaussian_nll_loss", lambda f, v, n: f(v.x, v.y, v.z.abs()))
functional("margin_ranking_loss", lambda f, v, n: f(v.x, v.y, v.b.double() * 2 - 1))
functional("cosine_embedding_loss", lambda f, v, n: f(v.x, v.z, v.labels - 1))
functional("triplet_margin_loss triplet_margin_with_distance_loss",
           lambda f, v, n: f(v.x, v.y, v.z))
functional("linear_cross_entropy", lambda f, v, n: f(v.x, v.square, v.labels))
case("kl_div", lambda torch, v, n: torch.kl_div(v.x, v.y - 1, 2))
case("hinge_embedding_loss", lambda torch, v, n: torch.hinge_embedding_loss(
    v.x, v.b.double() * 2 - 1, 1.0, 2))
case("binary_cross_entropy_with_logits", lambda torch, v, n: torch.
     binary_cross_entropy_with_logits(v.x, v.b.double(), None, None, 1))
case("margin_ranking_loss", lambda torch, v, n: torch.margin_ranking_loss(
    v.x, v.y, v.b.double() * 2 - 1, 0.5, 2))
case("cosine_embedding_loss", lambda torch, v, n: torch.cosine_embedding_loss(
    v.x, v.z, v.labels - 1, 0.1, 1))
case("poisson_nll_loss", lambda torch, v, n: torch.poisson_nll_loss(
    v.x, v.y, True, False, 1e-8, 1))
case("triplet_margin_loss", lambda torch, v, n: torch.triplet_margin_loss(
    v.x, v.y, v.z, reduction=1))


def _spoken(v):
    """Log-probabilities [4, 1, 3], labels, lengths."""
    scores = (v.cube[0].t() * v.x.mean()).unsqueeze(1).log_softmax(2)
    return scores, v.j.clamp(min=1)[None, :2], (4,), (2,)


functional("ctc_loss", lambda f, v, n: f(*_spoken(v)))
case("ctc_loss", lambda torch, v, n: torch.ctc_loss(*_spoken(v), 0, 1))
