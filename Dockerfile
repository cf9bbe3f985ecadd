# docker build -t nexo .
# docker run -d -p 7654:7654 -p 7655:7655 -v nexo:/data -e NEXO_SECURITY__TOKEN_SHA256=… nexo
# The token and its hash are made by: docker run --rm nexo config new-token. See docs/operating.md.
FROM ubuntu:24.04 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
    ca-certificates clang dotnet-sdk-10.0 git libssl3t64 tzdata zlib1g-dev
WORKDIR /src
COPY . .
RUN dotnet publish src/Nexo.Cli -c Release -r "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" -o /out
RUN packaging/container/rootfs /out/nexo /rootfs

FROM scratch
COPY --from=build /rootfs/ /
# Beyond loopback, which is of no use in a container; so it starts with credentials only, or with NEXO_NETWORK__INSECURE=true.
ENV NEXO_NETWORK__BIND=* NEXO_DATA__DIRECTORY=/data
USER 65532:65532
VOLUME /data
EXPOSE 7654 7655
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/usr/bin/nexo", "health", "--timeout", "3s"]
ENTRYPOINT ["/usr/bin/nexo"]
CMD ["serve"]
