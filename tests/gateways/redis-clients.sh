#!/bin/sh
# Unmodified clients of Redis against Nexo: redis-cli, redis-benchmark (all its default tests), redis-py, ioredis and node-redis.
#   tests/gateways/redis-clients.sh [PROGRAM]     PROGRAM: the nexo to test, out/nexo without it
# What is missing is installed with apt-get or npm where that can be done, else passed over and said so.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
nexo=${1:-$here/../../out/nexo}
work=$(mktemp -d)
server=

finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

have() {
    command -v "$1" >/dev/null 2>&1 && return 0
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get install -y -q "$2" >/dev/null 2>&1
    command -v "$1" >/dev/null 2>&1
}

"$nexo" serve --port 0 --http-port -1 --resp-port 0 --data none >"$work/ready" 2>"$work/log" &
server=$!
for _ in $(seq 100); do
    [ ! -s "$work/ready" ] || break
    sleep 0.1
done
port=$(sed -n 's/.*redis:\/\/127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/ready")
echo "nexo listens for clients of Redis on port $port"

expect() {
    wanted=$1
    shift
    got=$(redis-cli -p "$port" "$@" | tr '\n' ' ' | sed 's/ *$//')
    if [ "$got" != "$wanted" ]; then
        echo "redis-cli $*: $got, not $wanted" >&2
        exit 1
    fi
}

if have redis-cli redis-tools; then
    expect OK set k 1
    expect 2 incr k
    expect 2 hset h a 1 b 2
    expect "a 1 b 2" hgetall h
    expect hash type h
    printf 'MULTI\nSET x 1\nINCR x\nEXEC\n' | redis-cli -p "$port" | tr '\n' ' ' | grep -q 'OK QUEUED QUEUED OK 2'
    redis-cli -p "$port" --scan | sort | tr '\n' ' ' | grep -q '^h k x'
    redis-cli -p "$port" info server | grep -q '^redis_version:7'
    echo "redis-cli: well"
    redis-benchmark -p "$port" -n 2000 -c 10 -P 4 -q
    echo "redis-benchmark: well"
else
    echo "redis-cli and redis-benchmark: passed over, they are not here and cannot be installed"
fi

python=python3
if ! $python -c 'import redis' 2>/dev/null; then
    have python3-redis-is-no-program python3-redis || true
    python=/usr/bin/python3
fi

if $python -c 'import redis' 2>/dev/null; then
    $python "$here/redis-py.py" "$port"
    echo "redis-py: well"
else
    echo "redis-py: passed over, it is not here and cannot be installed"
fi

if have node nodejs && have npm npm \
    && (cd "$work" && npm install --silent --no-audit --no-fund --no-save ioredis@5 redis@5 >"$work/npm" 2>&1); then
    cp "$here/redis-node.js" "$work/"
    node "$work/redis-node.js" "$port"
    echo "ioredis and node-redis: well"
else
    echo "ioredis and node-redis: passed over, node or npm is not here, or the packages cannot be had"
fi
