#!/bin/sh
# Fetches the jars of Apache Kafka into .tools/kafka, once, and prints their directory.
#
# Tests, `make stack` and benchmarks run a real broker from there (tests/support/kafka_server.py). tools/kafka/pom.xml
# pins the versions; after the first time no network is needed. Needs Java 17 or newer and, to fetch, Maven, which
# follows the user's own settings. JAVA_HOME chooses the Java.
set -eu

cd "$(dirname "$0")/.."
wanted=$(cksum <tools/kafka/pom.xml | cut -d ' ' -f 1)
jars=.tools/kafka/$wanted

fail() {
    printf 'nhip: %s\n' "$*" >&2
    exit 2
}

main() {
    java=${JAVA_HOME:+$JAVA_HOME/bin/}java
    major=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p;' | head -n 1) || true
    [ "${major:-0}" -ge 17 ] || fail "cần Java 17 trở lên để chạy Kafka · Kafka needs Java 17 or newer." \
        "Debian, Ubuntu: sudo apt-get install openjdk-17-jre-headless"
    [ -d "$jars" ] || fetch
    printf '%s\n' "$PWD/$jars"
}

# Fetches into a temporary directory first, so that $jars is always complete, even if two processes fetch.
fetch() {
    command -v mvn >/dev/null || fail "cần Maven để tải Kafka · Maven is needed to fetch Kafka." \
        "Debian, Ubuntu: sudo apt-get install maven"
    mkdir -p .tools/kafka
    echo '*' >.tools/.gitignore
    printf '%s\n' "Tải Apache Kafka (lần đầu khoảng 43 MB) · Fetching Apache Kafka (the first time about 43 MB) …" >&2
    partial=$(mktemp -d .tools/kafka/partial.XXXXXX)
    trap 'rm -rf "$partial"' EXIT
    mvn --batch-mode --quiet --file tools/kafka/pom.xml dependency:copy-dependencies -DincludeScope=runtime \
        -DoutputDirectory="$PWD/$partial" >&2 ||
        fail "không tải được Kafka: kiểm tra mạng và settings.xml của Maven, rồi chạy lại ·" \
            "Kafka can't be fetched: check the network and Maven's settings.xml, then run the same command again"
    [ -d "$jars" ] || mv "$partial" "$jars" 2>/dev/null || [ -d "$jars" ]
}

main
