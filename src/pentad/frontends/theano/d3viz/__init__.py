"""Graphs as pages to look at and move about in: `theano.d3viz`."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(__name__, "d3viz.d3viz")
has_requirements = True
"""In Theano: pydot is there. Pages are drawn without it here."""
__getattr__ = absent(__name__)
