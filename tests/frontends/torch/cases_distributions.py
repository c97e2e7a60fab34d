"""Cases of torch.distributions: densities, moments, entropies, transforms."""

from tests.frontends.torch.cases import case

D = "distributions"


def density(name, make, value):
    """log_prob at a value, and what the distribution knows of itself."""
    def evaluate(torch, v, n):
        made = make(getattr(torch.distributions, n), torch, v)
        found = [made.log_prob(value(torch, v))]
        for what in ("mean", "variance"):
            try:
                found.append(getattr(made, what).detach())
            except NotImplementedError:
                continue
        shapes = [list(made.batch_shape), list(made.event_shape), list(made.sample((2,)).shape)]
        return [*found, *shapes]

    for short in name.split():
        case(f"{D}.{short}", evaluate)


X, Y, U = (lambda torch, v: v.x), (lambda torch, v: v.y), (lambda torch, v: v.u)
density("Normal Laplace Cauchy Gumbel", lambda d, torch, v: d(v.z, v.y), X)
density("LogNormal", lambda d, torch, v: d(v.z, v.y), X)
density("Beta Gamma InverseGamma Kumaraswamy FisherSnedecor", lambda d, torch, v: d(v.y, v.y + 4),
        X)
density("Weibull", lambda d, torch, v: d(v.y, v.y), X)
density("Pareto", lambda d, torch, v: d(v.x, v.y + 2), Y)
density("Exponential HalfNormal HalfCauchy Chi2", lambda d, torch, v: d(v.y), X)
density("StudentT", lambda d, torch, v: d(v.y + 2), X)
density("Uniform", lambda d, torch, v: d(v.x * 0, v.y), X)
density("GeneralizedPareto", lambda d, torch, v: d(v.f * 0, v.f.abs() + 1, v.f.abs() / 8),
        lambda torch, v: v.f.abs())
density("ContinuousBernoulli", lambda d, torch, v: d(v.x), X)
density("Bernoulli Geometric", lambda d, torch, v: d(v.x), lambda torch, v: v.b.double())
density("Poisson", lambda d, torch, v: d(v.y), lambda torch, v: v.k.double())
density("Binomial NegativeBinomial", lambda d, torch, v: d(v.k.double() + 2, v.x),
        lambda torch, v: v.k.double())
density("Categorical", lambda d, torch, v: d(v.x), lambda torch, v: v.labels)
density("OneHotCategorical OneHotCategoricalStraightThrough", lambda d, torch, v: d(v.x),
        lambda torch, v: torch.eye(3, dtype=torch.float64)[v.labels])
density("Multinomial", lambda d, torch, v: d(3, v.x), lambda torch, v: torch.tensor(
    [1.0, 2.0, 0.0], dtype=torch.float64))
density("Dirichlet", lambda d, torch, v: d(v.y), lambda torch, v: v.x / v.x.sum(1, keepdim=True))
density("RelaxedBernoulli", lambda d, torch, v: d(v.s, v.x), X)
density("RelaxedOneHotCategorical", lambda d, torch, v: d(v.s, v.x),
        lambda torch, v: v.x / v.x.sum(1, keepdim=True))
density("VonMises", lambda d, torch, v: d(v.z, v.y), X)
density("MultivariateNormal", lambda d, torch, v: d(v.u, v.positive), X)
density("LowRankMultivariateNormal", lambda d, torch, v: d(v.u, v.w, v.u.abs() + 1), X)
density("LogisticNormal", lambda d, torch, v: d(v.u[:2], v.u[:2].abs()),
        lambda torch, v: v.x / v.x.sum(1, keepdim=True))
density("Wishart", lambda d, torch, v: d(v.s * 0 + 4.0, v.positive), lambda torch, v: v.positive)
density("LKJCholesky", lambda d, torch, v: d(3, 1.5), lambda torch, v: torch.linalg.cholesky(
    torch.eye(3, dtype=torch.float64) * 0.5 + 0.5))
density("Independent", lambda d, torch, v: d(torch.distributions.Normal(v.z, v.y), 1), X)
density("MixtureSameFamily", lambda d, torch, v: d(
    torch.distributions.Categorical(v.x), torch.distributions.Normal(v.z, v.y)),
    lambda torch, v: v.x[:, 0])
density("TransformedDistribution", lambda d, torch, v: d(
    torch.distributions.Normal(v.z, v.y), [torch.distributions.ExpTransform()]), X)
case(f"{D}.Distribution {D}.ExponentialFamily", lambda torch, v, n: isinstance(
    torch.distributions.Normal(0.0, 1.0), getattr(torch.distributions, n)))
case(f"{D}.Transform", lambda torch, v, n: isinstance(
    torch.distributions.ExpTransform(), torch.distributions.Transform))
case(f"{D}.kl_divergence", lambda torch, v, n: torch.distributions.kl_divergence(
    torch.distributions.Normal(v.x, v.y), torch.distributions.Normal(v.z, v.y)))


def transform(names, make, operand=X):
    """A transform of a value, its logarithmic slope, its inverse."""
    def evaluate(torch, v, n):
        made = make(getattr(torch.distributions, n), torch, v)
        x = operand(torch, v)
        y = made(x)
        return [y, made.log_abs_det_jacobian(x, y), made.inv(y)]

    for short in names.split():
        case(f"{D}.{short}", evaluate)


transform("ExpTransform SigmoidTransform TanhTransform SoftplusTransform StickBreakingTransform",
          lambda t, torch, v: t())
transform("AffineTransform", lambda t, torch, v: t(1.5, v.y))
transform("PowerTransform", lambda t, torch, v: t(v.y))
transform("ComposeTransform", lambda t, torch, v: t([torch.distributions.ExpTransform(),
                                                     torch.distributions.AffineTransform(1, 2)]))
transform("CorrCholeskyTransform", lambda t, torch, v: t())
transform("IndependentTransform", lambda t, torch, v: t(torch.distributions.ExpTransform(), 1))
transform("ReshapeTransform", lambda t, torch, v: t((3,), (3, 1)))
transform("CumulativeDistributionTransform", lambda t, torch, v: t(
    torch.distributions.Normal(0.0, 1.0)))
transform("CatTransform StackTransform", lambda t, torch, v: t(
    [torch.distributions.ExpTransform(), torch.distributions.SigmoidTransform()], 0,
    *([[1, 1]] if t.__name__ == "CatTransform" else [])))
case(f"{D}.AbsTransform {D}.SoftmaxTransform", lambda torch, v, n: getattr(
    torch.distributions, n)()(v.x))
case(f"{D}.LowerCholeskyTransform {D}.PositiveDefiniteTransform", lambda torch, v, n: getattr(
    torch.distributions, n)()(v.square))
case(f"{D}.biject_to {D}.transform_to", lambda torch, v, n: getattr(torch.distributions, n)(
    torch.distributions.constraints.positive)(v.x))
case(f"{D}.identity_transform", lambda torch, v, n: torch.distributions.identity_transform(v.x))
