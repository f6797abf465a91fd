# syntax=docker/dockerfile:1

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# The caches outlive the build, so that a change of ours does not compile the dependencies again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package guichet \
    && cp target/release/guichet /guichet \
    && mkdir /data

FROM debian:bookworm-slim
COPY --from=build /guichet /usr/local/bin/guichet
# By these the server knows the hosts that it asks: of links of articles, and of a bucket for files.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=10001:10001 /data /var/lib/guichet
USER 10001:10001
ENV GUICHET_LISTEN=0.0.0.0:8080 GUICHET_DATA_DIR=/var/lib/guichet
VOLUME /var/lib/guichet
EXPOSE 8080
# No HEALTHCHECK: an image without an HTTP client has nothing to ask with. Whoever runs it probes /livez and /readyz.
STOPSIGNAL SIGTERM
ENTRYPOINT ["guichet"]
CMD ["serve"]
