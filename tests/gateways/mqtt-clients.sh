#!/bin/sh
# Unmodified clients of MQTT against Nexo: mosquitto_pub, mosquitto_sub and paho.
#   tests/gateways/mqtt-clients.sh [PROGRAM]     PROGRAM: the nexo to test, out/nexo without it
# What is missing is installed with apt-get where that can be done, else passed over and said so.
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

install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get install -y -q "$1" >/dev/null 2>&1
}

"$nexo" serve --port 0 --http-port -1 --mqtt-port 0 --data none >"$work/ready" 2>"$work/log" &
server=$!
for _ in $(seq 100); do
    [ ! -s "$work/ready" ] || break
    sleep 0.1
done
port=$(sed -n 's/.*mqtt:\/\/127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/ready")
native=$(sed -n 's/.*nexo:\/\/\([0-9.:]*\).*/\1/p' "$work/ready")
echo "nexo listens for clients of MQTT on port $port"

# Listens for so many messages in a file of its own; it has subscribed when this returns.
listen() { # name count arguments
    name=$1
    count=$2
    shift 2
    stdbuf -oL mosquitto_sub -d -p "$port" -C "$count" -W 20 -F '%t %p %q %r' "$@" >"$work/$name.raw" 2>&1 &
    echo $! >"$work/$name.pid"
    for _ in $(seq 100); do
        ! grep -q Subscribed "$work/$name.raw" 2>/dev/null || return 0
        sleep 0.1
    done
    echo "mosquitto_sub has not subscribed: $(cat "$work/$name.raw")" >&2
    exit 1
}

expect() { # name lines
    tail --pid="$(cat "$work/$1.pid")" -f /dev/null
    got=$(grep -v -E '^(Client|Subscribed) ' "$work/$1.raw" | tr '\n' ';')
    if [ "$got" != "$2" ]; then
        echo "$1: $got, not $2" >&2
        exit 1
    fi
}

publish() {
    mosquitto_pub -p "$port" "$@"
}

if command -v mosquitto_sub >/dev/null 2>&1 || install mosquitto-clients; then
    for version in mqttv311 mqttv5; do
        for quality in 0 1 2; do
            listen "$version-$quality" 3 -V "$version" -q "$quality" -t 'a/+'
            for published in 0 1 2; do
                publish -V "$version" -q "$published" -t a/b -m "$published"
            done
            lesser() { [ "$1" -lt "$quality" ] && echo "$1" || echo "$quality"; }
            expect "$version-$quality" "a/b 0 0 0;a/b 1 $(lesser 1) 0;a/b 2 $(lesser 2) 0;"
        done
        publish -V "$version" -r -q 1 -t "kept/$version" -m here
        listen "kept-$version" 1 -V "$version" -q 1 -t "kept/$version"
        expect "kept-$version" "kept/$version here 1 1;"
        publish -V "$version" -r -n -t "kept/$version"
        listen "will-$version" 1 -V "$version" -q 1 -t "will/$version"
        mosquitto_sub -p "$port" -V "$version" -t none --will-topic "will/$version" --will-payload gone --will-qos 1 &
        lost=$!
        sleep 1
        kill -9 $lost
        expect "will-$version" "will/$version gone 1 0;"
    done
    listen shared-1 2 -V mqttv5 -q 1 -t '$share/g/work'
    listen all 4 -V mqttv5 -q 1 -t work
    for i in 1 2 3 4; do
        publish -V mqttv5 -q 1 -t work -m "$i"
    done
    expect all 'work 1 1 0;work 2 1 0;work 3 1 0;work 4 1 0;'
    kill "$(cat "$work/shared-1.pid")" 2>/dev/null || true
    listen native 1 -V mqttv5 -q 2 -t from/native
    "$nexo" pub from/native hello --url "nexo://$native" >/dev/null
    expect native 'from/native hello 1 0;'
    "$nexo" sub from/mqtt --count 1 --url "nexo://$native" >"$work/native.out" &
    reader=$!
    sleep 2
    publish -V mqttv5 -q 1 -t from/mqtt -m hello
    wait $reader
    [ "$(cat "$work/native.out")" = hello ]
    echo "mosquitto_pub and mosquitto_sub: well"
else
    echo "mosquitto_pub and mosquitto_sub: passed over, they are not here and cannot be installed"
fi

python=python3
if ! $python -c 'import paho.mqtt' 2>/dev/null; then
    # Debian's package is for Debian's Python.
    /usr/bin/python3 -c 'import paho.mqtt' 2>/dev/null || install python3-paho-mqtt || true
    python=/usr/bin/python3
fi
if $python -c 'import paho.mqtt' 2>/dev/null; then
    $python "$here/mqtt-paho.py" "$port"
    echo "paho: well"
else
    echo "paho: passed over, it is not here and cannot be installed"
fi
