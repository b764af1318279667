#!/bin/sh
# Runs a command with a data directory of its own: the first of NHIP_DATA_DIR/1, /2, … that no other process holds.
#
#   NHIP_DATA_DIR=/var/lib/nhip first_free_directory.sh nhip collect
#
# The lock ends with the process, however that ends. The next process in the directory finds all that the last one left,
# such as a spool that Kafka does not have yet. Exit code 2 if no directory is free.
set -eu
umask 077

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
