"""What a test run amounts to.

report.py odoo TALLY LOG PART [LIST]   failures and unexpected warnings in the log of an Odoo test run
report.py pytest TALLY XML             the counts of pytest's --junitxml
report.py lint TALLY EXIT_CODE         one failure when the code is not 0; not counted otherwise
report.py close TALLY                  a line for each part, and 'N passed, N failed, N skipped'; exit 1 unless well

Odoo's own exit code is no help: it is 0 when no test matched and when a browser tour found no browser, and warnings
while a module loads change nothing about it. TALLY gets one line 'part passed failed skipped' per
part; beside it, TALLY.seconds may have a line 'part seconds'.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import NamedTuple

HEAD = re.compile(r"\d{4}-\S+ \S+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>\S+): ")
STARTED = re.compile(r"Starting (\S+) \.\.\.")
FAILED = re.compile(r"(?:FAIL|ERROR): (?:Subtest )?(\S+)(.*)")
SKIPPED = re.compile(r"skipped (\S+) : (.*)")
SUMMARY = re.compile(r"(\d+) failed, (\d+) error\(s\) of \d+ tests")
RECAPITULATION = re.compile(
    r"Module \S+: \d+ failures|At least one test failed|\d+ failed, \d+ error|\d+ post-tests in"
)
STAGED_COPY = re.compile(r"/[^\s\"]*/runs/\d+/(?:addons/account_credit_allocation|further)/?")
NO_BROWSER = re.compile(r"(?i)chrom|websocket")


class Record(NamedTuple):
    level: str
    logger: str
    text: str


def read_records(log):
    """Yields the records of a log; lines without a head belong to the record before them."""
    level, logger, lines = "", "", []
    for line in Path(log).read_text(errors="replace").splitlines() if Path(log).exists() else []:
        if head := HEAD.match(line):
            if level:
                yield Record(level, logger, "\n".join(lines))
            level, logger, lines = head["level"], head["logger"], [line[head.end() :]]
        else:
            lines.append(line)
    if level:
        yield Record(level, logger, "\n".join(lines))


def read_odoo_log(log):
    """Returns {test: 'pass', 'fail' or 'skip'}, the records worth showing, and whether Odoo closed the run itself."""
    outcomes, shown, summary = {}, [], None
    for record in read_records(log):
        module = record.logger.removeprefix("odoo.addons.")
        if found := STARTED.match(record.text):
            outcomes[f"{module}.{found[1]}"] = "pass"
        elif found := SKIPPED.match(record.text):
            outcomes[f"{module}.{found[1]}"] = "fail" if NO_BROWSER.search(found[2]) else "skip"
            shown.append(record)
        elif record.logger == "odoo.tests.result" and (found := SUMMARY.match(record.text)):
            summary = found
        elif record.level in ("ERROR", "CRITICAL", "WARNING") and not RECAPITULATION.match(record.text):
            shown.append(record)
            found = FAILED.match(record.text)
            if found and found[1].startswith(("setUp", "tearDown")):
                outcomes[found[1] + found[2]] = "fail"  # setUpClass (module.tests.file.Class)
            elif found:
                outcomes[f"{module}.{found[1]}"] = "fail"
            else:
                outcomes[f"log: {record.logger}: {record.text.splitlines()[0][:100]}"] = "fail"
    if summary and (int(summary[1]) or int(summary[2])) and "fail" not in outcomes.values():
        outcomes[f"log: {summary[0]}"] = "fail"
    return outcomes, shown, summary is not None


def report_odoo(tally, log, part, listing=None):
    outcomes, shown, closed = read_odoo_log(log)
    for record in shown:
        print(f"{record.level} {record.logger}: {STAGED_COPY.sub('', record.text).strip()}\n")
    if not closed:
        outcomes["log: Odoo ended before it had run its tests"] = "fail"
    for name, outcome in sorted(outcomes.items()):
        if outcome == "fail":
            print("FAILED", name)
    if listing:
        Path(listing).write_text("".join(f"{outcome} {name}\n" for name, outcome in sorted(outcomes.items())))
    add(tally, part, *(list(outcomes.values()).count(kind) for kind in ("pass", "fail", "skip")))


def report_pytest(tally, xml):
    counts = Counter()
    for suite in ElementTree.parse(xml).getroot().iter("testsuite") if Path(xml).exists() else []:
        counts.update({key: int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped")})
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    add(tally, "matching", passed, failed or int(not counts["tests"]), counts["skipped"])


def report_lint(tally, exit_code):
    add(tally, "check", 0, int(exit_code != "0"), 0)


def add(tally, part, *counts):
    with open(tally, "a") as out:
        print(part, *counts, file=out)


def close(tally):
    rows = [(part, *map(int, counts)) for part, *counts in read_lines(tally)]
    seconds = {part: int(duration) for part, duration in read_lines(f"{tally}.seconds")}
    for part, passed, failed, skipped in rows if seconds else []:
        minutes = "{}:{:02}".format(*divmod(seconds.get(part, 0), 60))
        print(f"{part:10} {passed:5} passed {failed:5} failed {skipped:5} skipped {minutes:>7} min")
    passed, failed, skipped = (sum(row[column] for row in rows) for column in (1, 2, 3))
    if failed:
        print("Failures in:", *(part for part, _passed, failed, _skipped in rows if failed))
    elif not passed:
        print("No test was run.")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(bool(failed or not passed))


def read_lines(path):
    return [line.split() for line in Path(path).read_text().splitlines()] if Path(path).exists() else []


if __name__ == "__main__":
    commands = {"odoo": report_odoo, "pytest": report_pytest, "lint": report_lint, "close": close}
    commands[sys.argv[1]](*sys.argv[2:])
