"""Kafka that requires users and passwords: over TLS with a certificate authority of its own, or with each process's
account and rights, as docker-compose.yml has it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from kafka.admin import ScramMechanism, UserScramCredentialUpsertion
from kafka_server import KafkaServer, admin_of
from missing import require_openssl

USER = "nhip"
PASSWORD = "mật khẩu".encode().hex()
STORE_PASSWORD = "store-password"


def secure_server(directory: Path) -> tuple[KafkaServer, Path]:
    """A server, not started, and its authority's certificate. PLAIN knows USER at once, SCRAM after ``add_user``."""
    require_openssl()
    directory.mkdir(parents=True, exist_ok=True)
    authority, store = _certificates(directory)
    plain = (
        "org.apache.kafka.common.security.plain.PlainLoginModule required"
        f' username="{USER}" password="{PASSWORD}" user_{USER}="{PASSWORD}";'
    )
    server = KafkaServer(
        directory / "kafka",
        **{
            "listener.security.protocol.map": "CLIENT:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
            "listener.name.client.plain.sasl.jaas.config": plain,
            "listener.name.client.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": str(store),
            "ssl.keystore.password": STORE_PASSWORD,
        },
    )
    return server, authority


SIGNED_IN = {
    "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.client.scram-sha-512.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",  # on INTERNAL alone
}


def add_user(server: KafkaServer) -> None:
    with admin_of(server.internal) as admin:
        admin.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(USER, ScramMechanism.SCRAM_SHA_512, PASSWORD.encode())]
        )


def _certificates(directory: Path) -> tuple[Path, Path]:
    authority, key, store = directory / "ca.pem", directory / "key.pem", directory / "store.p12"
    _openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", str(key), "-out", str(authority),
    )  # fmt: skip
    _openssl(
        "pkcs12", "-export", "-in", str(authority), "-inkey", str(key), "-out", str(store),
        "-passout", f"pass:{STORE_PASSWORD}",
    )  # fmt: skip
    return authority, store


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
