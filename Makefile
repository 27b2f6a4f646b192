# Every target uses the active environment: see README.md, "Install".
PYTHON ?= python

.PHONY: app test check bench results screenshots worlds worlds-precompute

app:            ## open the app on the bundled demo
	$(PYTHON) -m explorer

test: check     ## style, types, then every test, two files at a time
	$(PYTHON) -m pytest -n 2 --dist loadfile

check:          ## style and types
	$(PYTHON) -m ruff check explorer tests assets
	$(PYTHON) -m mypy

bench:          ## figures as ratios, printed with the machine they were measured on
	$(PYTHON) -m explorer bench utility
	$(PYTHON) -m explorer bench query

results:        ## the stored tables as Markdown, and their summary into README.md
	$(PYTHON) -m explorer bench results assets/results/methods > assets/results/methods.md
	$(PYTHON) -m explorer bench results assets/results/methods --into README.md

screenshots:    ## every page of the app on the demo, light and dark, into assets/screenshots
	$(PYTHON) assets/screenshots/take.py

worlds:         ## the bundled worlds from their sources, bit for bit
	$(PYTHON) assets/worlds/build.py

worlds-precompute: ## teacher scores, students, runs and vectors that come with the worlds (about half an hour)
	$(PYTHON) assets/worlds/precompute.py
	$(PYTHON) assets/worlds/vectors.py
