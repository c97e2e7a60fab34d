"""Older home of some names."""

from pentad.frontends.theano.compat import DefaultOrderedDict, OrderedDict

__all__ = ["DefaultOrderedDict", "OrderedDict"]
