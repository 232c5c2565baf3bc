# 网鉴 Wangjian. Two commands do all the set-up:
#   make run     watch the sample market (or SHOPS=file.csv), open the web interface
#   make test    the gate and the whole suite
.PHONY: run test check setup setup-test lock clean
.DEFAULT_GOAL := run

PY := .venv/bin/python
ROOMS := kernel crawlers evidence identity_verify search supervision exchange pipeline api simulators tests benchmarks

setup:
	@deploy/venv.sh requirements.lock
	@deploy/system.sh run

setup-test:
	@deploy/venv.sh requirements-dev.lock
	@deploy/system.sh test

run: setup
	@./wangjian run $(if $(SHOPS),--shops "$(SHOPS)")

check: setup-test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/deptry .

test: setup-test
	@PY=$(PY) deploy/test.sh

lock:
	uv pip compile pyproject.toml --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --group dev --python-version 3.11 --generate-hashes --no-annotate --no-header -q -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
