"""Every name that is said to be supported is called; the pages of names are true."""

from __future__ import annotations

import pytest

from pentad.frontends.missing import SERVED, notes
from tests.frontends.names import table
from tests.frontends.names.pages import full_name, page, path, states
from tests.frontends.names.table import ROOTS, Calls, names, rows, run
from tests.frontends.served import registered_fixture  # noqa: F401

ROWS = [(framework, row) for framework in ROOTS for row in rows(framework)]


@pytest.mark.parametrize(("framework", "row"), ROWS, ids=[row.place for _, row in ROWS])
@pytest.mark.filterwarnings("ignore")
def test_calls(framework, row):
    assert list(run(framework, row)) == []


@pytest.mark.parametrize("framework", ROOTS)
def test_the_page_is_up_to_date(framework):
    hint = "run python -m tests.frontends.names --update"
    assert path(framework).read_text(encoding="utf-8") == page(framework), hint


@pytest.mark.parametrize("framework", ROOTS)
def test_the_rows_name_public_names(framework):
    called = {name for row in rows(framework) for name in row.names}
    assert sorted(called - set(names(framework))) == []


@pytest.mark.usefixtures("registered")
def test_a_row_fails_by_raising_and_by_false(monkeypatch):
    monkeypatch.setitem(ROOTS, "oldframe", {"old": "oldframe"})
    monkeypatch.setattr(table, "names", lambda framework: ("old.reduce_mean", "old.parts.joined"))
    calls = Calls("oldframe")
    calls("old", "reduce_mean", lambda mean: mean([1, 3]) == 2)
    calls("old", "reduce_mean nothing", lambda mean, name: False)

    @calls("old.parts", "joined")
    def wrong(joined):
        assert joined.join("a") == "b"

    good, bad, worse = calls.rows
    assert good.place == "test_names:old.reduce_mean"
    assert list(run("oldframe", good)) == []
    assert list(run("oldframe", bad)) == ["old.reduce_mean: the check gave False"]
    assert len(list(run("oldframe", worse))) == 1


@pytest.mark.parametrize("framework", ROOTS)
def test_the_notes_are_on_public_names(framework):
    listed = {full_name(framework, name) for name in names(framework)}
    noted = [*notes(SERVED[framework], "ABSENT"), *notes(SERVED[framework], "PARTLY")]
    unknown = [n for n in noted if not n.endswith(".*") and full_note(n) not in listed]
    assert unknown == []


def full_note(name):
    """The note's name in full: `tf.` stands for tensorflow."""
    return "tensorflow" + name[2:] if name.startswith("tf.") else name


@pytest.mark.parametrize("framework", ROOTS)
def test_the_names_are_those_of_the_framework(framework):
    listed = names(framework)
    assert len(set(listed)) == len(listed) > 700
    assert {n.partition(".")[0] for n in listed} == set(ROOTS[framework])
    assert set(states(framework)) == set(listed)
