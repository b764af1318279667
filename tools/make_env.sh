#!/bin/sh
# Writes .env for docker-compose.yml with random secrets, readable by its owner alone. An existing .env keeps every line;
# if it is of an earlier release, what it lacks is named, and added only when asked for.
#
#   make env                                    a trial on this machine, https://localhost
#   make env ADD=yes                            add to an existing .env what this release needs
#   make env NHIP_SITE=congthuong.example.gov.vn NHIP_TLS=webmaster@example.gov.vn
set -eu
cd "$(dirname "$0")/.."
FILE=${ENV_FILE:-.env}
SITE=${NHIP_SITE:-localhost}
TLS=${NHIP_TLS:-internal}

random() { # HEXADECIMAL DIGITS
    od -An -N "$(($1 / 2))" -t x1 /dev/urandom | tr -d ' \n'
}

refuse() { # VARIABLE VALUE EXPECTED
    echo "nhip: $1='$2': $3" >&2
    exit 2
}

is_host() { # NAME, as a certificate has it: no scheme, port or path
    case ".$1." in
        *[!A-Za-z0-9.-]* | *..* | *.-* | *-.*) return 1 ;;
    esac
    [ ${#1} -le 253 ]
}

is_tls() { # VALUE that deploy/caddy takes and that needs no quotes in an .env
    case $1 in
        internal) ;;
        *[!A-Za-z0-9@/._+\ -]* | *' '*' '*) return 1 ;;
        /?*' '/?*) ;;
        *' '* | *@*@* | */*) return 1 ;;
        ?*@?*.?*) ;;
        *) return 1 ;;
    esac
}

# The lines of a new file. Those with a secret are what an older file may lack.
lines() {
    cat <<END
# Khoá và mật khẩu của docker-compose.yml: sao lưu ở nơi an toàn, không đưa vào git.
# Keys and passwords of docker-compose.yml: keep a copy in a safe place, never in git.

# The portal's name. NHIP_TLS: internal (an own authority, for trials), an e-mail address (Let's Encrypt), or two files.
NHIP_SITE=$SITE
NHIP_TLS=$TLS

# Password of the user "admin", for the first start only.
NHIP_ADMIN_PASSWORD=$(random 32)

# Signs page tokens (collectors, web) and sessions (web). Losing them costs open pages a reload and users a login.
NHIP_BEACON_KEY=$(random 64)
NHIP_SECRET_KEY=$(random 64)

NHIP_POSTGRES_ADMIN_PASSWORD=$(random 40)
NHIP_POSTGRES_PASSWORD=$(random 40)
NHIP_KAFKA_ADMIN_PASSWORD=$(random 40)
NHIP_KAFKA_COLLECTOR_PASSWORD=$(random 40)
NHIP_KAFKA_CONSUMER_PASSWORD=$(random 40)
NHIP_KAFKA_WEB_PASSWORD=$(random 40)
NHIP_KAFKA_OPERATOR_PASSWORD=$(random 40)
NHIP_CLICKHOUSE_WRITER_PASSWORD=$(random 40)
NHIP_CLICKHOUSE_READER_PASSWORD=$(random 40)
NHIP_CLICKHOUSE_MIGRATOR_PASSWORD=$(random 40)
NHIP_GRAFANA_PASSWORD=$(random 32)
END
}

missing() { # prints the lines that FILE lacks
    lines | grep -E '^NHIP_[A-Z_]*(KEY|PASSWORD)=' | while IFS= read -r line; do
        grep -q "^[[:space:]]*\(export \)\?${line%%=*}=" "$FILE" || printf '%s\n' "$line"
    done
}

if [ -e "$FILE" ]; then
    lacking=$(missing)
    names=$(printf '%s' "$lacking" | cut -d = -f 1 | tr '\n' ' ')
    if [ -z "$lacking" ]; then
        echo "$FILE đã có, giữ nguyên · is there and stays as it is; to start over, move it away (docs/operations.md)" >&2
    elif [ "${ADD:-}" = yes ]; then
        [ -z "$(tail -c 1 "$FILE")" ] || echo >>"$FILE"
        printf '%s\n' "$lacking" >>"$FILE"
        echo "$FILE: đã thêm · added, each with a random value: $names" >&2
    else
        echo "$FILE là của bản trước, còn thiếu · is of an earlier release and lacks: $names" >&2
        echo "Thêm các dòng ấy với giá trị ngẫu nhiên · Add these lines with random values: make env ADD=yes" >&2
    fi
    exit 0
fi

is_host "$SITE" || refuse NHIP_SITE "$SITE" "cần tên miền · want a host name, such as congthuong.example.gov.vn"
is_tls "$TLS" || refuse NHIP_TLS "$TLS" \
    "cần internal, địa chỉ thư, hay hai tệp · want internal, an e-mail address, or two files: '/certificate.pem /key.pem'"

umask 077
aside=$(mktemp "$FILE.XXXXXX")
trap 'rm -f "$aside"' EXIT
lines >"$aside"
ln "$aside" "$FILE" # whole or not at all, and never over another
echo "Đã ghi $FILE (chỉ chủ sở hữu đọc được): tên cổng, khoá và mật khẩu ngẫu nhiên."
echo "Wrote $FILE (its owner alone can read it): the portal's name, random keys and passwords."
echo "Tiếp theo · Next: docker compose up -d    (https://$SITE, admin: NHIP_ADMIN_PASSWORD trong · in $FILE)"
