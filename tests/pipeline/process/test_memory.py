"""What a process keeps of memory that it has freed."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# A large block comes and goes, as an upload does; then many middle ones, each with something small after it that stays.
PROGRAM = """
import resource
from pathlib import Path
from pipeline.process.memory import give_back_freed_memory

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 2**20

if {give_back}:
    give_back_freed_memory()
bytearray(24 * 2**20)
before = resident_mb()
blocks, small = [], []
for _ in range(50):
    blocks.append(bytearray(b"1") * 2 * 2**20)
    small.append(bytearray(b"1") * 1000)
blocks.clear()
print(resident_mb() - before)
"""


def megabytes_kept(*, give_back: bool) -> int:
    program = PROGRAM.format(give_back=give_back)
    return int(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's memory")
def test_freed_memory_goes_back_to_the_machine() -> None:
    assert megabytes_kept(give_back=False) > 50
    assert megabytes_kept(give_back=True) < 10
