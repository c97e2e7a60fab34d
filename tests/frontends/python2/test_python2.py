"""Python 2 programs do what they did, and what is changed is said."""

from __future__ import annotations

import os
import sys
import textwrap
import traceback
import types

import numpy as np
import pytest

import pentad as pt
from pentad.frontends.program import SourceLoader
from pentad.frontends.python2 import runtime, translate
from pentad.frontends.python2.loading import Python2Finder, Python2Loader
from pentad.frontends.python2.runtime import Python2Division, divide, divide_inplace
from pentad.frontends.python2.translate import Change, summary

WHOLE = "ignore::pentad.frontends.python2.runtime.Python2Division"


@pytest.fixture
def run(tmp_path):
    """The names that a Python 2 program leaves behind."""
    def run(source):
        path = tmp_path / "program.py"
        path.write_bytes(textwrap.dedent(source).encode("latin-1"))
        module = types.ModuleType("program")
        module.__loader__ = Python2Loader("program", str(path))
        module.__loader__.exec_module(module)
        return module

    return run


def changes(source):
    return translate.translate(textwrap.dedent(source), "p.py")[1]


@pytest.mark.parametrize(("source", "value"), [
    ("r = [x for x in xrange(3)]", [0, 1, 2]),
    ("r = 0777 + 10L", 521),
    ("r = `1` + `'a'`", "1'a'"),
    ("r = 1 <> 2", True),
    ("r = {'a': 1}.has_key('a')", True),
    ("r = sorted({'a': 1}.iteritems())", [("a", 1)]),
    ("r = {'a': 1}.keys()[0]", "a"),
    ("r = map(str, [1])", ["1"]),
    ("r = zip([1], [2])[0]", (1, 2)),
    ("r = filter(None, [0, 1])", [1]),
    ("r = range(3) + [3]", [0, 1, 2, 3]),
    ("r = reduce(lambda a, b: a * b, [2, 3])", 6),
    ("r = unicode('a') + u'b' + unichr(99)", "abc"),
    ("r = isinstance('a', basestring), isinstance(1, long)", (True, True)),
    ("r = (lambda (a, b): a + b)((1, 2))", 3),
    ("import cPickle\nr = cPickle.dumps('a', 0)", b"Va\np0\n."),
    ("import cPickle as pickle\nr = pickle.loads(\"S'\\\\xe9'\\n.\".encode('latin1'))", "é"),
    ("import urllib2, urllib\nr = urllib.quote(' ')", "%20"),
    ("from StringIO import StringIO\nr = StringIO('a').read()", "a"),
    ("import time\nr = time.clock() <= time.clock()", True),
    ("import string\nr = string.letters[:3] + string.join(['x', 'y']) + string.upper('z')",
     "abcx yZ"),
    ("try:\n    raise ValueError, 'x'\nexcept (KeyError, ValueError), e:\n    r = e.args", ("x",)),
    ("r = sorted([1, 3, 2], cmp=lambda a, b: cmp(b, a))", [3, 2, 1]),
    ("r = [1, 3, 2]\nr.sort(cmp=lambda a, b: b - a)", [3, 2, 1]),
    ("r = iter([1]).next()", 1),
    ("class A:\n    def __nonzero__(self): return False\nr = bool(A())", False),
    ("exec 'r = 4'", 4),
    ("reduce = 3\nr = reduce", 3),
    ("r = apply(max, (1, 2)), coerce(1, 2.5)", (2, (1.0, 2.5))),
    ("r = 0\nif 1:\n\tr = 1\n        r += 1", 2),
    ("r = '''\n\tx'''", "\n\tx"),
    ("from itertools import izip, imap\nr = list(izip([1], imap(str, [2])))", [(1, "2")]),
])
def test_constructs(run, source, value):
    assert run(source).r == value


def test_print(run, capsys):
    run("""
        import sys
        print 'a', 1,
        print
        print >>sys.stderr, 'error'
        print 'x=%d' % 3
        print ('two', 'words')
    """)
    out, err = capsys.readouterr()
    assert out == "a 1 \nx=3\n('two', 'words')\n"
    assert err.endswith("\nerror\n")


def test_what_was_changed_is_said(run, capsys):
    program = run("print 1\nfor i in xrange(2):\n    print i\nx = 1 / 2.0\n")
    name = os.path.relpath(program.__loader__.path)
    assert capsys.readouterr().err == (
        f"--python2: {name}: 3 changes\n  print statements: lines 1, 3\n"
        "  xrange and range: line 2\n")


