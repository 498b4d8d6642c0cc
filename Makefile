# Every task by name. VENV is made on first use; nothing outside this folder is touched.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
TARGET ?= .
ARGS   ?=

.PHONY: scan test oracle lint format rules bench fuzz docs wheel clean

scan: $(VENV)/.installed            ## scan TARGET (default: this checkout)
	@$(BIN)/monei-guard scan $(ARGS) -- "$(TARGET)"

test: $(VENV)/.test                 ## install what the tests need and run them all
	$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

lint: $(VENV)/.lint                 ## ruff, mypy --strict, import contracts, rule check, and the scanner on this checkout
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/monei-guard rules check
	$(BIN)/monei-guard scan .

format: $(VENV)/.lint               ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test                ## measure; peers are installed into a venv of their own
	$(BIN)/python -m benchmarks $(ARGS)

fuzz: $(VENV)/.test                 ## long property runs
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -n auto tests/properties $(ARGS)

oracle: $(VENV)/.test               ## REPOSITORIES (joined by :) read by the fast reader as git reads them, byte for byte
	MONEI_GUARD_REAL_REPOSITORIES="$(REPOSITORIES)" $(BIN)/python -m pytest tests/git/test_history_objects.py -k real $(ARGS)

docs: $(VENV)/.installed            ## write docs/rules/ from the rule files
	@rm -f docs/rules/*.md
	@$(BIN)/monei-guard rules pages docs/rules

wheel: $(VENV)/.test                ## build dist/*.whl
	$(BIN)/python -m build --wheel .

clean:
	rm -rf $(VENV) dist build

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "monei-guard needs Python 3.11 or newer; say which with: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade "pip>=25.1" 1>&2

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e . 1>&2
	@touch $@

$(VENV)/.test: $(VENV)/.installed
	@$(BIN)/python -m pip install -q --disable-pip-version-check --group test 1>&2
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	@$(BIN)/python -m pip install -q --disable-pip-version-check --group lint 1>&2
	@touch $@
