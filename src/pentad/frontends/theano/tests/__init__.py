"""What tests of programs import from Theano: `theano.tests.unittest_tools`."""

from pentad.frontends.missing import absent

__getattr__ = absent(__name__)
