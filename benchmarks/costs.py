"""The cost of work: processor seconds and bytes on disk, of this process and of others."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass
class Stopwatch:
    """Seconds that its block took: by the clock, and of the processor over all threads of this process."""

    seconds: float = 0.0
    cpu: float = 0.0

    def __enter__(self) -> Self:
        self._began = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._began[0]
        self.cpu = time.process_time() - self._began[1]


def cpu_seconds(pid: int) -> float:
    """Processor seconds of all threads of a process since it started."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of(pids: Mapping[str, int]) -> dict[str, float]:
    return {name: cpu_seconds(pid) for name, pid in pids.items()}


def resident_mb(pid: int) -> float:
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def bytes_on_disk(directory: Path, pattern: str) -> int:
    """Bytes of the files under ``directory`` whose relative path matches."""
    return sum(file.stat().st_size for file in directory.glob(pattern))


def keep_to_one_core() -> None:
    """Keep this process and every thread that it starts to one core; other processes keep theirs."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
