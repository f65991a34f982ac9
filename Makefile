# Each target that needs Python packages sets up .venv by itself, once. Works with GNU make 3.81 (macOS) and newer.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Its date says when .venv last matched requirements.lock and pyproject.toml.
READY  := $(VENV)/.ready

.DEFAULT_GOAL := verify
# An interrupted or failed step leaves no target behind that would look finished.
.DELETE_ON_ERROR:
.PHONY: build verify test lab format lock clean help

build: $(READY) ## build releases, solutions, hidden tests and bundles
	@$(BIN)/unroll build $(ARGS)

# Builds first, without ARGS, which are for the proof.
verify: $(READY) ## build, and prove that every test bites and every right answer passes (what plain `make` does)
	@$(BIN)/unroll build
	@$(BIN)/unroll verify $(ARGS)

# Lint first: it takes a fraction of a second. Workers get whole files, so that fixtures shared in a file are made once,
# and one thread each, because they share the cores.
test: $(READY) ## check style, then run the tests
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses logical --dist loadfile $(ARGS)

lab: $(READY) ## open JupyterLab on the masters
	@$(BIN)/jupyter lab assignments $(ARGS)

format: $(READY) ## clean the masters, sort imports, format all code
	@$(BIN)/unroll format
	@$(BIN)/ruff check --quiet --select I --fix
	@$(BIN)/ruff format

# uv only resolves and installs nothing: unlike pip, it finds one version for all systems and Pythons. It starts from
# the current pins and works on a copy: the lock changes only if all goes well, and keeps its first comment.
lock: $(BIN)/python ## pin the packages again after a change in pyproject.toml (UPGRADE=1: newest versions)
	@$(BIN)/uv --version >/dev/null 2>&1 || $(PIP) install uv
	@grep -v '^#' requirements.lock > $(VENV)/pins.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
		--no-header --no-annotate $(if $(UPGRADE),--upgrade) \
		--extra dev --output-file $(VENV)/pins.txt pyproject.toml
	@{ grep '^#' requirements.lock; cat $(VENV)/pins.txt; } > $(VENV)/requirements.lock
	@if cmp -s $(VENV)/requirements.lock requirements.lock; then \
		echo 'requirements.lock: unchanged'; \
	else \
		diff requirements.lock $(VENV)/requirements.lock | grep '^[<>]'; \
		mv $(VENV)/requirements.lock requirements.lock; \
	fi

clean: ## remove build/ and caches (.venv stays)
	@rm -rf build .hypothesis .pytest_cache .ruff_cache *.egg-info
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## show this list
	@echo 'make TARGET [ARGS="..."] [PYTHON=python3.12]'
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-7s %s\n", $$1, $$2 }' Makefile

# Also runs when the link dangles, as after an upgrade of the system's Python.
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo '$(PYTHON) was not found. Name a Python 3.11 or newer: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); Unroll needs 3.11 or newer." \
			'Name one: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo '$(PYTHON) cannot make virtual environments. Install its venv module' \
			'(Debian, Ubuntu: apt install python3-venv), then run make again.' >&2; exit 1; }
	@echo "$(VENV): made with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv --clear $(VENV)

# PyTorch first, alone: for Linux the usual registry only has the build with gigabytes of CUDA libraries. The CPU build
# of the same version sorts above it ("2.13.0+cpu" > "2.13.0"), so it wins once PyTorch's own index is offered too.
# --no-deps and the condition keep that index away from other packages. --retries 0: if it cannot be reached, that costs
# one failed look-up, and pip takes the usual build. The other packages follow without that index, then this project.
$(READY): requirements.lock pyproject.toml $(BIN)/python
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(VENV) has $$($(BIN)/python -V); Unroll needs 3.11 or newer." \
			'Remove $(VENV) and run make again.' >&2; exit 1; }
	@$(PIP) --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@pin=$$(sed -n 's/^torch==//p' requirements.lock); \
	if ! $(BIN)/python -c 'import sys, importlib.metadata as m; \
		sys.exit(m.version("torch").split("+")[0] != sys.argv[1])' "$$pin" 2>/dev/null; then \
		index=$$($(BIN)/python -c 'import tomllib; \
			print(tomllib.load(open("assignments/course.toml", "rb"))["torch_index"])' 2>/dev/null) || \
			{ echo 'assignments/course.toml: no "torch_index". Add the address of an index of PyTorch CPU builds.' >&2; \
			exit 1; }; \
		echo "$(VENV): PyTorch $$pin, CPU build (about 200 MB)"; \
		$(PIP) install --no-deps --retries 0 --extra-index-url "$$index" "torch==$$pin"; \
	fi
	@echo "$(VENV): $$(grep -c == requirements.lock) packages of requirements.lock (a minute or two the first time)"
	@$(PIP) install --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
