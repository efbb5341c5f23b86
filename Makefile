# Every target works on a fresh clone: each makes what it needs and a second run starts at once.
# Paths are relative throughout, so that a checkout below a folder with spaces works too.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

PYTHON ?=
PORT ?=
TEST_WORKERS ?= 2
PYTEST_ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
STAMPS := $(VENV)/.stamps
PIP := $(PY) -m pip --disable-pip-version-check --quiet
ASSETS := $(shell find inbox/web/assets -type f -not -path '*/node_modules/*' 2>/dev/null)
UV_COMPILE := $(PY) -m uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	--universal --python-version 3.11

.PHONY: help run test shops lint types format bench wheel lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: $(STAMPS)/app $(STAMPS)/assets ## Start the inbox with demo data (PORT=8080 to choose the port)
	$(PY) -m inbox.cli demo $(if $(PORT),--port $(PORT))

# Tests of whole installations come last and one by one: what they promise about seconds they promise of a machine
# that is not busy with other tests. The few that fail are run once more, alone (docs/decisions/0015).
test: lint types ## Run every check and test; says what it skipped and why
	$(PY) -m tests.second_chance $(TEST_WORKERS) $(PYTEST_ARGS)

shops: $(STAMPS)/dev ## Install the real shops that tests start, into .venv/shops
	$(PY) -m tests.shops.install

lint: $(STAMPS)/dev ## Check style, likely bugs and who imports whom
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-logo

types: $(STAMPS)/dev ## Check types
	$(PY) -m mypy

format: $(STAMPS)/dev ## Put the code into the common format
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .

bench: $(STAMPS)/dev ## Measure, and write docs/benchmarks.md
	$(PY) -m bench

wheel: $(STAMPS)/dev ## Build dist/*.whl, with the assets in it
	$(PY) -m pip --disable-pip-version-check wheel --quiet --no-build-isolation --no-deps --wheel-dir dist .

lock: $(STAMPS)/dev ## Renew the lock files from requirements/*.in (LOCK_ARGS=--upgrade for newer versions)
	$(UV_COMPILE) $(LOCK_ARGS) requirements/runtime.in -o requirements/runtime.txt
	$(UV_COMPILE) $(LOCK_ARGS) -c requirements/runtime.txt requirements/build.in -o requirements/build.txt
	$(UV_COMPILE) $(LOCK_ARGS) -c requirements/runtime.txt -c requirements/build.txt requirements/dev.in \
		-o requirements/dev.txt
	$(UV_COMPILE) $(LOCK_ARGS) tests/shops/oscar/requirements.in -o tests/shops/oscar/requirements.txt

clean: ## Remove what was built and installed; var/, your data, stays
	rm -rf $(VENV) dist build inbox/web/static/dist inbox/web/assets/node_modules
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/venv:
	@for candidate in $(if $(PYTHON),"$(PYTHON)",python3 python3.14 python3.13 python3.12 python3.11); do \
		command -v "$$candidate" >/dev/null 2>&1 || continue; \
		"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || continue; \
		python="$$candidate"; found=1; break; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Python 3.11 or newer is needed and was not found. Name yours: make PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		echo "$$python cannot make virtual environments: its ensurepip module is missing." >&2; \
		echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; \
	fi; \
	[ -x $(PY) ] && $(PY) -m pip --version >/dev/null 2>&1 || "$$python" -m venv $(VENV)
	@mkdir -p $(STAMPS)
	@touch $@

$(STAMPS)/runtime: $(STAMPS)/venv requirements/runtime.txt requirements/build.txt
	@echo "Installing what Onethread needs"
	@$(PIP) install --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	@touch $@

$(STAMPS)/assets: $(STAMPS)/runtime hatch_build.py $(ASSETS)
	@echo "Building the browser's files"
	@$(PY) hatch_build.py
	@touch $@

$(STAMPS)/app: $(STAMPS)/runtime pyproject.toml inbox/__init__.py | $(STAMPS)/assets
	@echo "Installing Onethread"
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/app $(STAMPS)/assets requirements/dev.txt
	@echo "Installing what the checks and tests need"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
