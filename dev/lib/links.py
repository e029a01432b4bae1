"""Whether the documentation is well formed, and everything it links to within the checkout is there. Asks no network.

links.py FILE...   reStructuredText by docutils, Markdown by its links; prints 'file: what is wrong', exits 1 if it does
"""

import re
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from docutils import nodes
from docutils.core import publish_doctree
from docutils.utils import Reporter

SETTINGS = {
    "report_level": Reporter.SEVERE_LEVEL + 1,  # read from the document, not printed
    "halt_level": Reporter.SEVERE_LEVEL + 1,
    "syntax_highlight": "none",
    "input_encoding": "utf-8",
}
MARKDOWN_LINK = re.compile(r"(?<!`)\[[^\]]*\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
MARKDOWN_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
MARKDOWN_HEADING = re.compile(r"^#+ +(.*?)#*$", re.MULTILINE)


@cache
def read_document(path):
    """The parsed document, with its messages and targets."""
    return publish_doctree(path.read_text(), source_path=str(path), settings_overrides=SETTINGS)


def find_problems(path):
    """Yields what is wrong with a file."""
    if path.suffix == ".rst":
        yield from find_messages(path)
        links = list_rst_links(path)
    else:
        links = MARKDOWN_LINK.findall(MARKDOWN_CODE.sub("", path.read_text()))
    for link in sorted(set(links)):
        if problem := judge_link(path, link):
            yield f"{link}: {problem}"


def find_messages(path):
    document = read_document(path)
    for message in [*document.findall(nodes.system_message), *document.parse_messages, *document.transform_messages]:
        if message["level"] >= Reporter.WARNING_LEVEL:
            yield f"line {message.get('line', '?')}: {message.astext()}"


def list_rst_links(path):
    document = read_document(path)
    yield from (node["refuri"] for node in document.findall(nodes.reference) if "refuri" in node)
    yield from (node["uri"] for node in document.findall(nodes.image))


def judge_link(path, link):
    """What is wrong with a link, None if nothing is."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    target = path.parent / unquote(parts.path) if parts.path else path
    if not target.exists():
        return "no such file"
    if parts.fragment and target.is_file() and parts.fragment not in list_anchors(target.resolve()):
        return "no such section"
    return None


@cache
def list_anchors(path):
    """What may follow ``#`` in a link to a file."""
    if path.suffix == ".rst":
        document = read_document(path)
        return {anchor for node in document.findall(nodes.Element) for anchor in node["ids"]}
    if path.suffix == ".md":
        titles = MARKDOWN_HEADING.findall(path.read_text())
        return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}
    return set()


def main(files):
    found = [(file, problem) for file in files for problem in find_problems(Path(file))]
    for file, problem in found:
        print(f"{file}: {problem}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main(sys.argv[1:])