def test_a_summary_shortens_long_lists():
    found = [Change("x", i) for i in range(20)]
    assert summary(found, "a").endswith("10, 11, ...")
    assert summary([Change("x", 1)], "a") == "--python2: a: 1 change\n  x: line 1"
    assert summary([], "a") == "--python2: a: nothing to change"


@pytest.mark.parametrize(("left", "right", "result"), [
    (7, 2, 3), (-7, 2, -4), (7.0, 2, 3.5), (True, 2, 0), (np.int64(7), 2, 3),
    (np.array([7, 4]), 2, [3, 2]), (np.array([7.0]), 2, [3.5]), (7, np.array([2.0]), [3.5]),
])
@pytest.mark.filterwarnings(WHOLE)
def test_division(left, right, result):
    np.testing.assert_array_equal(divide(left, right), result)
    np.testing.assert_array_equal(divide_inplace(left, right), result)


def test_division_warns_where_the_fraction_counts(recwarn):
    divide(8, 2)
    divide(7.0, 2)
    assert len(recwarn) == 0
    with pytest.warns(Python2Division) as caught:
        divide(7, 2)
    assert caught[0].filename == __file__


def test_division_asks_classes_as_python_2_did():
    class Old:
        def __div__(self, other):
            return NotImplemented if other == 3 else ("div", other)

        def __rdiv__(self, other):
            return "rdiv", other

        __truediv__ = None

    assert divide(Old(), 2) == ("div", 2)
    assert divide(5, Old()) == ("rdiv", 5)
    assert divide_inplace(Old(), 2) == ("div", 2)


@pytest.mark.filterwarnings(WHOLE)
def test_arrays_are_divided_in_place(run):
    program = run("import numpy as np\na = np.ones(2)\nb = a\na /= 4\nc = [6]\nc[0] /= 4\n"
                  "class X: pass\nX.y = 9\nX.y /= 3\n")
    assert program.b.tolist() == [0.25, 0.25]
    assert (program.c, program.X.y) == ([1], 3)


@pytest.mark.filterwarnings(WHOLE)
def test_a_program_may_ask_for_true_division(run):
    assert run("from __future__ import division\nr = 1 / 2").r == 0.5
    assert run("from __future__ import print_function\nprint('a', end='')\nr = 3 / 2").r == 1


def test_lines_are_those_of_the_program(run):
    program = run("def f((a, b)):\n    c = a\n    raise KeyError, c\n\ndef g(x):\n    print x\n"
                  "    return sorted(x, cmp=cmp), f((1, 2))\n")
    with pytest.raises(KeyError) as raised:
        program.g([1])
    frames = traceback.extract_tb(raised.value.__traceback__)[1:]
    assert [frame.lineno for frame in frames] == [7, 3]
    assert frames[1].line == "raise KeyError, c"


def test_encodings(run):
    assert run("# -*- coding: latin-1 -*-\nr = 'é'").r == "é"
    assert run("r = 'é'  # no UTF-8").r == "é"


@pytest.mark.parametrize("source", ["print 'a", "x = = 1", "def f(:\n  pass", "x = '''"])
def test_what_is_no_python_at_all(run, source):
    with pytest.raises(SyntaxError) as raised:
        run(source)
    assert raised.value.lineno == 1


@pytest.mark.filterwarnings(WHOLE)
def test_modules_beside_the_program_are_translated(tmp_path, monkeypatch, capsys):
    (tmp_path / "old_helper.py").write_text("print 'loaded'\nHALF = 1 / 2\n")
    monkeypatch.setattr(sys, "meta_path", [Python2Finder(str(tmp_path)), *sys.meta_path])
    monkeypatch.syspath_prepend(str(tmp_path))
    import old_helper

    assert old_helper.HALF == 0
    assert capsys.readouterr().out == "loaded\n"
    assert not (tmp_path / "__pycache__").exists()
    import json

    assert not isinstance(json.__spec__.loader, SourceLoader)
    del sys.modules["old_helper"]


def test_without_fissix_the_error_names_the_extra(monkeypatch):
    translate._tool.cache_clear()
    monkeypatch.setitem(sys.modules, "fissix.refactor", None)
    with pytest.raises(pt.MissingExtra, match=r"pip install 'pentad\[python2\]'"):
        changes("print 1")


def test_the_names_that_programs_call_are_there():
    assert [n for n in runtime.NAMES if not callable(getattr(runtime, n))] == []
