"""Writes the bill of materials: every component with its version, licence and hash, as CycloneDX 1.6 in JSON.

    python tools/sbom.py [FILE]          make sbom; the default is test-artifacts/sbom.cdx.json

Each part is read by the tool of its kind: Python from uv.lock, npm from each package-lock.json, Kafka's jars by
cyclonedx-maven-plugin, Caddy's modules by cyclonedx-gomod from the built program, images from docker-compose.yml and
the Dockerfile. A part whose tool is not there, or can't reach its registry, is named; the bill then says that it
is incomplete, and the exit code is 1. `scope`: production needs it (required), or tests and tools alone (excluded).
"""

import argparse
import base64
import json
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from cyclonedx.schema import SchemaVersion

ROOT = Path(__file__).parent.parent
MAVEN_PLUGIN = "org.cyclonedx:cyclonedx-maven-plugin:2.9.3:makeBom"
GO_TOOL = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"
SECONDS = 900.0
NPM_LOCKS = ("package-lock.json", "examples/headless/package-lock.json")
# Packages that are installed on other systems only, so that their own metadata can't be asked here.
ELSEWHERE = {"colorama": "BSD-3-Clause", "tzdata": "Apache-2.0", "winloop": "MIT"}
BY_A_FILE_ALONE = {"crawler-user-agents": "MIT"}  # packages that bring their license's text and do not name it
BY_THE_REPOSITORY = {"device-detector": "MIT AND LGPL-3.0-or-later"}  # that bring neither; its lists are Matomo's

Component = dict[str, Any]


