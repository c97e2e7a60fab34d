"""Cases of functions and methods of tensors: element by element, reductions, order."""

from tests.frontends.torch.cases import case, row

# -- element by element --------------------------------------------------------------------------

row("abs absolute acos arccos asin arcsin asinh arcsinh atan arctan atanh arctanh ceil cos cosh "
    "deg2rad digamma erf erfc erfinv exp exp2 expm1 fix floor frac i0 lgamma log log10 log1p log2 "
    "logit neg negative rad2deg reciprocal relu round rsqrt sgn sigmoid sign sin sinc sinh sqrt "
    "square tan tanh trunc positive nan_to_num signbit isfinite isinf isnan isneginf isposinf "
    "isreal logical_not angle entr erfcx expit i0e i1 i1e log_ndtr ndtr ndtri gammaln psi "
    "airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 modified_bessel_i0 modified_bessel_i1 "
    "modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0 scaled_modified_bessel_k1 "
    "spherical_bessel_j0 clone detach resolve_conj resolve_neg is_complex is_conj "
    "is_floating_point is_inference is_neg is_signed numel hardshrink selu celu", "x")
row("acosh arccosh", "y")
row("conj conj_physical imag real view_as_real adjoint", "c")
case("Tensor.imag Tensor.real", lambda torch, v, n: getattr(v.c, n))
case("view_as_complex", lambda torch, v, n: torch.view_as_complex(v.batch).real)
case("Tensor.conj_physical_", lambda torch, v, n: v.c.clone().conj_physical_())
row("add sub subtract mul multiply div divide true_divide maximum minimum fmax fmin fmod remainder "
    "pow float_power atan2 arctan2 hypot logaddexp logaddexp2 copysign nextafter "
    "xlogy xlog1py eq ne not_equal gt greater ge greater_equal lt less le less_equal "
    "logical_and logical_or logical_xor isclose equal allclose is_same_size dist ldexp", "x y")
row("floor_divide heaviside igamma igammac gammainc gammaincc zeta", "y y")
row("rsub", "x y")
row("bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift gcd lcm", "i k")
row("bitwise_not", "i")
row("clamp clip", "x", 0.3, 0.6)
row("clamp_min clamp_max", "x", 0.4)
row("threshold", "x", 0.4, 2.0)
row("lerp", "x y z")
row("addcmul addcdiv", "x y z", value=0.5)
row("polygamma", "", 1, lambda v: v.x, places=("torch", "torch.special"))
case("Tensor.polygamma", lambda torch, v, n: v.x.polygamma(1))
case("Tensor.polygamma_", lambda torch, v, n: v.x.clone().polygamma_(1))
row("mvlgamma multigammaln", "y", 2)
row("where", "b x y", places=("torch",))
case("Tensor.where", lambda torch, v, n: v.x.where(v.b, v.y))
row("masked_fill", "x b", 3.0)
row("masked_scatter", "x b y")
row("masked_select", "x b")
row("frexp", "y")
row("complex", "u u", places=("torch",))
row("polar", "u u", places=("torch",))
row("prelu", "x", lambda v: v.s.reshape(1))
row("chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w "
    "hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p "
    "shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v "
    "shifted_chebyshev_polynomial_w", "z", 3)
case("special.round", lambda torch, v, n: torch.special.round(v.z, decimals=1))

# -- reductions and order ------------------------------------------------------------------------

row("sum mean prod amax amin max min all any argmax argmin std var count_nonzero median nanmedian "
    "nansum nanmean logsumexp norm mode std_mean var_mean aminmax cumsum cumprod logcumsumexp "
    "cummax cummin diff sort argsort msort nonzero argwhere unique quantile nanquantile",
    "x")
row("sum mean amax amin max min argmax argmin std var logsumexp cumsum cumprod logcumsumexp cummax "
    "cummin std_mean var_mean softmax log_softmax median prod", "x", 1)
