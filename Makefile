# Needs only a POSIX make, Python 3.11 or newer with pip, and git. Everything is installed inside this folder.
# uv comes from the package registry into .tools, which works as root and without python3-venv too.

UV = UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never .tools/bin/uv
RUN = $(UV) run --frozen
DEV = $(RUN) --group dev

.PHONY: help run test check thorough bench faults

help:   ## Show what can be made
	@python3 -c "import re; [print(f'make {n:<8}{t}') for n, t in re.findall(r'(?m)^([a-z]+):.*?## (.*)', open('Makefile').read())]"

run: .tools/bin/uv   ## Open the app on the demo cooperative
	@$(RUN) coop-tui demo

test: .tools/bin/uv   ## Run the tests, on SQLite and PostgreSQL
	@$(DEV) pytest -n 3

check: .tools/bin/uv   ## What CI runs: format, lint, types, import contracts, tests
	@$(DEV) ruff format --check .
	@$(DEV) ruff check .
	@$(DEV) mypy
	@$(DEV) lint-imports
	@$(DEV) pytest -n 3

thorough: .tools/bin/uv   ## Every test, the long walks and all sequences of the state machines included (half an hour)
	@COOP_THOROUGH=1 $(DEV) pytest -n 3

bench: .tools/bin/uv   ## Measure and print a table (bench.json)
	@$(DEV) python -m benchmarks

faults: .tools/bin/uv   ## Kill the program between its steps, hundreds of times, and look for damage
	@$(DEV) python -m tests.faults

.tools/bin/uv:
	@python3 -m pip install --quiet --disable-pip-version-check --target .tools uv
