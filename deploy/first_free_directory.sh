#!/bin/sh
# Runs a command with a data directory of its own: the first of NHIP_DATA_DIR/1, /2, … that no other process holds.
#
#   NHIP_DATA_DIR=/var/lib/nhip first_free_directory.sh nhip collect
#
# The lock goes with the process, however it ends; what it left behind (a spool that Kafka does not have yet) is there for
# the next one that takes the directory. Exit code 2 when there is none to be had.
set -eu

LIMIT=64

n=1
while [ "$n" -le "$LIMIT" ]; do
    directory=${NHIP_DATA_DIR:?is not set}/$n
    mkdir -p "$directory"
    exec 9>"$directory/taken"
    if flock -n 9; then
        NHIP_DATA_DIR=$directory
        export NHIP_DATA_DIR
        exec "$@"
    fi
    n=$((n + 1))
done
echo "nhip: NHIP_DATA_DIR: $LIMIT processes hold every directory in $NHIP_DATA_DIR; stop one" >&2
exit 2
