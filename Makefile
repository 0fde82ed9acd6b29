# Everything one does with Lox. Needs Python 3.11 or newer and make; the rest is installed into .venv.

VENV := .venv
BIN := $(VENV)/bin
APP := $(VENV)/.app-installed
DEV := $(VENV)/.dev-installed
PORT ?= 8501
UV := uv==0.13.9

# The first interpreter that is new enough, those all pinned wheels exist for before the rest. PYTHON=... overrides.
PYTHON ?= $(shell for one in python3 python3.13 python3.12 python3.11; do \
	$$one -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 && echo $$one && exit; done; \
	echo python3)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test check lint bench soak lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(APP) ## install into .venv, without starting

run: $(APP) ## open Lox on http://127.0.0.1:8501 (PORT=... for another port)
	@echo "Lox: http://127.0.0.1:$(PORT)   (Ctrl-C ends it)"
	@$(BIN)/python -m streamlit run app.py --server.address 127.0.0.1 --server.port $(PORT) --server.headless true

test: $(DEV) ## run the tests (ARGS="-k vix" for some of them)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: $(DEV) lint test ## run the tests and everything else a change must pass

lint: $(DEV) ## check style, types and who imports whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(DEV) ## measure: speed, and the regime rules on real history
	@$(BIN)/python -m benchmarks

soak: $(DEV) ## run what takes minutes: kill -9 during writes, 20 sessions for a minute
	@$(BIN)/python -m pytest -m soak
	@$(BIN)/python -m benchmarks.load

lock: $(DEV) ## pin requirements*.in and all they need into requirements*.txt
	@$(BIN)/python -m pip install -q $(UV)
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-annotate \
	  --custom-compile-command 'make lock' requirements.in -o requirements.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-annotate \
	  --custom-compile-command 'make lock' -c requirements.txt requirements-dev.in -o requirements-dev.tmp
	@{ echo '-r requirements.txt'; cat requirements-dev.tmp; } > requirements-dev.txt && rm requirements-dev.tmp

clean: ## delete the environment and every cache a tool left; never data/ or .env
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# A failed `python -m venv` leaves an interpreter behind, so the stamp is what counts. Without Debian's python3-venv:
# uv's own, then a bare environment filled by the system's pip. uv is fast; pip reads settings uv does not know.
$(APP): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Lox needs Python 3.11 or newer; '$(PYTHON)' is not. Try: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Installing into $(VENV) (once; under a minute) ..."
	@rm -rf $(VENV); $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { rm -rf $(VENV); uv venv -q --seed --python $(PYTHON) $(VENV) 2>/dev/null; } \
	  || { rm -rf $(VENV); $(PYTHON) -m venv --without-pip $(VENV) \
	       && $(PYTHON) -m pip --python $(BIN)/python install -q pip 2>/dev/null; } \
	  || { rm -rf $(VENV); echo "Cannot make a virtual environment. Debian: apt install python3-venv"; exit 1; }
	@$(call install,--compile-bytecode -r requirements.txt,-r requirements.txt)
	@touch $@

$(DEV): $(APP) requirements-dev.txt
	@$(call install,-r requirements-dev.txt,-r requirements-dev.txt)
	@touch $@

# $(1): arguments for uv; $(2): for pip, when uv cannot be had or fails.
define install
{ $(BIN)/python -m pip install -q --disable-pip-version-check $(UV) \
  && $(BIN)/uv pip install -q --python $(BIN)/python $(1); } \
|| $(BIN)/python -m pip install -q --disable-pip-version-check $(2)
endef
