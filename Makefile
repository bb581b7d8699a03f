# Every target sets up what it needs, so each works as the first command. `predict` and `explain` install the base
# alone; Parquet files and pictures also need `make setup`, and say so.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SENTIMENT := $(BIN)/sentiment
LOWEST := .venv-lowest
# What is installed: the base, which predicts and explains, and the extras of pyproject.toml.
BASE := $(VENV)/.installed
TRAIN := $(VENV)/.installed-train
SERVE := $(VENV)/.installed-serve
SEARCH := $(VENV)/.installed-search
DEV := $(VENV)/.installed-dev
# Python compiles what is imported when it is; to compile all of TensorFlow beforehand takes long.
PIP_INSTALL = $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt

# Where it is set, Python compiles all of TensorFlow anew in each process, which takes longer than most commands.
unexport PYTHONDONTWRITEBYTECODE

# What a person gives reaches the commands through the environment, letter by letter: $(value ...) keeps make
# from reading a `$$` in it, and quotes and line breaks never meet the shell.
unexport TEXT INPUT COLUMN OUTPUT FORMAT DATA ARCHIVE RUN PRESET ONLY SEEDS PORT ARGS
export GIVEN_TEXT = $(value TEXT)
export GIVEN_INPUT = $(value INPUT)
export GIVEN_COLUMN = $(value COLUMN)
export GIVEN_OUTPUT = $(value OUTPUT)
export GIVEN_FORMAT = $(value FORMAT)
export GIVEN_DATA = $(value DATA)
export GIVEN_ARCHIVE = $(value ARCHIVE)
export GIVEN_RUN = $(value RUN)
export GIVEN_PRESET = $(value PRESET)
export GIVEN_ONLY = $(value ONLY)
export GIVEN_SEEDS = $(value SEEDS)
export GIVEN_PORT = $(value PORT)

.DEFAULT_GOAL := help
.NOTPARALLEL: # two installations at once would break the environment
.PHONY: help setup train search pretrain label-efficiency flagship compact everyday evaluate predict export explain explain-check serve use benchmark behaviour readme test test-fast test-lowest test-browser test-reliability test-full browser check format clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(TRAIN) $(SERVE) ## Install all that the commands need into .venv, in pinned versions

train: $(TRAIN) ## Train the four, write the report (DATA=path PRESET=quick ONLY=gru SEEDS=3)
	@$(SENTIMENT) train $${GIVEN_DATA:+--data "$$GIVEN_DATA"} $${GIVEN_PRESET:+--preset "$$GIVEN_PRESET"} \
		$${GIVEN_ONLY:+--only "$$GIVEN_ONLY"} $${GIVEN_SEEDS:+--seeds "$$GIVEN_SEEDS"} $(ARGS)

search: $(SEARCH) ## Search settings on validation, in hours and in steps that are kept (DATA=path PRESET=quick ONLY=gru)
	@$(SENTIMENT) search $${GIVEN_DATA:+--data "$$GIVEN_DATA"} $${GIVEN_PRESET:+--preset "$$GIVEN_PRESET"} \
		$${GIVEN_ONLY:+--only "$$GIVEN_ONLY"} $(ARGS)

pretrain: $(TRAIN) ## Learn from the training reviews without labels (DATA=path ARGS="--minutes 60")
	@$(SENTIMENT) pretrain $${GIVEN_DATA:+--data "$$GIVEN_DATA"} $(ARGS)

label-efficiency: $(TRAIN) ## What labels buy, from 100 to all, in hours and in steps that are kept (DATA=path)
	@$(SENTIMENT) label-efficiency $${GIVEN_DATA:+--data "$$GIVEN_DATA"} $(ARGS)

flagship: $(TRAIN) ## Make the flagship again, in hours and in stages that are kept (DATA=path)
	@$(SENTIMENT) flagship $${GIVEN_DATA:+--data "$$GIVEN_DATA"} $(ARGS)

compact: $(TRAIN) ## Make the small model that a large and a linear one teach (DATA=path)
	@$(SENTIMENT) compact $${GIVEN_DATA:+--data "$$GIVEN_DATA"} $(ARGS)

everyday: $(TRAIN) ## Make the everyday model again, in hours (DATA=folder of reviews.parquet ARCHIVE=aclImdb_v1.tar.gz)
	@$(BIN)/python -m benchmarks behaviour-texts data/.cache/everyday-frames.csv --per-frame 40
	@$(SENTIMENT) everyday --data "$$GIVEN_DATA" --archive "$$GIVEN_ARCHIVE" --frames data/.cache/everyday-frames.csv \
		--written data/short-texts/train $(ARGS)

evaluate: $(TRAIN) ## Evaluate the saved runs, rewrite the report (RUN=name DATA=other.csv)
	@$(SENTIMENT) evaluate $${GIVEN_RUN:+--run "$$GIVEN_RUN"} $${GIVEN_DATA:+--data "$$GIVEN_DATA"} $(ARGS)

