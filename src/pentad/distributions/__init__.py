"""Probability distributions by PyTorch's names: `torch.distributions`.

Samples come from the counter-based generator: they depend on its seed and offset alone. `rsample`
has gradients, explicit or implicit; `log_prob`, `entropy` and moments are differentiable.

>>> import pentad as pt
>>> pt.distributions.Normal(0.0, 1.0).cdf(pt.tensor(0.0)).item()
0.5
"""

from pentad.distributions import constraints, transforms
from pentad.distributions.continuous import (
    Cauchy,
    Exponential,
    HalfNormal,
    Laplace,
    Normal,
    Uniform,
)
from pentad.distributions.counts import Binomial, Multinomial, NegativeBinomial, Poisson
from pentad.distributions.derived import (
    LogNormal,
    RelaxedBernoulli,
    RelaxedOneHotCategorical,
    VonMises,
)
from pentad.distributions.discrete import (
    Bernoulli,
    Categorical,
    Geometric,
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
)
from pentad.distributions.distribution import Distribution
from pentad.distributions.extremes import Gumbel, Pareto, Weibull
from pentad.distributions.gamma import Beta, Chi2, Dirichlet, FisherSnedecor, Gamma, StudentT
from pentad.distributions.kl import kl_divergence, register_kl
from pentad.distributions.multivariate import Independent, MixtureSameFamily, MultivariateNormal
from pentad.distributions.transforms import (
    AbsTransform,
    AffineTransform,
    ComposeTransform,
    ExpTransform,
    PowerTransform,
    SigmoidTransform,
    SoftplusTransform,
    StickBreakingTransform,
    TanhTransform,
    Transform,
    TransformedDistribution,
)

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chi2",
    "ComposeTransform",
    "Dirichlet",
    "Distribution",
    "ExpTransform",
    "Exponential",
    "FisherSnedecor",
    "Gamma",
    "Geometric",
    "Gumbel",
    "HalfNormal",
    "Independent",
    "Laplace",
    "LogNormal",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Pareto",
    "Poisson",
    "PowerTransform",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "SigmoidTransform",
    "SoftplusTransform",
    "StickBreakingTransform",
    "StudentT",
    "TanhTransform",
    "Transform",
    "TransformedDistribution",
    "Uniform",
    "VonMises",
    "Weibull",
    "constraints",
    "kl_divergence",
    "register_kl",
    "transforms",
]
