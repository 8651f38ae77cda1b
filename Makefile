# Needs Debian (or the like), Python 3.11 or newer with pip, and make. Everything else comes with pip and npm, in the versions
# that constraints/ and client/package-lock.json name; node comes from a wheel. `make help` lists the targets.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000

VENV := .venv
PY := $(VENV)/bin/python
# The user's pip settings stay in force (mirrors, certificates); what is installed is decided by the hashes.
PIP := $(PY) -m pip install -qq --disable-pip-version-check --no-warn-script-location --no-deps
PINNED := --require-hashes --only-binary :all:
NPM := $(PY) -m build_support.npm

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test lint types boundaries client-check client-test unit pyodide e2e e2e-full bench soak \
        build client-watch protocol constraints wheel clean

help:  ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## */  \1\t/' | expand -t 18

demo: $(VENV)/.package  ## Install, and serve an example on http://127.0.0.1:8000 (HOST=, PORT=)
	@$(VENV)/bin/interactive-gym demo --host $(HOST) --port $(PORT)

test: lint types boundaries client-check client-test unit pyodide e2e  ## Run everything that has to pass, fastest first

# --- installation ------------------------------------------------------------------------------------------------------

# Debian splits ensurepip off, so the environment is made without pip and filled by the pip that is there.
$(PY):
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("error: Python 3.11 or newer is needed; name it: make PYTHON=python3.11")'
	@$(PYTHON) -m pip --version >/dev/null || { echo "error: pip is needed (Debian: apt-get install python3-pip)"; exit 1; }
	$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/.build-tools: constraints/build.txt | $(PY)
	@echo "Installing the build tools"
	@$(PYTHON) -m pip --python $(PY) install -qq --disable-pip-version-check --no-deps $(PINNED) -r $<
	@touch $@

$(VENV)/.runtime: constraints/runtime.txt $(VENV)/.build-tools
	@echo "Installing what the package needs"
	@$(PIP) $(PINNED) -r $<
	@touch $@

# The assets first, in the open: the build hook then finds them made and has nothing to do.
$(VENV)/.package: pyproject.toml hatch_build.py $(VENV)/.runtime | build
	@echo "Installing the package"
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: constraints/dev.txt $(VENV)/.package
	@echo "Installing the tools of the developers"
	@$(PIP) $(PINNED) -r $<
	@touch $@

build: $(VENV)/.build-tools  ## Bring the built client and Pyodide up to date
	@$(PY) -m build_support

# --- checks, fastest first ---------------------------------------------------------------------------------------------

lint: $(VENV)/.dev  ## ruff
	@$(PY) -m ruff check

types: $(VENV)/.dev  ## mypy, strict
	@$(PY) -m mypy

boundaries: $(VENV)/.dev  ## import-linter: who may import whom
	@$(VENV)/bin/lint-imports

client-check: $(VENV)/.dev  ## tsc, strict
	@$(NPM) run --silent check

client-test: $(VENV)/.dev  ## vitest
	@$(NPM) run --silent test

unit: $(VENV)/.dev  ## pytest: all that needs neither Pyodide nor a browser, on all cores
	@$(PY) -m pytest -m "not pyodide and not e2e" --numprocesses auto --dist worksteal

pyodide: $(VENV)/.dev  ## pytest: the archive and the games in Pyodide under Node
	@$(PY) -m pytest -m pyodide --numprocesses auto --dist worksteal

e2e: $(VENV)/.dev  ## pytest: whole studies in a Chromium, which is installed where there is none
	@$(PY) -m tests.browsers
	@$(PY) -m pytest -m e2e --ignore tests/net --numprocesses auto --dist loadfile
	@$(PY) -m pytest -m e2e tests/net

e2e-full: $(VENV)/.dev  ## The browser tests on all networks, with games of a minute (root, Linux)
	@$(PY) -m tests.browsers
	@NETWORKS=all $(PY) -m pytest -m e2e

bench: $(VENV)/.dev  ## Measure; JSON goes to benchmarks/results/
	@$(PY) -m tests.browsers
	@$(PY) -m benchmarks

# As much as the machine can do in some hours; SOAK="--games 500 --long 10" is a sample.
soak: $(VENV)/.dev  ## Random games on bad networks in virtual time, judged by the oracle (SOAK=)
	@$(PY) -m benchmarks.soak $(SOAK)

# --- work on it --------------------------------------------------------------------------------------------------------

client-watch: $(VENV)/.dev  ## Rebuild the client, unminified, whenever a source changes
	@$(NPM) run --silent watch

protocol: $(VENV)/.dev  ## Generate the TypeScript of the messages
	@$(PY) client/generate_protocol.py

UV_COMPILE := $(VENV)/bin/uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
              --custom-compile-command 'make constraints'

# dev.txt holds all versions, the other two are parts of it. Hashes of all platforms and Pythons, no address of an index.
constraints: $(VENV)/.dev  ## Pin the newest allowed versions, with hashes
	$(UV_COMPILE) --upgrade pyproject.toml --group dev --group build -o constraints/dev.txt
	$(UV_COMPILE) --upgrade pyproject.toml -c constraints/dev.txt -o constraints/runtime.txt
	$(UV_COMPILE) --upgrade --group build -c constraints/dev.txt -o constraints/build.txt

wheel: $(VENV)/.package  ## A wheel and a source distribution in dist/
	@$(PY) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@$(PY) -m hatchling build --target sdist

clean:  ## Remove all that was built or installed here
	rm -rf $(VENV) .build dist client/node_modules src/interactive_gym/_client src/interactive_gym/_pyodide \
	       .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
