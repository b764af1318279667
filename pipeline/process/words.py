"""What people read of an error at the command line, in Vietnamese and English: the rest of the line ``nhip: …``.

In ``process`` rather than in ``operating``: every process refuses in these words, and so does ``nhip``. The API and
the admin make their own.
"""

from pipeline.errors import NoAnswer, PipelineError

SILENCE = "không trả lời · does not answer"
CHECK = "; kiểm tra máy chủ và địa chỉ · check the server and the address"
CAUSES = {"ClickHouse": ": {}"}
IN_BRACKETS = " ({})"


def say(error: PipelineError) -> str:
    """The variable to look at, unless the message names it; the fault; for a silent service, what to check."""
    text = _no_answer(error) if isinstance(error, NoAnswer) and error.service else str(error)
    if not error.variable:
        return text
    if is_silence(error):
        text += CHECK
    return text if error.variable in text else f"{error.variable}: {text}"


def is_silence(error: PipelineError) -> bool:
    """A service was asked and did not answer, which the words say already."""
    return isinstance(error, NoAnswer)


def _no_answer(error: PipelineError) -> str:
    place = f"{error.service} ở · at {error.address}" if error.address else error.service
    cause = CAUSES.get(error.service, IN_BRACKETS).format(error.cause) if error.cause else ""
    return f"{place} {SILENCE}{cause}"
