"""What people read of an error at the command line, in Vietnamese and English: the rest of the line ``nhip: …``.

In ``process`` rather than in ``operating``: every process refuses in these words, and so does ``nhip``. The API and
the admin make their own.
"""

from pipeline.errors import Damaged, NoAnswer, NotStored, PipelineError

SILENCE = "không trả lời · does not answer"
CHECK = "; kiểm tra máy chủ và địa chỉ · check the server and the address"
CAUSES = {"ClickHouse": ": {}"}
IN_BRACKETS = " ({})"
NOT_WRITTEN = (
    "không ghi được, lượt xem bị từ chối: giải phóng đĩa (df -h)"
    " · can't be written, views are refused: free its disk (df -h): {file} ({cause})"
)
DAMAGED = (
    "tệp hỏng: nhip salvage cho biết cứu được gì, nhip salvage --apply cứu"
    " · the file is damaged: nhip salvage says what can be saved, nhip salvage --apply saves it: {file} ({cause})"
)


def say(error: PipelineError) -> str:
    """The variable to look at, unless the message names it; the fault; for a silent service, what to check."""
    text = _text(error)
    if not error.variable:
        return text
    if is_silence(error):
        text += CHECK
    return text if error.variable in text else f"{error.variable}: {text}"


def is_silence(error: PipelineError) -> bool:
    """A service was asked and did not answer, which the words say already."""
    return isinstance(error, NoAnswer)


def _text(error: PipelineError) -> str:
    if isinstance(error, NoAnswer) and error.service:
        return _no_answer(error)
    if isinstance(error, NotStored) and error.cause:
        words = DAMAGED if isinstance(error, Damaged) else NOT_WRITTEN
        return words.format(file=error.address, cause=error.cause)
    return str(error)


def _no_answer(error: PipelineError) -> str:
    place = f"{error.service} ở · at {error.address}" if error.address else error.service
    cause = CAUSES.get(error.service, IN_BRACKETS).format(error.cause) if error.cause else ""
    return f"{place} {SILENCE}{cause}"
