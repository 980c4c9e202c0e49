# make serve   install, index seeds/, serve the chat page and the API
# make test    install, lint, type-check, run all tests
# make test-ray    install Ray besides, run the tests that need it
# The rest are the steps behind them.

# An activated virtual environment is used as it is; otherwise .venv is made here.
VENV := $(or $(VIRTUAL_ENV),$(CURDIR)/.venv)
PYTHON := $(VENV)/bin/python
# Python compiles what it imports; most of what is installed never is.
INSTALL := $(PYTHON) -m pip install --quiet --disable-pip-version-check --no-compile \
	--constraint constraints.txt --editable
INSTALLED := $(VENV)/.pincite-installed
WITH_RAY := $(VENV)/.pincite-installed-ray
RAY_TESTS_S := 600
PACKAGES := api cluster eval index models qa training

.PHONY: serve test test-ray install index lint types unit hostile eval clean

serve: index
	$(VENV)/bin/pincite serve

# mypy takes one core, and the tests wait for much: they go side by side.
test: install
	$(MAKE) --no-print-directory --jobs 2 lint types unit

install: $(INSTALLED)

# Again when what is to be installed changes. An environment without pip is one that could not be made.
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m pip --version >/dev/null 2>&1 || python3 -m venv $(VENV)
	$(INSTALL) ".[dev]"
	touch $@

$(WITH_RAY): $(INSTALLED)
	$(INSTALL) ".[dev,ray]"
	touch $@

index: install
	$(VENV)/bin/pincite index

lint: install
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

# mypy does not read the mapping in pyproject.toml: here the folders stand as they are installed.
types: install
	rm -rf .links && mkdir -p .links/pincite && ln -s ../tests .links
	cd .links/pincite && ln -s ../../pincite/*.py $(PACKAGES:%=../../%) .
	cd .links && $(VENV)/bin/mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache

# In two processes, each file in one of them: a third takes longer on two cores.
unit: install
	$(PYTHON) -m pytest --numprocesses 2 --dist loadfile

# Three minutes on two slow cores. What hangs is interrupted, so that it is seen where; what is left of
# it is killed: Ray's processes end with the one that started them.
test-ray: $(WITH_RAY)
	timeout --foreground --signal INT --kill-after 60 $(RAY_TESTS_S) \
		$(PYTHON) -m pytest -m ray --durations 10 -o faulthandler_timeout=240 \
			tests/test_cluster_ray.py; \
	code=$$?; \
	if [ $$code = 124 ] || [ $$code = 137 ]; then \
		echo "The tests of Ray took more than $(RAY_TESTS_S) s and were ended." >&2; \
	fi; \
	exit $$code

# Bad input, many times over what `make test` tries of it: other examples each time.
hostile: install
	HOSTILE_TIMES=$(or $(TIMES),10) $(PYTHON) -m pytest --durations=5 tests/test_hostile_files.py \
		tests/test_formats_hostile.py tests/test_hostile_http.py tests/test_sandbox.py

eval: index
	$(VENV)/bin/pincite eval --split test

# The documents that were added stand in .pincite, and stay.
clean:
	rm -rf .venv .links build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
