# syntax=docker/dockerfile:1
# The product with its dashboard inside, and the demo's shop. Neither runs as root nor writes outside /data.
#   docker build -t plumbline .                  the product
#   docker build -t plumbline-shop --target shop .

FROM rust:1.95.0-bookworm AS build
RUN rustup target add wasm32-unknown-unknown
WORKDIR /src
COPY . .
# The WebAssembly first: a release build of the server takes it in.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo xtask web \
 && cargo build --release --locked --package plumbline --bin plumbline \
 && cargo build --release --locked --package xtask --bin plumbline-shop \
 && install -D -t /out target/release/plumbline target/release/plumbline-shop

FROM debian:12.11-slim AS base
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home plumbline \
 && install -d -o plumbline -g plumbline /data
USER plumbline

FROM base AS shop
COPY --from=build /out/plumbline-shop /usr/local/bin/plumbline-shop
ENTRYPOINT ["plumbline-shop"]

FROM base AS plumbline
COPY --from=build /out/plumbline /usr/local/bin/plumbline
COPY deploy/plumbline.yaml /etc/plumbline/plumbline.yaml
# 8080: dashboard, API, CloudEvents. 4317 and 4318: OTLP over gRPC and HTTP.
EXPOSE 8080 4317 4318
VOLUME /data
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["plumbline"]
CMD ["serve", "--config", "/etc/plumbline/plumbline.yaml"]
