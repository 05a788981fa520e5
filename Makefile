# `make run` and `make test` need Python 3.11 or newer and make; the rest is fetched into .venv.

PORT ?= 5000
SIZES ?= 2000 10000
TRIALS ?= 40
SEED ?= 20260615
VENV := .venv
BIN := $(VENV)/bin
NEW := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach each,python3 python3.13 python3.12 python3.11 python,$(shell $(each) -c '$(NEW)' 2>/dev/null && echo $(each))))
sorry = { echo "$(1)" >&2; exit 1; }
SIDE_BY_SIDE := -n auto --dist loadfile --no-loadscope-reorder
RECIPE := setup.cfg pyproject.toml

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test quick check lint format types structure security packaging bench chaos gold reading validate docs translations screenshots clean

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed  ## try it: 2,000 made-up contacts on http://127.0.0.1:5000 (PORT=… for another port)
	@$(BIN)/python -m crm_ext demo --port $(PORT)

test: $(VENV)/.dev  ## every test; what a machine lacks is skipped and named at the end
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

quick: $(VENV)/.dev  ## the tests that take seconds
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m 'not slow and not packaging and not browser' $(ARGS)

check: lint types structure security  ## all that needs no test run

lint: $(VENV)/.dev  ## ruff: style, mistakes, formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.dev  ## ruff: put right what can be put right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy

security: $(VENV)/.dev  ## bandit: what an attacker could use
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive crm_ext connectors

structure: $(VENV)/.dev  ## the rules of the house: imports, sizes, documentation
	$(BIN)/python -m pytest -q tests/structure

validate: $(VENV)/.dev  ## trust, p and EV against real purchases (../shared/data or CRM_EXT_SHARED), beside their peers
	@$(BIN)/python -m tests.validate $(ARGS)

bench: $(VENV)/.dev  ## figures: contacts per CPU second, memory, requests; SIZES="10000 1000000" for other numbers of contacts
	@for each in $(basename $(notdir $(filter-out tests/bench/test_%,$(wildcard tests/bench/[a-z]*.py)))); do \
		case $$each in road|hubspot) sizes="$(SIZES)";; *) sizes=;; esac; \
		$(BIN)/python -m tests.bench.$$each $$sizes || exit 1; \
	done

chaos: $(VENV)/.dev  ## kills and faults; TRIALS=200 SEED=7 for more of them, or others
	CRM_EXT_CHAOS_TRIALS=$(TRIALS) CRM_EXT_CHAOS_SEED=$(SEED) $(BIN)/python -m pytest -q -s tests/chaos $(ARGS)

gold: $(VENV)/.dev  ## agreement with labelled cases, shared (../shared/gold or CRM_EXT_SHARED) and our own
	@$(BIN)/python -m tests.gold $(ARGS)

reading: $(VENV)/.dev  ## precision and recall of each signal on labelled sentences
	@$(BIN)/python -m tests.reading.report $(ARGS)

docs: $(VENV)/.dev  ## write docs/commands.md from the help texts
	$(BIN)/python -m crm_ext reference > docs/commands.new && mv docs/commands.new docs/commands.md

packaging: $(VENV)/.dev  ## build, install and try wheel, sdist, editable install and checkout
	$(BIN)/python -m pytest -m packaging tests/packaging

translations: $(VENV)/.dev  ## the Chinese catalogue: bring it up to the texts there are, and compile it
	$(BIN)/pybabel -q extract -F babel.cfg -k lazy_gettext --no-location --sort-output -o $(VENV)/messages.pot .
	$(BIN)/pybabel -q update -i $(VENV)/messages.pot -d crm_ext/translations --no-fuzzy-matching --ignore-obsolete --omit-header
	$(BIN)/pybabel -q compile --use-fuzzy -d crm_ext/translations

screenshots: $(VENV)/.dev  ## the pictures of the docs, taken by Chromium
	$(BIN)/python -m tests.browser.screenshots

clean:  ## remove what was built; the instance with its data stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || $(call sorry,crm-ext needs Python 3.11 or newer and none was found. Install it or name it: make run PYTHON=/path/to/python3)
	@$(PYTHON) -c '$(NEW)' 2>/dev/null || $(call sorry,$(PYTHON) is not Python 3.11 or newer. Install one or name it: make run PYTHON=/path/to/python3)
	@$(PYTHON) -c 'import ensurepip; import venv' 2>/dev/null || $(call sorry,$(PYTHON) cannot make a virtual environment. Install its venv module; on Debian and Ubuntu: apt install python3-venv)
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python $(RECIPE)
	@echo "Installing into $(VENV), once; this takes a minute or two."
	@$(BIN)/python -m pip install --quiet --editable . || $(call sorry,The packages could not be installed; what pip says stands above. Once it is mended: make clean and again)
	@touch $@

$(VENV)/.dev: $(BIN)/python $(RECIPE)
	@echo "Installing the tools for tests into $(VENV), once; this takes a minute or two."
	@$(BIN)/python -m pip install --quiet --editable '.[dev]' || $(call sorry,The packages could not be installed; what pip says stands above. Once it is mended: make clean and again)
	@touch $@ $(VENV)/.installed
