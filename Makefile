# Two commands do all the set-up on a machine with Python 3.11+, make and a package index:
#   make demo   train a small network on real digits
#   make test   lint, types, tests
# The environment lives in .venv and is reinstalled when pyproject.toml changes.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test bench parity fuzz coverage clean

demo: $(VENV)/.installed
	$(BIN)/pentad demo

test: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n logical --dist loadfile

bench: $(VENV)/.installed-bench
	$(BIN)/python -m bench

parity: $(VENV)/.installed-parity
	$(BIN)/python -m parity

# make fuzz SECONDS=3600 SEED=7 MODE=passes
SECONDS ?= 600
SEED    ?= 0
MODE    ?= all
fuzz: $(VENV)/.installed-test
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) --seed $(SEED) --mode $(MODE)

# Lines and branches of the core that the tests reach; the rooms are named in pyproject.toml. The
# report is judged after failed tests too: the first command's exit code is kept for the end.
coverage: $(VENV)/.installed-coverage
	rm -f .coverage.json
	$(BIN)/python -m pytest --cov --cov-branch --cov-report=term:skip-covered \
	  --cov-report=json:.coverage.json; tests=$$?; \
	$(BIN)/python -m tests.coverage_limits .coverage.json && exit $$tests

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A stamp is written only after its installation succeeded, so that an interrupted one is redone.
$(VENV)/.installed: pyproject.toml $(VENV)/.created
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-%: pyproject.toml $(VENV)/.created
	$(PIP) --editable '.[$*]'
	@touch $@

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Pentad needs Python 3.11 or newer; choose one with: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@