row("all any", "b", 1)
row("quantile nanquantile", "x", 0.3)
row("kthvalue", "x", 2)
row("topk", "x", 2)
row("renorm", "x", 2, 0, 0.5)
row("bincount", "j")
row("histc", "x", 4, 0, 1)
row("histogram", "x", 4, range=(0.0, 1.0))
case("histogram Tensor.histogram", lambda torch, v, n: torch.histogram(
    v.x.detach(), 4, range=(0.0, 1.0)))
case("histogramdd", lambda torch, v, n: torch.histogramdd(
    v.w, [2, 2], range=[-2.0, 2.0, -2.0, 2.0])[0])
row("searchsorted bucketize", "", lambda v: v.z, lambda v: v.up, places=())
case("searchsorted", lambda torch, v, n: torch.searchsorted(v.up, v.z))
case("bucketize", lambda torch, v, n: torch.bucketize(v.z, v.up))
row("isin", "", lambda v: v.i, lambda v: v.k, places=("torch",))
row("unique_consecutive", "j")
row("gradient", "up", places=("torch",))
row("trapezoid trapz cumulative_trapezoid", "x", places=("torch",))
row("cov corrcoef", "x")
row("cdist", "x y", places=("torch",))
case("Tensor.unique", lambda torch, v, n: v.j.unique(return_counts=True))
row("hash_tensor", "i")
row("cross", "", lambda v: v.x, lambda v: v.y, dim=1)
row("multinomial", "", lambda v: (v.x * 0 + 1).detach(), 3, False)
case("multinomial Tensor.multinomial", lambda torch, v, n: v.y.multinomial(3).sort(1)[0])

# -- shapes and parts ----------------------------------------------------------------------------

row("reshape view", "x", (3, 2))
case("Tensor.reshape_as Tensor.view_as", lambda torch, v, n: getattr(v.x, n)(v.w))
row("flatten ravel t fliplr flipud unbind atleast_1d atleast_2d atleast_3d contiguous", "x")
row("unflatten", "x", 1, (3, 1))
row("permute", "cube", (2, 0, 1))
row("transpose swapaxes swapdims movedim moveaxis", "x", 0, 1)
row("squeeze", "row", 0)
row("unsqueeze", "x", 1)
row("narrow", "x", 1, 1, 2)
row("select", "x", 1, 2)
row("split chunk tensor_split unsafe_split unsafe_chunk", "cube", 2)
row("split_with_sizes unsafe_split_with_sizes", "cube", [2, 2], 2)
row("hsplit", "cube", 3)
row("vsplit", "cube", 2)
row("dsplit", "cube", 2)
row("expand broadcast_to", "row", (2, 3))
case("Tensor.expand_as", lambda torch, v, n: v.row.expand_as(v.x))
row("flip", "x", (0, 1))
row("roll", "x", 1, 1)
row("rot90", "x")
row("tile", "x", (2, 1))
case("Tensor.repeat", lambda torch, v, n: v.x.repeat(2, 1))
row("repeat_interleave", "x", 2)
row("diag diagonal diag_embed diagflat tril triu trace", "square")
row("tril triu", "x")
row("diagonal_scatter", "square u")
row("select_scatter", "x", lambda v: v.u, 0, 1)
row("slice_scatter", "x row", 0, 1, 2)
row("as_strided", "square", (2, 2), (1, 2))
row("gather", "x", 1, lambda v: v.k % 3)
row("scatter scatter_add", "x", 1, lambda v: v.k % 3, lambda v: v.y)
row("scatter_reduce", "x", 1, lambda v: v.k % 3, lambda v: v.y, reduce="amax")
row("index_select", "x", 1, lambda v: v.j)
row("index_add index_copy", "x", 1, lambda v: v.j[:3], lambda v: v.y)
row("index_fill", "x", 1, lambda v: v.j[:2], 5.0)
row("index_reduce", "x", 1, lambda v: v.j[:3], lambda v: v.y, reduce="prod")
row("index_put", "x", lambda v: (v.labels % 2,), lambda v: v.u)
row("put", "x", lambda v: v.j[:2], lambda v: v.u[:2])
row("take", "x", lambda v: v.j)
row("take_along_dim", "x", lambda v: v.k % 3, 1)
case("Tensor.fill_diagonal_", lambda torch, v, n: v.square.fill_diagonal_(2.0))
case("Tensor.unfold", lambda torch, v, n: v.up.unfold(0, 2, 2))
case("Tensor.sum_to_size", lambda torch, v, n: v.x.sum_to_size(1, 3))
case("Tensor.resize_", lambda torch, v, n: v.z.resize_(3, 2))
case("Tensor.resize Tensor.resize_as", lambda torch, v, n: getattr(v.x, n)(
    *((3, 2) if n == "resize" else (v.w,))))
