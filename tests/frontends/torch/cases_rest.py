"""Cases of making tensors, functions of functions, optimisers, schedules."""

from tests.frontends.torch.cases import case

# -- making tensors ------------------------------------------------------------------------------

case("tensor as_tensor", lambda torch, v, n: getattr(torch, n)([[1.5, 2.0], [0.0, -1.0]]))
case("zeros ones", lambda torch, v, n: getattr(torch, n)(2, 3))
case("full", lambda torch, v, n: torch.full((2, 3), 7))
case("zeros_like ones_like", lambda torch, v, n: getattr(torch, n)(v.x))
case("full_like", lambda torch, v, n: torch.full_like(v.i, 3))
case("empty empty_like", lambda torch, v, n: list(
    torch.empty(2, 3).shape if n == "empty" else torch.empty_like(v.x).shape))
case("arange", lambda torch, v, n: [torch.arange(5), torch.arange(1, 2, 0.25)])
case("linspace logspace", lambda torch, v, n: getattr(torch, n)(0.0, 1.0, 5))
case("eye", lambda torch, v, n: torch.eye(2, 3))
case("from_numpy", lambda torch, v, n: torch.from_numpy(v.u.numpy()))
case("from_dlpack", lambda torch, v, n: torch.from_dlpack(v.u))
case("Tensor.new_zeros Tensor.new_ones", lambda torch, v, n: getattr(v.x, n)(2, 2))
case("Tensor.new_full", lambda torch, v, n: v.x.new_full((2, 2), 3.0))
case("Tensor.new_tensor Tensor.new", lambda torch, v, n: getattr(v.u, n)([1.0, 2.0]))
case("Tensor.new_empty Tensor.new_empty_strided", lambda torch, v, n: list(
    getattr(v.x, n)((2, 2), *([(1, 2)] if n.endswith("d") else [])).stride()))
case("FloatTensor DoubleTensor HalfTensor LongTensor IntTensor ByteTensor BoolTensor",
     lambda torch, v, n: getattr(torch, n)([1, 0, 2]))
case("Tensor.float Tensor.double Tensor.half Tensor.bfloat16 Tensor.long Tensor.int Tensor.short "
     "Tensor.char Tensor.byte Tensor.bool Tensor.cfloat Tensor.cdouble Tensor.cpu",
     lambda torch, v, n: getattr(v.y * 2, n)())
case("Tensor.to", lambda torch, v, n: [v.x.to(torch.float32), v.x.to("cpu"), v.i.to(v.f)])
case("Tensor.type", lambda torch, v, n: [v.x.type(torch.FloatTensor), v.x.type(torch.int32)])
case("Tensor.type_as", lambda torch, v, n: v.x.type_as(v.f))
case("Tensor.numpy Tensor.tolist", lambda torch, v, n: getattr(v.y, n)())
case("Tensor.item", lambda torch, v, n: v.s.item())
case("Tensor.fill_", lambda torch, v, n: v.u.fill_(2.5))
case("Tensor.zero_", lambda torch, v, n: v.u.zero_())
case("Tensor.copy_", lambda torch, v, n: v.u.copy_(v.row[0]))
case("Tensor.set_", lambda torch, v, n: v.u.set_(v.up))
case("Tensor.as_subclass", lambda torch, v, n: v.x.as_subclass(torch.Tensor))
case("Tensor.module_load", lambda torch, v, n: v.u.module_load(v.row[0]))
case("Tensor.size Tensor.stride Tensor.dim Tensor.ndimension Tensor.nelement "
     "Tensor.element_size Tensor.storage_offset Tensor.dense_dim Tensor.get_device "
     "Tensor.is_contiguous Tensor.is_pinned",
     lambda torch, v, n: list(found) if isinstance(
         found := getattr(v.y[:, 1:], n)(), tuple) else found)
case("Tensor.shape Tensor.ndim Tensor.itemsize Tensor.nbytes Tensor.dtype Tensor.is_leaf "
     "Tensor.requires_grad Tensor.output_nr Tensor.is_cpu Tensor.is_cuda Tensor.is_ipu "
     "Tensor.is_maia Tensor.is_meta Tensor.is_mkldnn Tensor.is_mps Tensor.is_mtia "
     "Tensor.is_nested Tensor.is_quantized Tensor.is_sparse Tensor.is_sparse_csr Tensor.is_xla "
     "Tensor.is_xpu Tensor.retains_grad Tensor.volatile Tensor.name Tensor.device Tensor.grad_fn "
     "Tensor.grad",
     lambda torch, v, n: list(found) if isinstance(found := getattr(v.y, n), tuple) else found)
