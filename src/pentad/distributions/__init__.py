"""Probability distributions by PyTorch's names: `torch.distributions`.

Samples come from the counter-based generator: they depend on its seed and offset alone. `rsample`
has gradients, explicit or implicit; `log_prob`, `entropy` and moments are differentiable.

>>> import pentad as pt
>>> pt.distributions.Normal(0.0, 1.0).cdf(pt.tensor(0.0)).item()
0.5
"""

from pentad.distributions import constraint_registry, constraints, kl, transforms
from pentad.distributions.bounded import ContinuousBernoulli, Kumaraswamy
from pentad.distributions.constraint_registry import biject_to, transform_to
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
    HalfCauchy,
    InverseGamma,
    LogisticNormal,
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
from pentad.distributions.exponential_family import ExponentialFamily
from pentad.distributions.extremes import GeneralizedPareto, Gumbel, Pareto, Weibull
from pentad.distributions.gamma import Beta, Chi2, Dirichlet, FisherSnedecor, Gamma, StudentT
from pentad.distributions.kl import kl_divergence, register_kl
from pentad.distributions.matrices import LKJCholesky, LowRankMultivariateNormal, Wishart
from pentad.distributions.multivariate import Independent, MixtureSameFamily, MultivariateNormal
from pentad.distributions.transformed import TransformedDistribution
from pentad.distributions.transforms import (
    AbsTransform,
    AffineTransform,
    CatTransform,
    ComposeTransform,
    CorrCholeskyTransform,
    CumulativeDistributionTransform,
    ExpTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    PowerTransform,
    ReshapeTransform,
    SigmoidTransform,
    SoftmaxTransform,
    SoftplusTransform,
    StackTransform,
    StickBreakingTransform,
    TanhTransform,
    Transform,
    identity_transform,
)

from pentad.distributions import kl_mixed  # isort: skip  (enters its rules)

assert kl_mixed

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "Bernoulli",
    "Beta",
    "Binomial",
    "CatTransform",
    "Categorical",
    "Cauchy",
    "Chi2",
    "ComposeTransform",
    "ContinuousBernoulli",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "Dirichlet",
    "Distribution",
    "ExpTransform",
    "Exponential",
    "ExponentialFamily",
    "FisherSnedecor",
    "Gamma",
    "GeneralizedPareto",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "IndependentTransform",
    "InverseGamma",
    "Kumaraswamy",
    "LKJCholesky",
    "Laplace",
    "LogNormal",
    "LogisticNormal",
    "LowRankMultivariateNormal",
    "LowerCholeskyTransform",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Pareto",
    "Poisson",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "StudentT",
    "TanhTransform",
    "Transform",
    "TransformedDistribution",
    "Uniform",
    "VonMises",
    "Weibull",
    "Wishart",
    "biject_to",
    "constraint_registry",
    "constraints",
    "identity_transform",
    "kl",
    "kl_divergence",
    "register_kl",
    "transform_to",
    "transforms",
]
