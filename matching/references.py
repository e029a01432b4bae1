"""Which documents a memo names.

The problem: payers write document numbers in their own way. ``INV/2026/00042`` comes back as ``inv 2026 00042``,
``INV-2026-00042`` or ``INV202600042``; a creditor reference (ISO 11649) is printed in groups of four; a Belgian
structured communication stands between plus signs. On the other hand ``INV/2026/0001`` must never be found in
``INV/2026/00010``, nor ``INV/2026/00042`` in ``INV/2025/00042``.

Rejected: comparing substrings (finds 0001 in 00010), and one regular expression per number style (there are too many
styles). Decided: cut the memo into words of letters and digits, join consecutive words, and look each joined form up
among the identifiers, likewise stripped of their separators. What is joined or left out that way can, rarely, say
something the payer did not mean; three limits keep such readings out:

* Two *digits* joined across white space or a comma must be separated in the identifier too: ``INV/2026/0004 2 pcs``
  does not name ``INV/2026/00042``. Structured references (``RF..``, ten digits or more) may be grouped at will.
* An identifier that is nothing but a short number must stand alone in the memo and be grouped as on the document:
  ``2026-03-15`` does not name a vendor reference ``20260315``, ``INV/2025/12345`` does not name ``12345``.
* The bare last number of an identifier (``00042``) counts only where it stands alone as well.
* Neither may be an amount or a postal code. It counts where the memo holds nothing else, where a word for invoice or
  number stands before it (``invoices 10500, 10501``, ``#10500``), and where it begins with a zero, as the numbers of a
  sequence do, and no name follows (``00042``, but not ``04109 Leipzig``).

Standing alone means: no neighbouring word belongs to the same reference. A neighbour with a digit does (``2025
00042``), unless a list separator or the fact that it is itself a known bare number says that the payer lists several;
a neighbour of letters does only when tied on with a slash, dash or underscore (``BILL/00042``, not ``invoice 00042``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from .open_item import KnownDocument, OpenItem

MIN_LENGTH = 5  # shorter ones, counted without separators, are as likely to be a quantity, a year or an amount
MAX_LENGTH = 64  # longer than every reference format in use; bounds the work per memo
MAX_WORDS = 500  # a memo is read up to here
MAX_NAME_WORDS = 8  # into so many words a name may be cut where nobody knows what it could be

_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_SEPARATORS = re.compile(r"[\W_]+")
_LAST_NUMBER = re.compile(rf"(?<!\d)(\d{{{MIN_LENGTH},}})[\W_]*$")
_STRUCTURED = re.compile(r"rf\d\d[0-9a-z]+|\d{10,}")
_LIST_SEPARATOR = re.compile(r"[,;&+|\n]")
_LOOSE = re.compile(r"[\s,;&+|]")
_TIE = re.compile(r"[/\\_-]")
_NUMBER_SIGN = re.compile(r"[#№]\s*$")
# what stands before the number of an invoice, case folded
_NUMBER_WORDS = frozenset(
    [
        "invoice",
        "invoices",
        "inv",
        "bill",
        "bills",
        "no",
        "nos",
        "nr",
        "nrs",
        "num",
        "number",
        "numbers",
        "ref",
        "reference",
        "references",
        "document",
        "documents",
        "facture",
        "factures",
        "fact",
        "avoir",
        "numéro",
        "numero",
        "numéros",
        "n",
        "rechnung",
        "rechnungen",
        "re",
        "rg",
        "rnr",
        "rechnungsnr",
        "rechnungsnummer",
        "nummer",
        "nummern",
        "beleg",
        "belegnr",
        "factura",
        "facturas",
        "número",
        "números",
        "núm",
        "fattura",
        "fatture",
        "factuur",
        "facturen",
        "fatura",
        "faturas",
    ]
)
_AND_WORDS = frozenset(["and", "und", "et", "y", "e", "en", "i"])
_ENDING = 3  # characters by which words are sorted out before anything else; less than MIN_LENGTH


class Mention(NamedTuple):
    """Where a memo names a document: the text as it stands there, and the document's identifier that it stands for.

    ``bare``: only the last number of the identifier was given. ``is_origin``: the identifier is that of an order that
    the document was made from.
    """

    text: str
    identifier: str
    bare: bool = False
    is_origin: bool = False


class Mentions(NamedTuple):
    """The documents that texts name; ``ambiguous`` when a single place in them can be read as naming two.

    ``unanswered``: they have other words that may be a name, or an order's of which more may follow.
    """

    by_document: dict[int, Mention]
    ambiguous: bool
    unanswered: bool


def squash(identifier: str) -> str:
    """The letters and digits of ``identifier``, case folded: ``INV/2026/00042`` gives ``inv202600042``."""
    return _SEPARATORS.sub("", _normalize(identifier)).casefold()


def list_possible_names(texts: Iterable[str]) -> set[str]:
    """All that could be the name of a document in ``texts``, squashed."""
    names: set[str] = set()
    for text in texts:
        words = _Memo(text).words
        for last in range(len(words)):
            squashed = ""
            for first in range(last, max(-1, last - MAX_NAME_WORDS), -1):
                squashed = words[first] + squashed
                if len(squashed) > MAX_LENGTH:
                    break
                if len(squashed) >= MIN_LENGTH and _DIGIT.search(squashed):
                    names.add(squashed)
    return names


def list_endings(texts: Iterable[str]) -> set[str]:
    """The last characters of the words in ``texts``, joined: whatever identifier they hold ends like one of them."""
    endings: set[str] = set()
    for text in texts:
        words = _Memo(text).words
        for last in range(len(words)):
            endings.add("".join(words[max(0, last - _ENDING + 1) : last + 1])[-_ENDING:])
    return endings


def _get_ending(identifier: str) -> str:
    """The end of the squashed identifier."""
    ending = identifier[-_ENDING:]
    return ending.casefold() if ending.isascii() and ending.isalnum() else squash(identifier)[-_ENDING:]


def _normalize(text: str) -> str:
    """The text with what only looks different made the same, such as full-width digits."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


