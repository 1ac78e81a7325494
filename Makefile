# Everything runs in .venv, made from the lock file; nothing needs to be activated. Rivals run in .venv-rivals.
.DEFAULT_GOAL := help
.PHONY: help setup rivals bench bench-quality bench-speed bench-draws adem stale paper paper-small test test-oldest lint format tables leaderboard index docs report clean

# Without compiled files every process compiles torch anew, for longer than most tests take.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RESULTS ?= results
LAUNCHER ?= local
SHORT_TESTS := tests/table tests/imputers tests/methods/test_contract.py tests/methods/external tests/cli/test_bench.py
PAPER = $(BIN)/python scripts/paper.py --results-dir $(RESULTS)/paper --launcher $(LAUNCHER)
RIVALS := $(or $(MIRIMPUTE_RIVALS),.venv-rivals)
BENCH_METHODS := mirf,mean,hot_deck,ice,knn,missforest

help: ## print these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

setup: $(STAMP) ## make .venv with the exact versions of requirements.lock

rivals: ## make .venv-rivals, the environment of hyperimpute, miceforest and others, and get R's packages (2.3 GB)
	@scripts/rivals.sh $(PYTHON)

bench: $(STAMP) ## run the main job on embedded data, then its table and figures (a few minutes)
	@scripts/rivals.sh $(PYTHON) python
	$(BIN)/mirimpute-bench -m method=$(BENCH_METHODS)$$([ ! -f $(RIVALS)/.installed ] || echo ,hyperimpute/hyperimpute) results_dir=$(RESULTS) resume=true
	$(BIN)/mirimpute-bench -m experiment=toy_2d method=mirf,mean,hot_deck,ice,knn,missforest results_dir=$(RESULTS) resume=true
	$(BIN)/mirimpute-report $(RESULTS)

bench-quality: $(STAMP) ## mirf beside its peers on fourteen tables, into benchmarks/quality.md (hours; ARGS=--help for options)
	$(BIN)/python -m benchmarks.quality $(ARGS)

bench-speed: $(STAMP) ## seconds, memory and scaling of mirf, into benchmarks/speed.md (hours; ARGS=--help for options)
	$(BIN)/python -m benchmarks.speed $(ARGS)

bench-draws: $(STAMP) ## drawing methods by CRPS, energy, error and seconds on 17 tables, into benchmarks/draws.md (days of one core; ARGS=--help)
	$(BIN)/python -m benchmarks.draws $(ARGS)

adem: $(STAMP) ## coverage, bias and width of pooled intervals by simulation, into benchmarks/coverage.md (days; ARGS=--help)
	$(BIN)/python -m benchmarks.coverage $(ARGS)

paper: $(STAMP) ## all cells of the paper's tables, then the report (weeks of one core; LAUNCHER=slurm, ARGS=--dry-run)
	$(PAPER) $(ARGS) || [ $$? -eq 1 ] # cells that fail are rows of the report
	$(BIN)/mirimpute-report compact $(RESULTS)/paper
	$(BIN)/mirimpute-report $(RESULTS)/paper

paper-small: $(STAMP) ## the same in small: at most 1,000 rows, rate 0.4, two seeds (hours)
	$(PAPER) --small $(ARGS) || [ $$? -eq 1 ]
	$(BIN)/mirimpute-report compact $(RESULTS)/paper
	$(BIN)/mirimpute-report $(RESULTS)/paper

test: $(STAMP) ## run the tests (real data: set MIRIMPUTE_DATA_DIR)
	$(BIN)/python -m pytest -q -n auto -m "not slow"
	$(BIN)/python -m pytest -q -m slow --ignore=tests/bench/sweeps/test_slurm.py
	$(BIN)/python -m pytest -q tests/bench/sweeps/test_slurm.py

test-oldest: ## a short part of the tests on the oldest versions that pyproject.toml allows (Python 3.10 or 3.11)
	$(PYTHON) -m venv --clear .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --requirement oldest.lock
	.venv-oldest/bin/python -m pip install --quiet --no-deps --editable .
	.venv-oldest/bin/python -m pytest -q -m "not slow" $(SHORT_TESTS)

lint: $(STAMP) ## check style, types, and which floor imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/floors.py --check

format: $(STAMP) ## put the code into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

tables: $(STAMP) ## tables and figures from the rows in results/, and from the rows of record in results/paper
	@if [ -d $(RESULTS)/runs ] || [ -d $(RESULTS)/parts ] || [ ! -d $(RESULTS)/paper/parts ]; then \
	  $(BIN)/mirimpute-report $(RESULTS); fi
	@if [ -d $(RESULTS)/paper/parts ]; then $(BIN)/mirimpute-report $(RESULTS)/paper; fi

stale: $(STAMP) ## which pages show rows of methods that have changed since
	@$(BIN)/python -m benchmarks.stale --record $(RESULTS)/paper

leaderboard: $(STAMP) ## rank the drawing methods of a record, and rows handed in, into benchmarks/leaderboard.md (ARGS=--help)
	$(BIN)/python -m benchmarks.leaderboard $(ARGS)

index: $(STAMP) ## what was measured, from the rows of each page, into benchmarks/README.md
	$(BIN)/python -m benchmarks.index

docs: $(STAMP) ## the documentation as a site, in site/; broken links and anchors end it
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build # with --quiet, warnings would not end it
	@echo "see site/index.html"

report: $(STAMP) ## one self-contained page of all rows, RESULTS/report.html
	$(BIN)/mirimpute-report $(RESULTS) --html

clean: ## remove .venv, .venv-oldest, caches and build products; results stay
	rm -rf $(VENV) .venv-oldest build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