predict: $(BASE) ## Label and probability of a text or a file (TEXT="..." or INPUT=a.csv COLUMN=text OUTPUT=b.csv)
	@set --; test -n "$$GIVEN_INPUT" || set -- -- "$$GIVEN_TEXT"; \
		$(SENTIMENT) predict $${GIVEN_INPUT:+--input "$$GIVEN_INPUT"} $${GIVEN_COLUMN:+--column "$$GIVEN_COLUMN"} \
		$${GIVEN_OUTPUT:+--output "$$GIVEN_OUTPUT"} $${GIVEN_RUN:+--run "$$GIVEN_RUN"} $(ARGS) "$$@"

export: $(TRAIN) ## Write a saved run as ONNX or SavedModel (RUN=name FORMAT=savedmodel)
	@$(SENTIMENT) export $${GIVEN_RUN:+--run "$$GIVEN_RUN"} $${GIVEN_FORMAT:+--format "$$GIVEN_FORMAT"} $(ARGS)

explain: $(BASE) ## Which words decided, and what the gates did (TEXT="..." RUN=name ARGS="--png why.png")
	@$(SENTIMENT) explain $${GIVEN_RUN:+--run "$$GIVEN_RUN"} $(ARGS) -- "$$GIVEN_TEXT"

explain-check: $(BASE) ## How often an explanation names a known cause (RUN=name)
	@$(SENTIMENT) explain --check $${GIVEN_RUN:+--run "$$GIVEN_RUN"} $(ARGS)

serve: $(SERVE) ## Serve the saved runs, with a page, on this machine (RUN=name PORT=8000)
	@$(SENTIMENT) serve $${GIVEN_RUN:+--run "$$GIVEN_RUN"} $${GIVEN_PORT:+--port "$$GIVEN_PORT"} $(ARGS)

use: $(BASE) ## Choose the run that answers where none is named; without RUN, show it (RUN=name)
	@$(SENTIMENT) use $(ARGS) $${GIVEN_RUN:+-- "$$GIVEN_RUN"}

benchmark: $(DEV) ## Time our LSTM, predictions and scoring: an hour without other work (ARGS=--quick)
	@$(BIN)/python -m benchmarks layers $(ARGS)
	@$(BIN)/python -m benchmarks predictions $${GIVEN_DATA:+--data "$$GIVEN_DATA"} $(ARGS)
	@$(BIN)/python -m benchmarks scoring $${GIVEN_DATA:+--data "$$GIVEN_DATA"} $(ARGS)

behaviour: $(TRAIN) ## Test how the shipped models read: negation, comparison, questions and more (DATA=archive)
	@$(BIN)/python -m benchmarks behaviour $${GIVEN_DATA:+--data "$$GIVEN_DATA"} $(ARGS)

readme: $(TRAIN) ## Write the tables of README and docs from the files that hold their figures
	@$(BIN)/python -m sentiment.report.documents

test: $(DEV) ## Run all tests
	@$(BIN)/python -m pytest $(ARGS)

test-fast: $(DEV) ## Run the tests that take no minute
	@$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-lowest: ## Run the fast tests on the lowest versions that pyproject.toml allows, in .venv-lowest
	@$(LOWEST)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(LOWEST)
	@$(PYTHON) .ci/lowest_versions.py > $(LOWEST)/constraints.txt
	@$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check -c $(LOWEST)/constraints.txt -e '.[dev]'
	@$(LOWEST)/bin/python -m pytest -m "not slow" $(ARGS)

test-reliability: $(DEV) ## Kill trainings and batch jobs many times, fill disks; an hour
	@SENTIMENT_RELIABILITY=full $(BIN)/python -m pytest -n0 tests/reliability $(ARGS)

test-full: $(DEV) ## Run all tests in their full form; two hours
	@SENTIMENT_RELIABILITY=full $(BIN)/python -m pytest $(ARGS)

test-browser: $(DEV) browser ## Test the page in Chromium
	@$(BIN)/python -m pytest -m browser $(ARGS)

browser: ## Install Chromium for the tests of the page, where there is none
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y --no-install-recommends chromium; } || \
		{ echo "expected to be able to install chromium; found no way; install it and run this again" >&2; exit 2; }

check: $(DEV) ## Lint, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(DEV) ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean: ## Remove the environments and caches, never runs or downloads
	rm -rf $(VENV) $(LOWEST) build *.egg-info app/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find app benchmarks tests -name __pycache__ -type d -prune -exec rm -rf {} +

# An interrupted installation leaves no stamp, so the next command finishes it.
$(BASE): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "expected Python 3.11 to 3.13; found $$($(PYTHON) --version 2>&1); say which one: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing what predictions need into $(VENV) (once; some seconds, 250 MB) ..." >&2
	@$(PIP_INSTALL) -e .
	@touch $@

$(TRAIN): $(BASE)
	@echo "Installing what training needs into $(VENV) (once; some minutes, 2 GB) ..." >&2
	@$(PIP_INSTALL) -e '.[train]'
	@touch $@

$(SEARCH): $(TRAIN)
	@$(PIP_INSTALL) -e '.[train,search]'
	@touch $@

$(SERVE): $(BASE)
	@$(PIP_INSTALL) -e '.[serve]'
	@touch $@

$(DEV): $(BASE)
	@echo "Installing what the tests need into $(VENV) (once; some minutes, 3 GB) ..." >&2
	@$(PIP_INSTALL) -e '.[dev]'
	@touch $@ $(TRAIN) $(SERVE)