class _Hit(NamedTuple):
    """A run of words, from ``first`` to ``last`` inclusive, that names ``document``."""

    document: int
    first: int
    last: int
    mention: Mention

    @property
    def owner(self) -> Hashable:
        """What is named: of an order that several documents were made from it is the order."""
        return squash(self.mention.identifier) if self.mention.is_origin else self.document

    @property
    def words(self) -> range:
        return range(self.first, self.last + 1)


class _Memo:
    """A text cut into words, case folded."""

    def __init__(self, text: str) -> None:
        self._text = _normalize(text)
        self._spans: list[tuple[int, int]] = []
        self.words = [word.casefold() for word in _WORD.findall(self._text)[:MAX_WORDS]]

    @property
    def _places(self) -> list[tuple[int, int]]:
        # most memos name nothing, and nobody asks where their words stand
        if not self._spans:
            self._spans = [match.span() for match in islice(_WORD.finditer(self._text), MAX_WORDS)]
        return self._spans

    def gap(self, position: int) -> str:
        """What stands between the word at ``position`` and the next one."""
        return self._text[self._places[position][1] : self._places[position + 1][0]]

    def quote(self, first: int, last: int) -> str:
        """The text from word ``first`` to word ``last`` as it was written."""
        places = self._places
        return self._text[places[first][0] : places[last][1]]

    def quote_before(self, position: int) -> str:
        """The text before the word at ``position``, as it was written."""
        return self._text[: self._places[position][0]]

    def is_followed_by_name(self, position: int) -> bool:
        """Whether a capitalised word comes next, with nothing but white space in between."""
        if position + 1 >= len(self.words) or not self.gap(position).isspace():
            return False
        return self._text[self._places[position + 1][0]].isupper()

    def digit_joins(self, first: int = 0, last: int | None = None) -> Iterator[tuple[int, str]]:
        """Where, from word ``first`` to ``last``, a digit meets a digit: the offset when squashed, and the gap."""
        offset = 0
        for position in range(first, len(self.words) - 1 if last is None else last):
            offset += len(self.words[position])
            if self.words[position][-1].isdigit() and self.words[position + 1][0].isdigit():
                yield offset, self.gap(position)


