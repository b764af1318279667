#!/bin/sh
# Makes the site's account and its database, once, in an empty PostgreSQL. The account may make databases, for a restore,
# and is no superuser. The image runs this file as its administrator.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set password="$NHIP_POSTGRES_PASSWORD" <<'END'
CREATE ROLE nhip LOGIN CREATEDB PASSWORD :'password';
CREATE DATABASE nhip OWNER nhip;
END