class Missing(Exception):
    """A part can't be read here; says why, in words."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make sbom", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "test-artifacts/sbom.cdx.json")
    file: Path = parser.parse_args(arguments).file
    components, missing = collect(PARTS)
    bill = describe(components, is_complete=not missing)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{file}: {len(components)} thành phần · components")
    for name, reason in missing.items():
        print(
            f"nhip: {name}: không đọc được, bảng kê còn thiếu · can't be read, the bill is incomplete: {reason}",
            file=sys.stderr,
        )
    return 1 if missing else 0


def collect(parts: dict[str, Callable[[], list[Component]]]) -> tuple[list[Component], dict[str, str]]:
    """The components of the parts, once each, and why others could not be read."""
    found: dict[str, Component] = {}
    missing: dict[str, str] = {}
    for name, read in parts.items():
        try:
            found |= {component["bom-ref"]: _bare(component) for component in read()}
        except Missing as reason:
            missing[name] = str(reason)
    return [found[reference] for reference in sorted(found)], missing


def describe(components: list[Component], *, is_complete: bool) -> dict[str, Any]:
    """The bill. Raises ValueError if it is not what the schema of CycloneDX asks for."""
    product = _component("application", "nhip", _version(), licenses=[])
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {"timestamp": datetime.now(UTC).isoformat(timespec="seconds"), "component": product},
        "components": components,
        "compositions": [
            {"aggregate": "complete" if is_complete else "incomplete", "assemblies": [product["bom-ref"]]}
        ],
    }
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415  # takes seconds to load

    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)):
        raise ValueError(str(fault))
    return bill


def python_packages() -> list[Component]:
    """Every package of uv.lock but our own, with the hash of its source archive, or of a wheel where there is none."""
    used = {component["purl"] for component in _locked("--no-dev")}
    return [
        {
            **{name: component[name] for name in ("type", "name", "version", "purl")},
            "hashes": component["externalReferences"][0]["hashes"],
            "bom-ref": component["purl"],
            "scope": "required" if component["purl"] in used else "excluded",
            "licenses": _licenses(_python_license(component["name"])),
        }
        for component in _locked("--all-groups")
    ]


def npm_packages(lock_file: str = "package-lock.json") -> list[Component]:
    """Those of the file, below the root: nothing of them is in the image."""
    lock = json.loads((ROOT / lock_file).read_text(encoding="utf-8"))
    return [
        _component(
            "library",
            path.rpartition("node_modules/")[2],
            package["version"],
            purl=f"pkg:npm/{path.rpartition('node_modules/')[2].replace('@', '%40')}@{package['version']}",
            licenses=_licenses(package.get("license", "")),
            scope="excluded",
            hashes=[_npm_hash(package["integrity"])],
        )
        for path, package in lock["packages"].items()
        if path
    ]


def kafka_jars() -> list[Component]:
    """The broker of tests and `make stack`, at the version of the image."""
    _require("mvn", "apt-get install maven openjdk-17-jre-headless")
    with tempfile.TemporaryDirectory() as directory:
        options = [
            "-DoutputFormat=json",
            f"-DoutputDirectory={directory}",
            "-DoutputName=kafka",
            "-DskipNotDeployed=false",
        ]
        _run(["mvn", "--batch-mode", "--quiet", "-f", str(ROOT / "tools/kafka/pom.xml"), MAVEN_PLUGIN, *options])
        found: list[Component] = json.loads(Path(directory, "kafka.json").read_text(encoding="utf-8"))["components"]
    return found


def caddy_modules() -> list[Component]:
    """What is compiled into the proxy."""
    program = _run([str(ROOT / "tools/caddy.sh")]).strip()
    tool = ROOT / ".tools/cyclonedx-gomod" / GO_TOOL.rpartition("@")[2] / "cyclonedx-gomod"
    if not tool.exists():
        _require("go", "https://go.dev/dl/")
        _run(["env", f"GOBIN={tool.parent}", "nice", "go", "install", GO_TOOL])
    bill = json.loads(_run([str(tool), "bin", "-json", "-licenses", "-assert-licenses", program]))
    caddy = bill["metadata"]["component"]
    return [
        {**component, "licenses": component.get("licenses") or _licenses("")}
        for component in [caddy, *bill["components"]]
        if component.get("version")
    ]


def images() -> list[Component]:
    """Which images run beside ours and which ours are made of; the digest is a hash where it is pinned."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    names = {service["image"] for service in compose["services"].values() if "build" not in service}
    names |= set(re.findall(r"^FROM (\S+:\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE))
    return [_image(name) for name in sorted(names)]


PARTS: dict[str, Callable[[], list[Component]]] = {
    "uv.lock": python_packages,
    **{lock: partial(npm_packages, lock) for lock in NPM_LOCKS},
    "Kafka": kafka_jars,
    "Caddy": caddy_modules,
    "images": images,
}


def _bare(component: Component) -> Component:
    """Without what its tool adds: texts and addresses, whose check takes longer than all else."""
    return {name: value for name, value in component.items() if name not in ("externalReferences", "description")}


def _component(kind: str, name: str, version: str, *, purl: str = "", **more: Any) -> Component:
    component = {"type": kind, "name": name, "version": version, "bom-ref": purl or f"{name}@{version}", **more}
    return component | ({"purl": purl} if purl else {})


def _image(text: str) -> Component:
    name, _, digest = text.partition("@sha256:")
    name, _, tag = name.partition(":")
    hashes = {"hashes": [{"alg": "SHA-256", "content": digest}]} if digest else {}
    namespace = name if "/" in name else f"library/{name}"
    purl = f"pkg:docker/{namespace}@{tag}"
    return _component("container", name, tag, purl=purl, licenses=_licenses(IMAGE_LICENSES.get(name, "")), **hashes)


IMAGE_LICENSES = {
    "apache/kafka": "Apache-2.0",
    "caddy": "Apache-2.0",
    "clickhouse/clickhouse-server": "Apache-2.0",
    "grafana/grafana": "AGPL-3.0-only",
    "postgres": "PostgreSQL",
    "prom/prometheus": "Apache-2.0",
    "python": "PSF-2.0",
}


def _locked(*options: str) -> Iterator[Component]:
    text = _run([str(ROOT / "tools/bootstrap.sh"), "uv", "export", "--frozen", "--format", "cyclonedx1.5", *options])
    for component in json.loads(text)["components"]:
        if component.get("purl"):  # our own packages have none
            yield component


def _python_license(name: str) -> str:
    """An SPDX expression if the package gives one, else its own words."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ELSEWHERE.get(name, "")
    classifiers = [
        line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or () if line.startswith("License ::")
    ]
    words = (
        about.get("License-Expression")
        or ", ".join(classifiers)
        or about.get("License")
        or (BY_A_FILE_ALONE | BY_THE_REPOSITORY).get(name, "")
    )
    return words.strip().split("\n", 1)[0]


def _licenses(words: str) -> list[dict[str, Any]]:
    """Words as they are: whether they are an identifier of SPDX is for a reader to tell."""
    return [{"license": {"name": words or UNKNOWN}}]


UNKNOWN = "not declared"


def _npm_hash(integrity: str) -> dict[str, str]:
    algorithm, _, digest = integrity.partition("-")
    return {"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}


def _version() -> str:
    return metadata.version("nhip")


def _require(program: str, how: str) -> None:
    if shutil.which(program) is None:
        raise Missing(f"cần · needs {program}: {how}")


def _run(command: list[str]) -> str:
    """What the command prints. Raises Missing with the end of what it says when it fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Missing(f"{command[0]} did not end in {SECONDS:g} s") from None
    if done.returncode:
        raise Missing((done.stderr or done.stdout).strip()[-400:] or f"{command[0]} failed")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
