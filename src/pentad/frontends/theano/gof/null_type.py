"""The type of gradients that are no numbers, under its older name."""

from pentad.frontends.theano.gof.disconnected import NullType, null_type

__all__ = ["NullType", "null_type"]
