"""Asks for known vulnerabilities of every component: python tools/audit.py, or make audit. Needs the network.

Python packages are looked up by pip-audit, npm's by npm audit, Kafka's jars and Caddy's modules in the data base of OSV
(https://osv.dev). Exit code 0: every service answered and knows of none; 1: some are known; 2: none are known, but a
service could not be asked, which says nothing.
"""

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import sbom

OSV = "https://api.osv.dev/v1/querybatch"
SECONDS = 60.0
AT_ONCE = 500

Finding = tuple[str, str]  # component, identifier


class NotAsked(Exception):
    """A service did not answer; says why."""


def main() -> int:
    known, silent = 0, 0
    for name, ask in CHECKS.items():
        try:
            found = ask()
        except (NotAsked, sbom.Missing) as reason:
            silent += 1
            said = str(reason).strip().split("\n")[-1][:200]
            print(f"{name}: KHÔNG hỏi được, nên không biết · could NOT be asked, which says nothing: {said}")
            continue
        known += len(found)
        print(f"{name}: {'có · known' if found else 'chưa thấy lỗ hổng nào · none known'}{_list(found)}")
    return 1 if known else 2 if silent else 0


def python_packages() -> list[Finding]:
    export = [str(sbom.ROOT / "tools/bootstrap.sh"), "uv", "export", "--frozen", "--no-dev", "--no-emit-workspace"]
    with tempfile.TemporaryDirectory() as directory:
        locked = Path(directory, "requirements.txt")
        locked.write_text(sbom._run(export), encoding="utf-8")
        options = ["--disable-pip", "--no-deps", "--progress-spinner", "off", "--format", "json", "-r", str(locked)]
        answer = _json([sys.executable, "-m", "pip_audit", *options])
    return [(one["name"], found["id"]) for one in answer["dependencies"] for found in one.get("vulns", ())]


def npm_packages(lock_file: str) -> list[Finding]:
    answer = _json(["npm", "audit", "--package-lock-only", "--json"], directory=(sbom.ROOT / lock_file).parent)
    if "vulnerabilities" not in answer:
        raise NotAsked(str(answer.get("message") or answer.get("error")))
    return [(name, found["severity"]) for name, found in answer["vulnerabilities"].items()]


def osv(read: Callable[[], list[sbom.Component]]) -> Callable[[], list[Finding]]:
    return lambda: ask_osv(component["purl"].split("?")[0] for component in read())


def ask_osv(purls: Iterable[str], url: str = OSV) -> list[Finding]:
    """Which vulnerabilities OSV knows of each package. Raises NotAsked."""
    found = []
    rest = iter(purls)
    while some := list(islice(rest, AT_ONCE)):
        question = json.dumps({"queries": [{"package": {"purl": purl}} for purl in some]}).encode()
        request = urllib.request.Request(url, question, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                answers = json.load(response)["results"]
        except (OSError, ValueError, KeyError) as error:
            raise NotAsked(f"{url}: {error}") from error
        found += [
            (purl, one["id"]) for purl, answer in zip(some, answers, strict=True) for one in answer.get("vulns", ())
        ]
    return found


CHECKS: dict[str, Callable[[], list[Finding]]] = {
    "uv.lock (pip-audit)": python_packages,
    **{f"{lock} (npm audit)": partial(npm_packages, lock) for lock in sbom.NPM_LOCKS},
    "Kafka (osv.dev)": osv(sbom.kafka_jars),
    "Caddy (osv.dev)": osv(sbom.caddy_modules),
}


def _json(command: list[str], *, directory: Path = sbom.ROOT) -> Any:
    """What the command prints; its exit code says only whether something was found. Raises NotAsked."""
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=5 * SECONDS)
        return json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAsked(str(error)) from error
    except ValueError as error:
        raise NotAsked(done.stderr.strip() or done.stdout.strip()) from error


def _list(found: list[Finding]) -> str:
    return "".join(f"\n  {component}: {identifier}" for component, identifier in found)


if __name__ == "__main__":
    sys.exit(main())
