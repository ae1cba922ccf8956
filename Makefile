# make start   load the starter set and take the tour; MIRROR=dir works without internet, HOME_DIR=dir keeps it elsewhere
# make test    everything that CI runs
# make docs    write the generated pages of docs/ again
# make format  put the code in shape
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV := $(or $(shell uv --version >/dev/null 2>&1 && command -v uv),.tools/bin/uv)
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS ?= never
export UV_PROJECT_ENVIRONMENT := .venv

.PHONY: help start test docs format environment

help:
	@sed -n 's/^# //p' Makefile

start: | $(UV)
	@$(UV) sync --locked --no-dev --inexact --quiet
	@code=0; $(BIN)/trackrecord $(if $(HOME_DIR),--home "$(HOME_DIR)") start $(if $(MIRROR),--mirror "$(MIRROR)") || code=$$?; \
	echo; echo "The command is $(BIN)/trackrecord here; \`uv tool install .\` puts it on your path."; exit $$code

test: environment
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(BIN)/pytest -n 2 --dist loadfile --cov --cov-report=term

docs: environment
	$(BIN)/python docs/generate.py

format: environment
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

environment: | $(UV)
	$(UV) sync --locked --quiet

.tools/bin/uv:
	$(PYTHON) -m pip install --quiet --target .tools 'uv>=0.9,<1'
