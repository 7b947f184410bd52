# Everything here sets up what it needs in .venv, from the locks: each file that pip takes has the hash that is named there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
READY := $(VENV)/.ready
TOOLS := .venv-tools
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
DEMO ?= demo
# One more than processors: tests wait for disk and browser a sixth of their time.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

.PHONY: demo test check style docs bench bench-compare mutants lock release clean

demo: $(RUNS)
	@rm -rf $(DEMO)
	@$(BIN)/nearpass demo $(DEMO)

test: $(READY)
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: style test docs

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# BENCH="stages oem" for some of it, JSON=FILE to store the table of stages; JSON=site/measured.json is what the site shows.
bench: $(READY)
	@$(BIN)/python tests/bench/run.py $(BENCH) $(if $(JSON),--json $(JSON))

# make bench-compare REV: the table of stages here and at another commit; also two stored tables, A.json B.json.
bench-compare: $(READY)
	@$(BIN)/python tests/bench/compare.py $(or $(REV),$(filter-out bench-compare,$(MAKECMDGOALS)))
ifeq (bench-compare,$(firstword $(MAKECMDGOALS)))
$(filter-out bench-compare,$(MAKECMDGOALS)):
	@:
endif

# MUTANTS="alert history" for some of the modules, MUTANTS="--share 1/4" for a share of them.
mutants: $(READY)
	@$(BIN)/python tests/mutants/run.py $(MUTANTS)

# What nearpass itself runs on; the editable install builds with what is locked, and fetches nothing.
$(RUNS): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("nearpass needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

# And what it is tested with.
$(READY): $(RUNS) requirements-dev.lock
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(TOOLS)/.ready: Makefile
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet pip-tools==7.6.2 cyclonedx-bom==7.5.0
	@touch $@

COMPILE := bin/pip-compile --quiet --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links \
	--build-deps-for editable -c constraints.txt pyproject.toml

# After a change of dependencies: the versions of constraints.txt, with the hash of every file, for all platforms.
lock: $(TOOLS)/.ready
	$(TOOLS)/$(COMPILE) --extra sign -o requirements.lock
	$(TOOLS)/$(COMPILE) --extra dev -o requirements-dev.lock

# Wheel and source, the same bytes again from the same commit; what the wheel runs on; the hash of each.
release: $(READY) $(TOOLS)/.ready
	rm -rf dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m hatchling build -d dist
	$(TOOLS)/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o dist/sbom.json
	! grep -n 'file://' dist/sbom.json requirements.lock requirements-dev.lock
	cd dist && sha256sum -- * > SHA256SUMS && cat SHA256SUMS

clean:
	rm -rf $(VENV) $(TOOLS) $(DEMO) .site dist
