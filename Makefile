# `make` alone lists the commands. Each first makes .venv from the lock (tools/bootstrap.sh), which takes no time if
# nothing has changed. ARGS is passed on: make test ARGS="-k beacon"
.DEFAULT_GOAL := help
ARGS ?=
BACKUP ?= $(error BACKUP: tệp nào · which file, such as: make $@ BACKUP=/mnt/backups/nhip.tar)
PY := .venv/bin/python
RUNTIME := @tools/bootstrap.sh run &&
DEV := @tools/bootstrap.sh dev &&
# The tests start some hundred processes, which would compile the product again each time.
PYTEST := $(DEV) unset PYTHONDONTWRITEBYTECODE && exec $(PY) -m pytest

.PHONY: help run backup restore stack quick test chaos attack bench pictures verify lint types format wheels env sbom audit clean

help:  ## Danh sách lệnh · This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run:  ## Chạy toàn bộ sản phẩm · Run the whole product (PORT, NHIP_DATA_DIR)
	$(RUNTIME) exec $(PY) -m cms $(ARGS)

backup:  ## Sao lưu tất cả, khi đang chạy · Back everything up into one file, while it runs (BACKUP, NHIP_DATA_DIR)
	$(RUNTIME) exec .venv/bin/nhip backup $(BACKUP) $(ARGS)

restore:  ## Khôi phục vào thư mục trống · Restore into an empty data directory (BACKUP, NHIP_DATA_DIR)
	$(RUNTIME) exec .venv/bin/nhip restore $(BACKUP) $(ARGS)

stack:  ## Chạy bản phân tán, không cần Docker · Run Kafka, PostgreSQL, ClickHouse and every process (PORT)
	$(DEV) PYTHONPATH=tests/support exec $(PY) -m stack $(ARGS)

quick:  ## Kiểm thử nhanh · Run the portal's tests that start nothing, in about a minute
	$(PYTEST) -n auto -m "not slow and not browser and not chaos" $(ARGS)

test:  ## Kiểm thử · Run the tests; where CI is set, all of them (ARGS="-k beacon")
	$(PYTEST) -n auto $(ARGS)

chaos:  ## Thử phá · Kill, freeze and cut off the distributed product (ROUNDS, SEED)
	$(DEV) PYTHONPATH=tests/support exec $(PY) -m chaos

attack:  ## Thử tấn công · Attack the product while honest readers go on (SECONDS, ARGS=flood-of-one-address)
	$(DEV) PYTHONPATH=tests/support exec $(PY) -m attack $(ARGS)

bench:  ## Đo hiệu năng · Measure every figure beside its limit
	$(DEV) PYTHONPATH=tests/support exec $(PY) -m benchmarks $(ARGS)

pictures:  ## Chụp mọi mẫu trang · Take pictures of every template and of the admin (ARGS="--only home")
	$(DEV) PYTHONPATH=tests/support exec $(PY) -m gallery $(ARGS)

verify:  ## Kiểm tra số liệu · Check lineage and roll-ups
	$(RUNTIME) exec .venv/bin/nhip verify $(ARGS)

lint:  ## Kiểm tra quy ước · Check style, formatting and import contracts
	$(DEV) .venv/bin/ruff check . && .venv/bin/ruff format --check . && exec .venv/bin/lint-imports

types:  ## Kiểm tra kiểu · Check types, strictly
	$(DEV) .venv/bin/mypy $(ARGS) && exec .venv/bin/mypy tests/support

format:  ## Định dạng mã nguồn · Format the code
	$(DEV) .venv/bin/ruff check --fix-only . && exec .venv/bin/ruff format .

wheels:  ## Đóng gói · Build both wheels into dist/
	@rm -rf dist && exec tools/bootstrap.sh uv build --all-packages --wheel --out-dir dist

env:  ## Ghi .env với khoá ngẫu nhiên · Write .env for docker-compose.yml (NHIP_SITE, NHIP_TLS)
	@tools/make_env.sh

sbom:  ## Bảng kê thành phần · Write the bill of materials (CycloneDX)
	$(DEV) exec $(PY) tools/sbom.py $(ARGS)

audit:  ## Hỏi lỗ hổng đã biết, cần mạng · Ask for known vulnerabilities, over the network
	$(DEV) exec $(PY) tools/audit.py

clean:  ## Xoá thứ sinh ra · Remove builds and caches; data and .venv stay
	rm -rf dist build test-artifacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find cms consumers pipeline plugins tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
