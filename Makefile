# make reproduce    set up, verify every claim, draw every figure
# make test         set up, run every test
# make test-browser set up, install a Chromium where there is none, try the pages in it
# make proofs       check every certificate, search every proof again and compare
# make certificates search every proof and write its certificate
# make audit        ask what every assumption is for, refute false neighbours, corrupt every proof
# make audit-data   search again what the audit decides (most of an hour)
# make tables       write the tables of claims, methods and regimes, and their graph, into the documents
# make lint         formatter, linter and type checker
# make wheel-check  build the wheel and use it in a clean environment, far from the checkout
# make bench        time this package against what one would run instead
# make clean        remove the environment and whatever tools leave behind
#
# PYTHON chooses the interpreter (at least 3.11), VENV the environment, PYTEST_ARGS the tests.

PYTHON ?= python3
VENV ?= .venv
PYTEST_ARGS ?=

BIN := $(VENV)/bin
# The environment is set up once, and again when pyproject.toml changes.
READY := $(VENV)/.ready

.DELETE_ON_ERROR:
.PHONY: help reproduce test test-browser proofs certificates audit audit-data tables lint \
        wheel-check bench clean

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "linreg-unlearn needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo missing):" \
	       "install one and name it, as in 'make $(firstword $(MAKECMDGOALS)) PYTHON=python3.12'." >&2; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[dev]'
	@touch $@

reproduce: $(READY)
	$(BIN)/linreg-unlearn verify
	$(BIN)/linreg-unlearn figures

test: $(READY)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# Debian's Chromium, where there is none yet; Playwright drives it and brings no browser of its own.
test-browser: $(READY)
	@command -v chromium >/dev/null || { \
	  as_root=$$([ "$$(id -u)" -eq 0 ] || echo sudo); \
	  $$as_root apt-get update && $$as_root apt-get install --yes --no-install-recommends chromium || { \
	    echo "no chromium was found or could be installed: install it and run this again." >&2; exit 1; }; }
	$(BIN)/python -m pytest tests/browser --browser-tests $(PYTEST_ARGS)

# A missing, changed or rejected certificate fails. The tests of proofs are part of make test, where
# CI is set without skips.
proofs: $(READY)
	$(BIN)/linreg-unlearn check-certificates
	$(BIN)/python proofs/certify.py --check
	$(BIN)/python proofs/refute.py --check

certificates: $(READY)
	$(BIN)/python proofs/certify.py

audit: $(READY)
	$(BIN)/linreg-unlearn verify --audit

audit-data: $(READY)
	$(BIN)/python proofs/audit.py

tables: $(READY)
	$(BIN)/linreg-unlearn verify --markdown README.md
	$(BIN)/linreg-unlearn table --markdown README.md
	$(BIN)/linreg-unlearn table --markdown docs/table.md
	@set -eu; away=$$(mktemp -d); trap 'rm -rf "$$away"' EXIT; \
	$(BIN)/linreg-unlearn book --out "$$away/book"; cp "$$away/book/graph.svg" docs/graph.svg

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Without extras: the core alone must compute and verify, and say in one sentence what is missing.
wheel-check: $(READY)
	@set -eu; \
	away=$$(mktemp -d); trap 'rm -rf "$$away"' EXIT; \
	$(BIN)/python -m build --outdir "$$away/dist" .; \
	$(PYTHON) -m venv "$$away/venv"; \
	"$$away/venv/bin/python" -m pip install --disable-pip-version-check --quiet "$$away"/dist/*.whl; \
	cd "$$away"; \
	venv/bin/python -I "$(CURDIR)/tests/meta/use_the_wheel.py"

bench: $(READY)
	@set -eu; for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

clean:
	rm -rf $(VENV) dist build .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
