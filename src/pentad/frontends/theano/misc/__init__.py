"""Theano's helpers: `theano.misc`."""

from pentad.frontends.missing import absent

__getattr__ = absent(__name__)