case("Tensor.data", lambda torch, v, n: v.x.data)
case("Tensor.grad_dtype", lambda torch, v, n: v.x.grad_dtype)
case("Tensor.is_set_to", lambda torch, v, n: [v.x.is_set_to(v.x), v.x.is_set_to(v.y)])
case("is_nonzero Tensor.is_nonzero", lambda torch, v, n: [torch.is_nonzero(v.s),
                                                          v.s.is_nonzero()])
case("is_tensor", lambda torch, v, n: [torch.is_tensor(v.x), torch.is_tensor(1)])
case("get_device", lambda torch, v, n: torch.get_device(v.x))
case("result_type", lambda torch, v, n: [torch.result_type(v.i, 1.5), torch.result_type(v.f, v.x),
                                         torch.result_type(v.i, v.n)])
case("can_cast", lambda torch, v, n: [torch.can_cast(a, b) for a, b in (
    (torch.float64, torch.float32), (torch.float32, torch.int64), (torch.int64, torch.uint8),
    (torch.int32, torch.bool), (torch.complex64, torch.float32))])
case("promote_types", lambda torch, v, n: torch.promote_types(torch.int32, torch.float16))
case("finfo", lambda torch, v, n: [
    getattr(torch.finfo(d), a) for d in (torch.float32, torch.float64, torch.float16,
                                         torch.bfloat16)
    for a in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "dtype")])
case("iinfo", lambda torch, v, n: [getattr(torch.iinfo(d), a) for d in (
    torch.uint8, torch.int16, torch.int32) for a in ("bits", "max", "min", "dtype")])
case("device", lambda torch, v, n: [str(torch.device(*a)) for a in (
    ("cpu",), ("cuda", 1), ("cuda:0",))] + [torch.device("cuda", 1).index,
                                             torch.device("cpu").type])
case("Size", lambda torch, v, n: [torch.Size([2, 3]).numel(), len(torch.Size([2, 3]))])
case("Tensor.to_sparse Tensor.to_sparse_coo Tensor.to_dense Tensor.values Tensor.indices "
     "Tensor.coalesce", lambda torch, v, n: _sparse(torch, v, n))


def _sparse(torch, v, n):
    sparse = v.square.to_sparse()
    if n in ("values", "indices", "coalesce"):
        sparse = sparse.coalesce()
    if n in ("values", "indices"):
        return getattr(sparse, n)()
    if n == "to_dense":
        return sparse.to_dense()
    found = sparse.coalesce() if n == "coalesce" else getattr(v.square, n)()
    return found.to_dense()


# -- Fourier, complex, signal --------------------------------------------------------------------

case("fft.fft fft.ifft fft.fftn fft.ifft2 fft.fft2 fft.rfft fft.rfftn fft.hfft fft.ihfft fft.irfft "
     "fft.irfftn fft.ifftn fft.irfft2 fft.rfft2 fft.fftshift fft.ifftshift",
     lambda torch, v, n: getattr(torch.fft, n)(v.x))
case("fft.fftfreq fft.rfftfreq", lambda torch, v, n: getattr(torch.fft, n)(5))
case("stft Tensor.stft", lambda torch, v, n: torch.stft(
    v.video.flatten(), 8, window=torch.ones(8, dtype=torch.float64), return_complex=True).abs())
case("istft Tensor.istft", lambda torch, v, n: torch.istft(torch.stft(
    v.video.flatten(), 8, window=torch.ones(8, dtype=torch.float64), return_complex=True), 8,
    window=torch.ones(8, dtype=torch.float64)))

# -- functions of functions ----------------------------------------------------------------------


def _cubed(x):
    return (x ** 3).sum()


case("func.grad func.hessian func.jacrev func.jacfwd", lambda torch, v, n: getattr(
    torch.func, n)(_cubed)(v.u))
case("func.grad_and_value", lambda torch, v, n: torch.func.grad_and_value(_cubed)(v.u))
case("func.vjp", lambda torch, v, n: torch.func.vjp(_cubed, v.u)[1](v.s))
case("func.jvp", lambda torch, v, n: torch.func.jvp(_cubed, (v.u,), (v.u,)))
case("func.linearize", lambda torch, v, n: torch.func.linearize(_cubed, v.u)[1](v.u))
case("func.vmap vmap", lambda torch, v, n: torch.vmap(_cubed)(v.square))
case("func.functional_call", lambda torch, v, n: torch.func.functional_call(
    torch.nn.Linear(3, 1, bias=False).double(), {"weight": v.row}, (v.x,)))
case("func.functionalize", lambda torch, v, n: torch.func.functionalize(lambda x: x.clone().add_(
    1))(v.u))