case("Tensor.resize_as_", lambda torch, v, n: v.z.resize_as_(v.w))
case("Tensor.T Tensor.mT Tensor.H Tensor.mH", lambda torch, v, n: getattr(v.x, n))
case("Tensor.dim_order", lambda torch, v, n: v.cube.permute(2, 0, 1).dim_order())
row("slice_inverse", "", lambda v: v.up[1:3], lambda v: v.up, 0, 1, 3)
row("nonzero_static", "b", size=5)
case("cat concat concatenate hstack vstack row_stack column_stack dstack stack block_diag "
     "cartesian_prod",
     lambda torch, v, n: getattr(torch, n)(
         (v.x, v.y)) if n not in ("block_diag", "cartesian_prod") else getattr(torch, n)(v.u, v.u))
case("combinations", lambda torch, v, n: torch.combinations(v.u, 2))
case("meshgrid", lambda torch, v, n: torch.meshgrid(v.u, v.up, indexing="ij"))
case("broadcast_tensors", lambda torch, v, n: torch.broadcast_tensors(v.row, v.x))
case("broadcast_shapes", lambda torch, v, n: list(torch.broadcast_shapes((1, 3), (2, 1))))
case("unravel_index", lambda torch, v, n: torch.unravel_index(v.j, (2, 2)))
case("constant_pad_nd", lambda torch, v, n: torch.constant_pad_nd(v.x, (1, 2), 3.0))

# -- products and linear algebra -----------------------------------------------------------------

row("mm matmul", "x w")
case("smm spmm dsmm hsmm Tensor.smm", lambda torch, v, n: getattr(torch, n)(
    v.y.to_sparse(), v.w).to_dense())
case("saddmm", lambda torch, v, n: torch.saddmm(
    v.square.to_sparse(), v.w.to_sparse(), v.y).to_dense())
row("mv", "x u")
row("dot inner vdot outer ger vecdot", "u u")
row("bmm", "batch other")
row("kron", "x y")
row("addmm", "square w x", beta=0.5, alpha=2)
row("addmv", "", lambda v: v.x[:, 0], lambda v: v.x, lambda v: v.u)
row("addr", "x", lambda v: v.u[:2], lambda v: v.u)
row("baddbmm", "", lambda v: v.square.expand(2, 3, 3), lambda v: v.batch, lambda v: v.other)
row("addbmm", "square batch other")
case("Tensor.baddbmm_", lambda torch, v, n: v.square.repeat(2, 1, 1).baddbmm_(v.batch, v.other))
row("tensordot", "x w", 1, places=("torch",))
case("einsum", lambda torch, v, n: torch.einsum("ij,jk->ki", v.x, v.w))
row("cholesky", "positive")
row("inverse inv pinverse pinv det logdet slogdet matrix_exp eigvalsh svdvals cond matrix_rank "
    "cholesky_inverse", "positive")
