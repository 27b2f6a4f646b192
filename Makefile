# Every target uses the active environment: see README.md, "Install".
PYTHON ?= python

.PHONY: app test check bench results

app:            ## open the app on the bundled demo
	$(PYTHON) -m explorer

test: check     ## style, types, then every test
	$(PYTHON) -m pytest

check:          ## style and types
	$(PYTHON) -m ruff check explorer tests
	$(PYTHON) -m mypy

bench:          ## figures as ratios, printed with the machine they were measured on
	$(PYTHON) -m explorer bench utility
	$(PYTHON) -m explorer bench query

results:        ## the stored tables as Markdown, and their summary into README.md
	$(PYTHON) -m explorer bench results assets/results/methods > assets/results/methods.md
	$(PYTHON) -m explorer bench results assets/results/methods --into README.md