class ReferenceIndex:
    """The identifiers of a group's documents, ready to be found in texts."""

    def __init__(self, items: Iterable[OpenItem | KnownDocument]) -> None:
        """Take in the identifiers of ``items``; several items of one document count as one.

        Only their endings are worked out here, as most identifiers are never looked at again.
        """
        self._names: dict[str, dict[int, str]] = {}  # squashed -> {document: identifier}
        self._last_numbers: dict[str, dict[int, str]] = {}  # likewise by the bare last number
        self._origins: dict[str, dict[int, str]] = {}  # likewise by the orders that documents were made from
        self._longest = 0
        # documents, identifiers and whether these are origins, that no word asked for yet
        self._by_ending: dict[str, list[tuple[int, str, bool]]] = {}
        self._endings: dict[str, bool] = {}  # endings of words: whether an identifier ends so
        self._whole: set[int] = set()  # documents that the last number of an identifier does not name
        for item in items:
            for identifier in item.identifiers:
                self._by_ending.setdefault(_get_ending(identifier), []).append((item.document, identifier, False))
            for origin in item.origins:
                self._by_ending.setdefault(_get_ending(origin), []).append((item.document, origin, True))
            if isinstance(item, KnownDocument) and item.whole:
                self._whole.add(item.document)

    def _look_up(self, ending: str) -> bool:
        """Whether an identifier ends like a word that ends in ``ending``; if so such identifiers are taken in now.

        Every reading ends in a word that ends like an identifier; a word of one letter tells less, but tells.
        """
        endings = [ending] if ending in self._by_ending else []
        if len(ending) < _ENDING:
            endings = [longer for longer in self._by_ending if longer.endswith(ending)]
        for longer in endings:
            for document, identifier, is_origin in self._by_ending[longer]:
                self._take_in(document, identifier, is_origin)
            self._by_ending[longer] = []
        return bool(endings)

    def _take_in(self, document: int, identifier: str, is_origin: bool) -> None:
        squashed = squash(identifier)
        if not MIN_LENGTH <= len(squashed) <= MAX_LENGTH or not _DIGIT.search(squashed):
            return
        self._longest = max(self._longest, len(squashed))
        if is_origin:
            self._origins.setdefault(squashed, {}).setdefault(document, identifier)
            return
        self._names.setdefault(squashed, {}).setdefault(document, identifier)
        if document in self._whole:
            return
        last_number = _LAST_NUMBER.search(identifier)
        if last_number and last_number[1] != squashed and not _STRUCTURED.fullmatch(squashed):
            self._last_numbers.setdefault(last_number[1], {}).setdefault(document, identifier)

    def find_mentions(self, texts: Iterable[str], answers: Iterable[ReferenceIndex] = ()) -> Mentions:
        """The documents that ``texts`` name. Where one is named several times, the longest mention is kept.

        ``answers``: words that name something there name nothing here; but where they name an order of which there is
        a document, they name the order itself, too.
        """
        by_document: dict[int, Mention] = {}
        ambiguous = unanswered = False
        for text in texts:
            if not _DIGIT.search(_normalize(text)):  # which every identifier has
                continue
            memo = _Memo(text)
            hits = self._find_hits(memo)
            for index in answers if hits else ():
                hits = _drop_answered(hits, index._find_hits(memo))
            ambiguous = ambiguous or (len(hits) > 1 and _claim_one_word_twice(hits))
            unanswered = unanswered or _leave_words(hits, memo)
            for hit in hits:
                known = by_document.get(hit.document)
                if known is None or len(hit.mention.text) > len(known.text):
                    by_document[hit.document] = hit.mention
        return Mentions(by_document, ambiguous, unanswered)

    def _find_hits(self, memo: _Memo) -> list[_Hit]:
        """All readings of ``memo``: whole identifiers, and bare numbers where no whole identifier stands."""
        endings, words = self._endings, memo.words
        for word in words:
            if word[-_ENDING:] not in endings:
                endings[word[-_ENDING:]] = self._look_up(word[-_ENDING:])
        ends = [position for position, word in enumerate(words) if endings[word[-_ENDING:]]]
        if not ends:
            return []
        hits = [hit for last in ends for hit in self._find_identifiers(memo, last)]
        numbers = [position for position in ends if words[position] in self._last_numbers]
        if numbers:
            taken = {position for hit in hits for position in hit.words}
            for position in numbers:
                if position not in taken:
                    hits.extend(self._find_bare_number(memo, position))
        return hits

    def _find_identifiers(self, memo: _Memo, last: int) -> list[_Hit]:
        """The identifiers that end with word ``last``."""
        hits = []
        names, origins, longest, words = self._names, self._origins, self._longest, memo.words
        squashed = ""
        for first in range(last, -1, -1):
            squashed = words[first] + squashed
            if len(squashed) > longest:
                break
            for found, is_origin in ((names, False), (origins, True)):
                if squashed in found:
                    text = memo.quote(first, last)
                    for document, identifier in found[squashed].items():
                        if self._spells(memo, first, last, squashed, identifier):
                            mention = Mention(text, identifier, False, is_origin)
                            hits.append(_Hit(document, first, last, mention))
        return hits

    def _find_bare_number(self, memo: _Memo, position: int) -> Iterator[_Hit]:
        """The identifiers that end in the number which is word ``position``, a last number, if it stands alone."""
        if self._stands_alone(memo, position, position) and self._reads_as_number(memo, position):
            for document, identifier in self._last_numbers[memo.words[position]].items():
                yield _Hit(document, position, position, Mention(memo.quote(position, position), identifier, bare=True))

    def _reads_as_number(self, memo: _Memo, position: int) -> bool:
        """Whether the number at ``position`` is announced as a document's, or looks like no amount or postal code."""
        if memo.words[position].startswith("0") and not memo.is_followed_by_name(position):
            return True  # "00042 thanks", but not "04109 Leipzig"
        first = position  # of the list that the number belongs to: 10500 in "invoices 10500 and 10501"
        while first > 0 and self._is_listed(memo.words[first - 1]):
            first -= 1
        if first > 0 and memo.words[first - 1] in _NUMBER_WORDS:
            return True  # "invoices 10500, 10501"
        if _NUMBER_SIGN.search(memo.quote_before(first)):
            return True  # "#10500"
        return all(map(self._is_listed, memo.words))  # nothing else: "10500 und 10501", but not "10500 bags"

    def _is_listed(self, word: str) -> bool:
        return word in self._last_numbers or word in self._names or word in self._origins or word in _AND_WORDS

    def _spells(self, memo: _Memo, first: int, last: int, squashed: str, identifier: str) -> bool:
        """Whether words that join to the right letters and digits really write ``identifier``; see the limits above."""
        plain_number = squashed.isdecimal()
        is_verbatim = memo.quote(first, last).casefold() == identifier.casefold()
        if _STRUCTURED.fullmatch(squashed):
            return True  # "RF18 5390 0754 7034" or "+++090/9337/55493+++", grouped at will
        if is_verbatim and not plain_number:
            return True  # "inv/2026/00042"
        if plain_number and not self._stands_alone(memo, first, last):
            return False  # 12345 in "INV/2025/12345"
        if plain_number and first == last and not self._reads_as_number(memo, first):
            return False  # 12345 in "12345 Sunset Boulevard"
        if is_verbatim:
            return True  # "invoice 12345"
        # each place where the memo joins digits must be one where the identifier has a separator, too, ...
        own_joins = {offset for offset, _gap in _Memo(identifier).digit_joins()}
        return all(
            offset in own_joins  # "INV-2026-00042" for INV/2026/00042
            # ... unless the gap is a tie: "INV/2026-00042" for INV/202600042; not "INV/2026/0004 2 pcs", and never in a
            # plain number: "2026-03-15" for 20260315
            or not (plain_number or _LOOSE.search(gap))
            for offset, gap in memo.digit_joins(first, last)
        )

    def _stands_alone(self, memo: _Memo, first: int, last: int) -> bool:
        """Whether the number written from word ``first`` to ``last`` is no part of a longer reference."""
        words = memo.words
        # "00041 00042 00043" is a list of known numbers: what counts is what stands around the list
        while first > 0 and words[first - 1] in self._last_numbers and memo.gap(first - 1).isspace():
            first -= 1
        while last + 1 < len(words) and words[last + 1] in self._last_numbers and memo.gap(last).isspace():
            last += 1
        if first > 0 and _belong_together(words[first - 1], memo.gap(first - 1)):
            return False  # "2025 00042", "BILL/00042"
        return not (last + 1 < len(words) and _belong_together(words[last + 1], memo.gap(last)))  # "00042/7"


