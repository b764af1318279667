# One image for all of Nhịp's own processes (target nhip), and Caddy with its configuration (target proxy).
# Nothing is fetched when they run.

FROM python:3.12.15-slim-bookworm@sha256:54c85f3c47607a77f32adec749d3c81d1348bf25833671f512b26a9b6d778cb3 AS build
WORKDIR /build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app/.venv \
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY tools/uv.txt tools/uv.txt
RUN pip install --no-cache-dir --only-binary :all: --require-hashes --requirement tools/uv.txt
# First the layers that seldom change. The embedded engine stays out: here the engine is a server.
COPY pyproject.toml uv.lock ./
COPY plugins/emulation/pyproject.toml plugins/emulation/pyproject.toml
RUN uv sync --frozen --no-dev --no-cache --no-install-workspace --no-install-package chdb-core
COPY README.md CHANGELOG.md ./
COPY plugins plugins
COPY pipeline pipeline
COPY consumers consumers
COPY cms cms
RUN uv sync --frozen --no-dev --no-cache --no-editable --no-install-package chdb-core

FROM python:3.12.15-slim-bookworm@sha256:54c85f3c47607a77f32adec749d3c81d1348bf25833671f512b26a9b6d778cb3 AS nhip
RUN groupadd --gid 10001 nhip \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/nhip --shell /usr/sbin/nologin nhip \
    && install --directory --owner 10001 --group 10001 --mode 0750 /var/lib/nhip
COPY --from=build /app/.venv /app/.venv
COPY manage.py /app/manage.py
COPY deploy/healthcheck.py deploy/first_free_directory.sh /app/deploy/
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER 10001:10001
CMD ["python", "-m", "cms.web"]

FROM caddy:2.11.9-alpine AS proxy
# A copy of the program has no file capability (low ports, which it does not use), and runs without any.
RUN cp /usr/bin/caddy /usr/bin/caddy.plain && mv /usr/bin/caddy.plain /usr/bin/caddy \
    && mkdir -p /data /config && chown -R 10002:10002 /data /config
COPY deploy/caddy/Caddyfile deploy/caddy/compose.caddy /etc/caddy/
USER 10002:10002
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
