"""Theano's modules on trial, of which one is in wide use: `rng_mrg`."""

from pentad.frontends.missing import absent

__getattr__ = absent(__name__, {"rng_mrg": f"{__name__}.rng_mrg"})
