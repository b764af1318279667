"""Consumer groups of the embedded log: members, generations, committed offsets.

A member is a row with the time it was last seen. Every member removes those that were silent for longer than their
session, each change of the members makes a new *generation*, and partitions are assigned by position. Only a member of
the current generation may commit; others are fenced.
"""

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from pipeline.brokers.protocols import Committed, TopicPartition
from pipeline.brokers.sqlite.database import Database
from pipeline.errors import Fenced, Unavailable

GROUPS_SCHEMA = """
CREATE TABLE IF NOT EXISTS generations (name TEXT PRIMARY KEY, generation INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS members (
    name TEXT NOT NULL, member TEXT NOT NULL, instance TEXT NOT NULL, seen_at REAL NOT NULL, silent_at REAL NOT NULL,
    PRIMARY KEY (name, member)
);
CREATE TABLE IF NOT EXISTS subscriptions (name TEXT NOT NULL, topic TEXT NOT NULL, PRIMARY KEY (name, topic));
CREATE TABLE IF NOT EXISTS commits (
    name TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL,
    metadata TEXT NOT NULL, PRIMARY KEY (name, topic, partition)
);
"""


class Share(NamedTuple):
    """A member's part of the assignment: every partition whose place in order is ``turn`` modulo ``members``."""

    generation: int
    turn: int
    members: int


NO_SHARE = Share(generation=-1, turn=0, members=0)


class Membership:
    """One member's place in its group. A member of the same name takes the place over at once."""

    def __init__(
        self,
        database: Database,
        *,
        group: str,
        topic: str,
        member: str,
        session_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._group = group
        self._topic = topic
        self._member = member
        self._instance = secrets.token_hex(8)
        self._session_seconds = session_seconds
        self._clock = clock
        self._share = NO_SHARE
        self._seen_at = float("-inf")
        self._joined = False

    def keep(self) -> Share:
        """Join, or stay: be seen, remove the silent, return the share that holds now."""
        if self._clock() - self._seen_at >= self._session_seconds / 3:
            with self._database.transaction() as sql:
                self._be_seen(sql)
        if self._generation() != self._share.generation:
            with self._database.transaction() as sql:
                self._share = self._deal(sql)
        return self._share

    def committed(self, partition: TopicPartition) -> Committed | None:
        rows = self._database.rows(
            'SELECT "offset", metadata FROM commits WHERE name = ? AND topic = ? AND partition = ?',
            (self._group, *partition),
        )
        return Committed(*rows[0]) if rows else None

    def commit(self, partition: TopicPartition, committed: Committed) -> None:
        with self._database.transaction() as sql:
            if not self._is_member(sql) or _generation(sql, self._group) != self._share.generation:
                raise Fenced(f"{self._member} no longer owns {partition.topic}/{partition.partition}")
            sql.execute("INSERT OR REPLACE INTO commits VALUES (?, ?, ?, ?, ?)", (self._group, *partition, *committed))

    def leave(self) -> None:
        with suppress(Unavailable), self._database.transaction() as sql:
            if self._is_member(sql):
                sql.execute("DELETE FROM members WHERE name = ? AND member = ?", (self._group, self._member))
                _new_generation(sql, self._group)
        self._database.close()

    def _be_seen(self, sql: sqlite3.Connection) -> None:
        now = self._clock()
        gone = sql.execute("DELETE FROM members WHERE name = ? AND silent_at < ?", (self._group, now)).rowcount
        replaced = self._joined and self._instance_of_member(sql) not in (None, self._instance)
        if gone or not (replaced or self._is_member(sql)):
            _new_generation(sql, self._group)
        if not replaced:  # else the two would replace each other for ever
            sql.execute(
                "INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?, ?)",
                (self._group, self._member, self._instance, now, now + self._session_seconds),
            )
            sql.execute("INSERT OR IGNORE INTO subscriptions VALUES (?, ?)", (self._group, self._topic))
        self._joined = True
        self._seen_at = now

    def _deal(self, sql: sqlite3.Connection) -> Share:
        names = [
            name for (name,) in sql.execute("SELECT member FROM members WHERE name = ? ORDER BY member", (self._group,))
        ]
        generation = _generation(sql, self._group)
        if not self._is_member(sql):
            self._seen_at = float("-inf")
            return Share(generation, turn=0, members=0)
        return Share(generation, turn=names.index(self._member), members=len(names))

    def _is_member(self, sql: sqlite3.Connection) -> bool:
        return self._instance_of_member(sql) == self._instance

    def _instance_of_member(self, sql: sqlite3.Connection) -> str | None:
        row = sql.execute(
            "SELECT instance FROM members WHERE name = ? AND member = ?", (self._group, self._member)
        ).fetchone()
        return row[0] if row else None

    def _generation(self) -> int:
        rows = self._database.rows("SELECT generation FROM generations WHERE name = ?", (self._group,))
        return int(rows[0][0])


def first_unread(database: Database, partition: TopicPartition) -> int | None:
    """The lowest offset that a group of the topic has yet to read; 0 if one never committed, None without a group."""
    rows = database.rows(
        'SELECT min(coalesce("offset", 0)) FROM subscriptions LEFT JOIN commits'
        " ON commits.name = subscriptions.name AND commits.topic = subscriptions.topic AND partition = ?"
        " WHERE subscriptions.topic = ?",
        (partition.partition, partition.topic),
    )
    offset: int | None = rows[0][0]
    return offset


def _generation(sql: sqlite3.Connection, group: str) -> int:
    row = sql.execute("SELECT generation FROM generations WHERE name = ?", (group,)).fetchone()
    return int(row[0])


def _new_generation(sql: sqlite3.Connection, group: str) -> None:
    sql.execute(
        "INSERT INTO generations VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET generation = generation + 1", (group,)
    )
