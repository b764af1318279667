"""``nhip``: what operations type. Text for people, ``--json`` for machines, exit code 1 when something is off."""

import argparse
import sys
from contextlib import closing

import msgspec

from pipeline.clickhouse.client import open_embedded
from pipeline.data_directory import hold
from pipeline.errors import PipelineError
from pipeline.settings import Settings
from pipeline.verify import Verification, verify


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns 0, 1 when it found something off, 2 when it could not run."""
    options = _parser().parse_args(arguments)
    try:
        return _verify(Settings.from_env(), as_json=options.json)
    except PipelineError as error:
        print(f"nhip: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nhip", description="Vận hành Nhịp · Operate Nhịp")
    commands = parser.add_subparsers(dest="command", required=True)
    verify_command = commands.add_parser(
        "verify", help="every view exactly once: lineage without gaps or repeats, roll-ups equal to the raw table"
    )
    verify_command.add_argument("--json", action="store_true", help="one JSON object instead of text")
    return parser


def _verify(settings: Settings, *, as_json: bool) -> int:
    with hold(settings.data_dir), closing(open_embedded(settings.engine_dir)) as client:
        found = verify(client)
    print(msgspec.json.encode(found).decode() if as_json else _describe(found))
    return 0 if found.clean else 1


def _describe(found: Verification) -> str:
    lines = [
        f"stored    {found.stored}",
        f"views     {found.views}",
        f"repeated  {found.repeated}",
        f"missing   {found.missing}",
        *(f"{name:<9} {differing} keys differ from the raw table" for name, differing in found.differing.items()),
        "clean" if found.clean else "NOT clean",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