def _belong_together(neighbour: str, gap: str) -> bool:
    """Whether a number and the word next to it, with ``gap`` between them, are parts of one reference or amount."""
    if not _DIGIT.search(neighbour):  # "BILL/00042", but not "invoice 00042" nor "invoice - 00042"
        return _TIE.search(gap) is not None and not _LOOSE.search(gap)
    if _LIST_SEPARATOR.search(gap):  # "12345,50" is an amount; "00041,00042" is a list, and so is "12345, 50"
        return len(neighbour) < MIN_LENGTH and not any(map(str.isspace, gap))
    return True  # "2025 00042", "2025/00042"


def _claim_one_word_twice(hits: Iterable[_Hit]) -> bool:
    """Whether a word belongs to readings that name different things: one token for two, or overlapping tokens."""
    owners: dict[int, Hashable] = {}
    return any(owners.setdefault(position, hit.owner) != hit.owner for hit in hits for position in hit.words)


def _drop_answered(hits: list[_Hit], answers: list[_Hit]) -> list[_Hit]:
    """``hits`` without those in words that ``answers`` read, and without origins where an order itself is named."""
    answered = {position for hit in answers if not hit.mention.is_origin for position in hit.words}
    orders = {position for hit in answers if hit.mention.is_origin for position in hit.words}
    orders.update(position for hit in hits if not hit.mention.is_origin for position in hit.words)
    return [hit for hit in hits if (orders if hit.mention.is_origin else answered).isdisjoint(hit.words)]


def _leave_words(hits: list[_Hit], memo: _Memo) -> bool:
    """Whether ``hits`` leave words of ``memo`` that may be a part of another name, or name orders alone."""
    if len(hits) == 1 and hits[0].last - hits[0].first + 1 == len(memo.words):
        return hits[0].mention.is_origin  # most memos are a number, and nothing else
    answered = [(hit.first, hit.last) for hit in hits if not hit.mention.is_origin]
    return any(
        _DIGIT.search(word) and not any(first <= position <= last for first, last in answered)
        for position, word in enumerate(memo.words)
    )
