"""tf.distributions: probability distributions as parts of graphs."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "distributions.base": """
        Distribution FULLY_REPARAMETERIZED NOT_REPARAMETERIZED RegisterKL ReparameterizationType
        kl_divergence""",
    "distributions.continuous": """
        Beta Dirichlet Exponential Gamma Laplace Normal StudentT Uniform""",
    "distributions.counts": "Bernoulli Categorical DirichletMultinomial Multinomial",
}
__getattr__, __dir__ = exports(__name__, NAMES)
