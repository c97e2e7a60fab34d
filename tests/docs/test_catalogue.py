"""docs/errors.md shows what the programs of the error classes do."""

from __future__ import annotations

import pytest

from tests.docs import catalogue
from tests.docs.catalogue import classes, outcome, pairs

PROGRAMS = [(c, pair) for c in classes() for pair in pairs(c)]
BARE = {"PentadError": "the root", "MissingExtra": "depends on what is installed"}


def test_every_class_has_a_program_or_a_reason():
    assert {c.__name__ for c in classes() if not pairs(c)} == set(BARE)


@pytest.mark.parametrize("cls, pair", PROGRAMS, ids=[c.__name__ for c, _ in PROGRAMS])
def test_a_program_fails_as_its_class_says_and_runs_when_mended(cls, pair):
    error = outcome(pair.fails)
    assert isinstance(error, cls)
    assert any(f"  {label}" in str(error) for label in ("expected:", "try:"))
    assert outcome(pair.mended) is None


def test_the_page_is_up_to_date():
    written = catalogue.PAGE.read_text(encoding="utf-8")
    assert catalogue.page() == written, "run: python -m tests.docs.catalogue --update"