row("matrix_power", "square", 3)
row("cholesky_solve", "w lower")
row("triangular_solve", "w lower", upper=False)
case("linalg.solve", lambda torch, v, n: torch.linalg.solve(v.positive, v.w))
row("solve_triangular", "lower w", upper=False)
row("lu", "positive", places=("torch.linalg",))
case("Tensor.lu", lambda torch, v, n: v.positive.lu())
case("lu_unpack", lambda torch, v, n: torch.lu_unpack(*torch.linalg.lu_factor(v.positive)))
case("lu_solve Tensor.lu_solve", lambda torch, v, n: v.w.lu_solve(
    *torch.linalg.lu_factor(v.positive)))
case("linalg.lu_solve", lambda torch, v, n: torch.linalg.lu_solve(
    *torch.linalg.lu_factor(v.positive), v.w))
case("linalg.lu_factor linalg.lu_factor_ex linalg.ldl_factor linalg.ldl_factor_ex "
     "linalg.cholesky_ex linalg.inv_ex",
     lambda torch, v, n: getattr(torch.linalg, n)(v.positive))
case("linalg.ldl_solve", lambda torch, v, n: torch.linalg.ldl_solve(
    *torch.linalg.ldl_factor(v.positive), v.w))
case("linalg.solve_ex", lambda torch, v, n: torch.linalg.solve_ex(v.positive, v.w))
row("qr geqrf svd", "positive", places=("torch",))


def _qr(torch, v, n):
    q, r = torch.linalg.qr(v.square)
    return [q @ r, (q.mT @ q), r.abs()]


case("qr Tensor.qr linalg.qr", _qr)


case("svd Tensor.svd linalg.svd", lambda torch, v, n: [v.square.svd()[1], torch.linalg.svd(
    v.square)[1], torch.svd(v.square)[1]])
case("linalg.eigh", lambda torch, v, n: torch.linalg.eigh(v.positive)[0])
case("linalg.eig", lambda torch, v, n: torch.linalg.eig(v.hermitian)[0].real.sort()[0])
case("linalg.eigvals", lambda torch, v, n: torch.linalg.eigvals(v.hermitian).real.sort()[0])
case("geqrf Tensor.geqrf", lambda torch, v, n: torch.geqrf(v.square)[0].abs())
case("orgqr Tensor.orgqr linalg.householder_product", lambda torch, v, n: torch.linalg.
     householder_product(*torch.geqrf(v.square)).abs())
case("ormqr Tensor.ormqr", lambda torch, v, n: torch.ormqr(*torch.geqrf(v.square), v.w).abs())
case("linalg.norm linalg.vector_norm", lambda torch, v, n: getattr(torch.linalg, n)(v.x, 2))
case("linalg.matrix_norm", lambda torch, v, n: torch.linalg.matrix_norm(v.x, "nuc"))
case("linalg.lstsq", lambda torch, v, n: torch.linalg.lstsq(v.w, v.square[:, :1])[0])
case("linalg.multi_dot", lambda torch, v, n: torch.linalg.multi_dot([v.x, v.w, v.z]))
case("linalg.tensorinv", lambda torch, v, n: torch.linalg.tensorinv(v.positive, 1))
case("linalg.tensorsolve", lambda torch, v, n: torch.linalg.tensorsolve(v.positive, v.u))
case("linalg.vander", lambda torch, v, n: torch.linalg.vander(v.u))
case("linalg.diagonal", lambda torch, v, n: torch.linalg.diagonal(v.square))
case("chain_matmul", lambda torch, v, n: torch.chain_matmul(v.x, v.w, v.z))
case("frobenius_norm nuclear_norm", lambda torch, v, n: getattr(torch, n)(v.x, (0, 1)))
case("norm_except_dim", lambda torch, v, n: torch.norm_except_dim(v.x, 2, 1))
case("lobpcg", lambda torch, v, n: torch.lobpcg(torch.block_diag(v.positive, v.positive + 1,
     v.positive + 2), 2, niter=-1, tol=1e-12)[0])
case("pairwise_distance", lambda torch, v, n: torch.pairwise_distance(v.x, v.y))
case("pdist", lambda torch, v, n: torch.pdist(v.x))
case("cosine_similarity", lambda torch, v, n: torch.cosine_similarity(v.x, v.y))
