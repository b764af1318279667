#!/bin/sh
# Writes .env for docker-compose.yml with random secrets, readable by its owner alone; an .env that is there stays as it is.
#
#   make env                                    a trial on this machine, https://localhost
#   make env NHIP_SITE=congthuong.example.gov.vn NHIP_TLS=webmaster@example.gov.vn
set -eu
cd "$(dirname "$0")/.."
FILE=${ENV_FILE:-.env}

if [ -e "$FILE" ]; then
    echo "$FILE đã có, giữ nguyên · is there and stays as it is; to start over, move it away (docs/operations.md)" >&2
    exit 0
fi

random() { # HEXADECIMAL DIGITS
    od -An -N "$(($1 / 2))" -t x1 /dev/urandom | tr -d ' \n'
}

umask 077
aside=$(mktemp "$FILE.XXXXXX")
trap 'rm -f "$aside"' EXIT
cat >"$aside" <<END
# Khoá và mật khẩu của docker-compose.yml: sao lưu ở nơi an toàn, không đưa vào git.
# Keys and passwords of docker-compose.yml: keep a copy in a safe place, never in git.

# The portal's name. NHIP_TLS: internal (an own authority, for trials), an e-mail address (Let's Encrypt), or two files.
NHIP_SITE=${NHIP_SITE:-localhost}
NHIP_TLS=${NHIP_TLS:-internal}

# Password of the user "admin", for the first start only.
NHIP_ADMIN_PASSWORD=$(random 20)

# Signs page tokens (collectors, web) and sessions (web). Losing them costs open pages a reload and users a login.
NHIP_BEACON_KEY=$(random 64)
NHIP_SECRET_KEY=$(random 64)

NHIP_POSTGRES_PASSWORD=$(random 40)
NHIP_CLICKHOUSE_WRITER_PASSWORD=$(random 40)
NHIP_CLICKHOUSE_READER_PASSWORD=$(random 40)
NHIP_CLICKHOUSE_MIGRATOR_PASSWORD=$(random 40)
NHIP_GRAFANA_PASSWORD=$(random 20)
END
ln "$aside" "$FILE" # whole or not at all, and never over another
echo "Đã ghi $FILE (chỉ chủ sở hữu đọc được): tên cổng, khoá và mật khẩu ngẫu nhiên."
echo "Wrote $FILE (its owner alone can read it): the portal's name, random keys and passwords."
echo "Tiếp theo · Next: docker compose up -d    (https://${NHIP_SITE:-localhost}, admin: NHIP_ADMIN_PASSWORD trong · in $FILE)"
