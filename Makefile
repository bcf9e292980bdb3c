# geo_ree: make help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help install servers peers map notebooks docs test test-services quick check torture routes bench bench-dask live clean

help:  ## show this
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "geo_ree needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

install: $(READY)  ## set everything up in .venv

servers:  ## install the servers that the tests start (MapServer, Koop ...) and the tools of the page's tests
	@for script in tools/servers/*.sh; do echo "$$script"; PYTHON=$(PYTHON) bash "$$script" || exit 1; done

peers:  ## install the programs that the benchmarks compare with (DuckDB, PostGIS, GDAL, rustworkx ...)
	@for script in tools/peers/*.sh; do echo "$$script"; PYTHON=$(PYTHON) bash "$$script" || exit 1; done

map: $(READY)  ## run the whole pipeline and write out/
	@$(BIN)/geo-ree run

test: $(READY)  ## run all tests but those of the services
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not services"

test-services: $(READY)  ## test Dask, PostGIS and the service: starts a scheduler, a database and a server
	bash tools/peers/postgis.sh
	$(BIN)/python -m pytest -n 2 --dist worksteal -m services

quick: $(READY)  ## run the quick tests: no servers, no browser, no mirror, no full run
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not servers and not services and not browser and not mirror"

torture: $(READY)  ## kill the commands that write, 50 times each, and look at what they leave
	$(BIN)/python -W ignore tools/torture.py

check: $(READY)  ## format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

notebooks: $(READY)  ## run the notebooks, and write them to out/notebooks as HTML
	$(BIN)/python -m nbconvert --log-level ERROR --execute --to html --output-dir out/notebooks \
	  --HTMLExporter.mathjax_url= --HTMLExporter.require_js_url= notebooks/*.ipynb
	@echo "notebooks: out/notebooks/"

docs: $(READY)  ## write the documentation to out/docs; a warning is an error
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs out/docs
	@echo "documentation: out/docs/index.html"

routes: $(READY)  ## compare published distances and prices of freight with those of the model
	$(BIN)/python benchmarks/bench_distances.py
	$(BIN)/python benchmarks/bench_freight.py

bench: $(READY) peers  ## print the benchmarks, and fail when a bar is missed
	$(BIN)/python benchmarks/bench_all.py

bench-dask: $(READY)  ## measure nearest() over Dask beside one process, and fail when a bar is missed
	$(BIN)/python benchmarks/bench_dask.py

live: $(READY)  ## send requests to every real publisher (needs the network)
	$(BIN)/python -m pytest -m live

clean:  ## remove what was made
	rm -rf $(VENV) .servers out docs/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis
