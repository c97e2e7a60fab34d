"""What stands in for six."""

from __future__ import annotations

import abc
import importlib
import pickle
import sys
import urllib.request
from importlib.machinery import PathFinder

import pytest

from pentad.frontends import six
from pentad.frontends.serving import serve, withdraw


@pytest.fixture(name="served")
def served_fixture(monkeypatch):
    """Served, as if six was not installed."""
    found = PathFinder.find_spec
    kept = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == "six"}
    for name in kept:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(PathFinder, "find_spec", classmethod(
        lambda cls, name, *args: None if name == "six" else found(name, *args)))
    serve(["tensorflow"])
    yield
    withdraw()
    assert "six" not in sys.modules


@pytest.mark.usefixtures("served")
def test_names_are_imported_in_all_ways():
    import six as stand
    import six.moves.cPickle as moved
    import six.moves.urllib.request
    from six.moves import range as numbers
    from six.moves import urllib as both
    from six.moves.urllib.request import urlretrieve

    from pentad.frontends.six.moves import xrange

    assert stand.__name__ == "pentad.frontends.six"
    assert moved is pickle
    assert both is urllib
    assert urlretrieve is urllib.request.urlretrieve
    assert numbers is range is xrange
    assert not hasattr(pickle, "__path__")
    assert pickle.__spec__.name == "pickle"
    with pytest.raises(ImportError):
        importlib.import_module("six.moves.nothing")
    with pytest.raises(AttributeError, match=r"six\.nothing is not supported"):
        stand.nothing  # noqa: B018


def test_texts_and_classes_of_both_pythons():
    assert six.ensure_binary("a") == six.b("a") == b"a"
    assert six.ensure_str(b"a") == "a"
    assert list(six.iteritems({1: 2})) == [(1, 2)]
    with pytest.raises(TypeError):
        six.ensure_text(1)

    class Base(six.with_metaclass(abc.ABCMeta, dict)):
        pass

    @six.add_metaclass(abc.ABCMeta)
    class Other:
        @abc.abstractmethod
        def method(self):
            """Missing in subclasses."""

    assert [type(Base), type(Other)] == [abc.ABCMeta] * 2
    assert Base.__mro__[1] is dict
    with pytest.raises(TypeError, match="abstract"):
        Other()
    with pytest.raises(KeyError):
        six.reraise(KeyError, KeyError("a"))
