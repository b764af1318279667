"""Reports and answers as bytes, by the name of the format."""

from collections.abc import Callable, Mapping

import msgspec

from pipeline.reports.answer import Answer
from pipeline.reports.formats.csv import answer_to_csv, to_csv
from pipeline.reports.formats.json import answer_to_object, to_object
from pipeline.reports.formats.xlsx import answer_to_xlsx, report_to_xlsx
from pipeline.reports.run import Report

REPORT_AS: Mapping[str, Callable[[Report], bytes]] = {
    "csv": lambda report: to_csv(report).encode(),
    "json": lambda report: msgspec.json.encode(to_object(report)),
    "xlsx": report_to_xlsx,
}
ANSWER_AS: Mapping[str, Callable[[Answer], bytes]] = {
    "csv": lambda answer: answer_to_csv(answer).encode(),
    "json": lambda answer: msgspec.json.encode(answer_to_object(answer)),
    "xlsx": answer_to_xlsx,
}
