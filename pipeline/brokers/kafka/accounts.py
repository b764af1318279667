"""Who may do what in Kafka: an account for each kind of process, with the rights that it needs and no more.

``nhip kafka-accounts`` makes them, with passwords for SCRAM-SHA-512. A broker without an authorizer takes the passwords
and refuses the rights. Only the collector reads the day's salts: from a salt and an address a visitor can be found.
"""

from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, NamedTuple

from kafka import errors
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from pipeline.brokers.kafka.client import faults, open_client, place_of
from pipeline.brokers.topics import GROUP
from pipeline.errors import ConfigurationError
from pipeline.events import EVENTS_TOPIC, SALTS_TOPIC, SITE_CHANGES_TOPIC
from pipeline.settings import KafkaSettings

ANY_HOST = "*"


class Right(NamedTuple):
    """One operation on one topic or group."""

    kind: ResourceType
    name: str
    operation: ACLOperation


def _topic(name: str, *operations: ACLOperation) -> set[Right]:
    return {Right(ResourceType.TOPIC, name, operation) for operation in operations}


def _group(*operations: ACLOperation) -> set[Right]:
    return {Right(ResourceType.GROUP, GROUP, operation) for operation in operations}


# Reading, writing and altering a topic include its description; reading in a group includes the group's.
RIGHTS: dict[str, set[Right]] = {
    # It looks for records in doubt in the log, and `nhip status` runs beside it.
    "nhip_collector": _topic(EVENTS_TOPIC, ACLOperation.READ, ACLOperation.WRITE)
    | _topic(SALTS_TOPIC, ACLOperation.READ, ACLOperation.WRITE)
    | _group(ACLOperation.DESCRIBE),
    "nhip_consumer": _topic(EVENTS_TOPIC, ACLOperation.READ) | _group(ACLOperation.READ),
    # It writes opening balances, compares those and the ids of pages with what is counted, and tells what it publishes.
    "nhip_web": _topic(EVENTS_TOPIC, ACLOperation.READ, ACLOperation.WRITE)
    | _topic(SITE_CHANGES_TOPIC, ACLOperation.WRITE)
    | _group(ACLOperation.DESCRIBE),
    # `nhip migrate` makes topics; `nhip salvage` fills a topic up and moves the consumers' place; other commands read.
    "nhip_operator": _topic(
        EVENTS_TOPIC, ACLOperation.READ, ACLOperation.WRITE, ACLOperation.CREATE, ACLOperation.ALTER
    )
    | _topic(SALTS_TOPIC, ACLOperation.CREATE, ACLOperation.ALTER)
    | _topic(SITE_CHANGES_TOPIC, ACLOperation.CREATE, ACLOperation.ALTER)
    | _group(ACLOperation.READ),
}


def make_accounts(settings: KafkaSettings, passwords: Mapping[str, str]) -> None:
    """Give each account of ``passwords``, keys of RIGHTS, its password and exactly its rights; may be run again.

    ``settings`` sign in as a superuser. Raises ConfigurationError if the broker has no authorizer or that user may not
    do this, Unavailable if the broker does not answer.
    """
    with closing(open_client(KafkaAdminClient, settings, "nhip-accounts")) as admin, faults(settings):
        _set_passwords(admin, settings, passwords)
        for name in passwords:
            _set_rights(admin, settings, name)


def _set_passwords(admin: Any, settings: KafkaSettings, passwords: Mapping[str, str]) -> None:
    wanted = [
        UserScramCredentialUpsertion(name, ScramMechanism.SCRAM_SHA_512, password.encode())
        for name, password in passwords.items()
    ]
    answers = admin.alter_user_scram_credentials(wanted)
    for name, fault in answers.items():
        if fault:
            raise ConfigurationError(
                f"Kafka at {place_of(settings)['address']} gives {settings.username!r} no right to set the password of"
                f" {name}: {fault}",
                **place_of(settings),
                variable="NHIP_KAFKA_USERNAME",
            )


def _set_rights(admin: Any, settings: KafkaSettings, name: str) -> None:
    """Add first, then take away: a process at work keeps what it needs."""
    there = _rights_of(admin, settings, name)
    wanted = {_concrete(name, right) for right in RIGHTS[name]}
    if missing := list(wanted - there):
        _check(admin.create_acls(missing)["failed"])
    if surplus := list(there - wanted):
        _check(error for _filter, _deleted, error in admin.delete_acls(surplus))


def _rights_of(admin: Any, settings: KafkaSettings, name: str) -> set[ACL]:
    pattern = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    try:
        found, _no_error = admin.describe_acls(
            ACLFilter(_principal(name), None, ACLOperation.ANY, ACLPermissionType.ANY, pattern)
        )
    except errors.SecurityDisabledError as error:
        raise ConfigurationError(
            f"Kafka at {place_of(settings)['address']} keeps no rights; its server.properties need"
            " authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            **place_of(settings),
        ) from error
    return set(found)


def _concrete(name: str, right: Right) -> ACL:
    pattern = ResourcePattern(right.kind, right.name, ACLResourcePatternType.LITERAL)
    return ACL(_principal(name), ANY_HOST, right.operation, ACLPermissionType.ALLOW, pattern)


def _principal(name: str) -> str:
    return f"User:{name}"


def _check(found: Iterable[type[Exception]]) -> None:
    """Raise the first that is an error; the library's class for none is an exception, too."""
    for error in found:
        if error is not errors.NoError:
            raise error
