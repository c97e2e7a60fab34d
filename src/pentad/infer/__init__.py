"""Bayesian inference with Pyro's names: models of `sample` sites, SVI, HMC and NUTS.

A model is a function that calls `sample(name, distribution)` for what is unknown and
`sample(name, distribution, obs=data)` for what was observed.

>>> import pentad as pt
>>> from pentad import distributions as D, infer
>>> def model(flips):
...     fairness = infer.sample("fairness", D.Beta(2.0, 2.0))
...     infer.sample("flips", D.Bernoulli(fairness), obs=flips)
>>> infer.trace(model, pt.tensor([1.0, 0.0, 1.0]))["flips"].observed
True
"""

from pentad.infer.autoguide import AutoNormal
from pentad.infer.diagnostics import effective_sample_size, split_rhat
from pentad.infer.hamiltonian import HMC
from pentad.infer.mcmc import MCMC
from pentad.infer.nuts import NUTS
from pentad.infer.predictive import Predictive
from pentad.infer.sites import Site, deterministic, param, plate, sample, scale, trace
from pentad.infer.svi import SVI, Trace_ELBO

__all__ = [
    "HMC",
    "MCMC",
    "NUTS",
    "SVI",
    "AutoNormal",
    "Predictive",
    "Site",
    "Trace_ELBO",
    "deterministic",
    "effective_sample_size",
    "param",
    "plate",
    "sample",
    "scale",
    "split_rhat",
    "trace",
]
