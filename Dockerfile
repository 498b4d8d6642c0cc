# monei-guard in a container: 'docker run --rm -v "$PWD:/src:ro" IMAGE scan'; see docs/ci.md.
# Pin the base image by digest where you build it: a tag can be moved.
FROM python:3.13-alpine AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY monei_guard monei_guard
COPY rules rules
COPY hooks hooks
# Only wheels: nothing is compiled, and of all packages only this one's own build runs while it is installed.
RUN python -m venv /opt/monei-guard \
 && /opt/monei-guard/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary=:all: . \
 && /opt/monei-guard/bin/pip uninstall --yes pip

FROM python:3.13-alpine
# hadolint ignore=DL3018 # a version of git pinned here would keep its security updates out
RUN apk add --no-cache git \
 && rm -rf /usr/local/lib/python3.13/site-packages/pip /usr/local/lib/python3.13/ensurepip \
 && adduser -D -u 65532 guard
COPY --from=build /opt/monei-guard /opt/monei-guard
ENV PATH=/opt/monei-guard/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1
USER 65532
WORKDIR /src
# No shell is started. CI systems that run their own script in the image empty the entrypoint.
ENTRYPOINT ["/opt/monei-guard/bin/monei-guard"]
CMD ["ci"]
