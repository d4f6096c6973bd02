# make install   optanim in .venv/bin, and nothing drawn
# make figures   every scene in scenes/ as files in output/
# make gallery   a page of all scenes, output/gallery/index.html
# make test      the tests, with the versions in tests/constraints.txt
# make lint      ruff and mypy
# make docs      docs/optimizers.md, from the rules themselves
# make pictures  docs/figures, from the scenes that README and docs show
# make contact-sheet   all landscapes on one picture, and all panels in every theme, in output/
# make bench     against what people use today
# make clean     removes what these made

PYTHON ?= python3
SCENES := $(wildcard scenes/*.yaml)
DATA := $(wildcard scenes/*.csv)
CODE := $(shell find optanim -name '*.py')
SETUP := setup.cfg pyproject.toml tests/constraints.txt
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: figures install gallery test lint docs pictures contact-sheet bench clean
.DELETE_ON_ERROR:

figures: $(SCENES:scenes/%.yaml=output/.made/%)

# The files that a scene makes are the scene's business: a stamp stands for them all.
output/.made/%: scenes/%.yaml .venv/installed $(CODE) $(DATA)
	@mkdir -p $(@D)
	$(BIN)/optanim render $< -o output
	@touch $@

install: .venv/installed
	@echo "run $(BIN)/optanim, or . $(BIN)/activate and then optanim"

# It knows by itself what has to be drawn again.
gallery: .venv/installed
	$(BIN)/optanim gallery scenes -o output/gallery

test: .venv/tools
	$(BIN)/python -m pytest

lint: .venv/tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/installed
	$(BIN)/optanim list optimizers --markdown > docs/optimizers.md.new
	mv docs/optimizers.md.new docs/optimizers.md

pictures: .venv/installed
	$(BIN)/python tools/pictures.py

contact-sheet: .venv/installed
	$(BIN)/python tools/contact_sheet.py output

bench: .venv/bench
	$(BIN)/python benchmarks/bench.py

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "optanim needs Python 3.11 or later: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing: install python3-venv (on Debian and Ubuntu)" >&2; exit 1; }
	$(PYTHON) -m venv .venv

# Editable, so that a change to the code needs no new set-up.
.venv/installed: $(SETUP) | .venv/bin/python
	$(PIP) install --constraint tests/constraints.txt --editable '.[data]'
	@touch $@

.venv/tools: .venv/installed
	$(PIP) install --constraint tests/constraints.txt --editable '.[dev]'
	@touch $@

.venv/bench: .venv/installed
	$(PIP) install --constraint tests/constraints.txt --editable '.[bench]'
	@touch $@

clean:
	rm -rf .venv output build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache benchmarks/results/2*.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