case("func.debug_unwrap", lambda torch, v, n: torch.func.debug_unwrap(v.u))
FUNCTIONAL = "autograd.functional"
case(f"{FUNCTIONAL}.jacobian", lambda torch, v, n: torch.autograd.functional.jacobian(
    lambda a, b: (a * b, a.sum()), (v.u, v.u * 2)))
case(f"{FUNCTIONAL}.hessian", lambda torch, v, n: [
    torch.autograd.functional.hessian(_cubed, v.u),
    torch.autograd.functional.hessian(lambda a, b: (a * b).sum() ** 2, (v.u, v.u * 2))])
case(f"{FUNCTIONAL}.vjp", lambda torch, v, n: torch.autograd.functional.vjp(
    lambda a: a ** 2, v.u, v.u))
case(f"{FUNCTIONAL}.jvp", lambda torch, v, n: torch.autograd.functional.jvp(
    lambda a: a ** 2, v.u, v.u))
case(f"{FUNCTIONAL}.vhp {FUNCTIONAL}.hvp", lambda torch, v, n: getattr(
    torch.autograd.functional, n)(_cubed, v.u, v.u * 2))
case("autograd.grad", lambda torch, v, n: torch.autograd.grad((v.x ** 2).sum(), v.x))


def _backward(torch, v, n):
    if v.x.grad is not None:
        v.x.grad = None
    own = v.y.clone().requires_grad_()
    if n == "backward":
        torch.autograd.backward([(own ** 2).sum(), (own ** 3).sum()])
    (own ** 2).sum().backward()
    return own.grad


case("autograd.backward Tensor.backward", _backward)


# -- optimisers and schedules --------------------------------------------------------------------


def _trained(torch, v, n, **options):
    """The weights after five steps on a small problem."""
    weight = v.square[:2].clone().requires_grad_()
    made = getattr(torch.optim, n)([weight], **options)

    def closure():
        made.zero_grad()
        loss = ((weight * v.y).sin() ** 2).sum()
        loss.backward()
        return loss

    losses = [made.step(closure).detach() for _ in range(5)]
    return [weight.detach(), *losses]


case("optim.Adam optim.AdamW optim.Adamax optim.Adadelta optim.Adagrad optim.ASGD optim.NAdam "
     "optim.RAdam optim.RMSprop optim.Rprop optim.SGD optim.LBFGS optim.Adafactor optim.Muon",
     lambda torch, v, n: _trained(torch, v, n, lr=0.05))
S = "optim.lr_scheduler"
SCHEDULES = {
    "ConstantLR": {"total_iters": 3}, "CosineAnnealingLR": {"T_max": 4},
    "CosineAnnealingWarmRestarts": {"T_0": 3}, "ExponentialLR": {"gamma": 0.5},
    "CyclicLR": {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 2},
    "LambdaLR": {"lr_lambda": lambda i: 1 / (i + 1)}, "LinearLR": {"total_iters": 3},
    "MultiStepLR": {"milestones": [2, 4]}, "MultiplicativeLR": {"lr_lambda": lambda i: 0.9},
    "OneCycleLR": {"max_lr": 1.0, "total_steps": 10}, "PolynomialLR": {"total_iters": 4},
    "StepLR": {"step_size": 2},
}


def _rates(torch, v, n, made=None):
    optimizer = torch.optim.SGD([v.u.requires_grad_()], lr=1.0, momentum=0.9)
    places = torch.optim.lr_scheduler
    if n == "ChainedScheduler":
        made = places.ChainedScheduler([places.StepLR(optimizer, 2),
                                        places.ExponentialLR(optimizer, 0.5)])
    elif n == "SequentialLR":
        made = places.SequentialLR(optimizer, [places.StepLR(optimizer, 2),
                                               places.ExponentialLR(optimizer, 0.5)], [3])
    elif n == "LRScheduler":
        made = places.StepLR(optimizer, 2)
        assert isinstance(made, places.LRScheduler)
    elif n == "ReduceLROnPlateau":
        made = places.ReduceLROnPlateau(optimizer, patience=1)
    else:
        made = getattr(places, n)(optimizer, **SCHEDULES[n])
    found = []
    for _ in range(6):
        optimizer.step()
        made.step(*([1.0] if n == "ReduceLROnPlateau" else []))
        found.append(optimizer.param_groups[0]["lr"])
    return found


case(" ".join(f"{S}.{n}" for n in (*SCHEDULES, "ChainedScheduler", "SequentialLR", "LRScheduler",
                                   "ReduceLROnPlateau")), _rates)
case("func.rearrange", lambda torch, v, n: torch.func.rearrange(v.cube, "a b c -> (c a) b"))
