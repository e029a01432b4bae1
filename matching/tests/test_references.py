"""What memos name: a table of what payers really write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.open_item import AMBIGUOUS_REFERENCE, REFERENCE, MatchingOptions
from matching.planner import plan_allocation
from matching.references import Mention, ReferenceIndex
from matching.tests.ledger import item, left, pairs

DOCUMENTS = {
    10: ("INV/2026/00010",),
    41: ("INV/2026/00041",),
    42: ("INV/2026/00042", "RF18 5390 0754 7034"),
    50: ("INV/2026/00050", "+++090/9337/55493+++"),
    60: ("RE-12345",),
    61: ("BILL/2026/03/0007", "77345"),
    62: ("BILL/2026/03/0008", "20260315"),
    70: ("Straße 2026-7",),
    80: ("2026/00080",),
    90: ("A12", "ACMECORP"),
}

MEMOS = [
    # the number in the payer's own spelling
    ("INV/2026/00042", {42}),
    ("inv/2026/00042", {42}),
    ("INV-2026-00042", {42}),
    ("INV 2026 00042", {42}),
    ("INV.2026.00042", {42}),
    ("INV_2026_00042", {42}),
    ("INV202600042", {42}),
    ("Inv2026/00042", {42}),
    ("INV / 2026 / 00042", {42}),
    ("Payment of INV/2026/00042, thank you.", {42}),
    ("(INV/2026/00042)", {42}),
    ('"INV/2026/00042"', {42}),
    ("INV/2026/00042-Miller & Sons", {42}),
    ("\uff29\uff2e\uff36/2026/\uff10\uff10\uff10\uff14\uff12", {42}),  # full width
    ("SEPA CT E2E:NOTPROVIDED INV/2026/00042 EUR 100,00 15.03.2026", {42}),
    ("STRASSE 2026 7", {70}),
    ("2026/00080", {80}),
    ("invoice 2026/00080", {80}),
    ("re12345", {60}),
    ("Rechnung RE 12345 vom 01.02.2026", {60}),
    # structured references, grouped at will
    ("RF18 5390 0754 7034", {42}),
    ("RF18539007547034", {42}),
    ("rf18-5390-0754-7034", {42}),
    ("+++090/9337/55493+++", {50}),
    ("090933755493", {50}),
    ("***090/9337/55493***", {50}),
    ("0909 3375 5493", {50}),
    # several at once
    ("INV/2026/00041 INV/2026/00042", {41, 42}),
    ("INV/2026/00041+INV/2026/00042", {41, 42}),
    ("INV/2026/00042 RF18 5390 0754 7034", {42}),
    ("INV/2026/00041, 00042", {41, 42}),
    # the bare number, where it stands alone
    ("00042", {42}),
    ("#00042", {42}),
    ("invoice 00042", {42}),
    ("Rg.Nr.00042", {42}),
    ("No:00042", {42}),
    ("Payment of invoices 00041, 00042", {41, 42}),
    ("Payment of invoices 00041,00042", {41, 42}),
    ("00041;00042", {41, 42}),
    ("00041 00042", {41, 42}),
    ("00041 and 00042", {41, 42}),
    ("invoice - 00042", {42}),
    ("12345", {60}),
    ("Rechnungen 12345 und 00042", {42, 60}),
    ("12345, 00042", {42, 60}),
    # amounts and postal codes are no numbers of documents
    ("Payment of USD 12345 for project", set()),
    ("12345 USD", set()),
    ("Musterweg 3, 12345 Berlin", set()),
    ("Musterweg 3, 00042 Leipzig", set()),
    ("00042 thank you", {42}),
    ("USD 77345", set()),
    # plain numbers as a vendor's reference
    ("77345", {61}),
    ("Invoice 77345", {61}),
    ("20260315", {62}),
    # parts of something longer
    ("INV/2026/0001", set()),
    ("INV/2026/000100", set()),
    ("INV/2026/0004", set()),
    ("INV/2026/0004 2 pcs", set()),
    ("INV/2026/00 042", set()),
    ("INV/2025/00042", set()),
    ("inv 2025 00042", set()),
    ("2025 00042", set()),
    ("2025/00042", set()),
    ("00042/2025", set()),
    ("00042 2025", set()),
    ("2025 00041 00042", set()),
    ("BILL/00042", set()),
    ("BILL-00042", set()),
    ("SO00042", set()),
    ("00041-00042", set()),
    ("00041/00042", set()),
    ("55493", set()),
    ("000042", set()),
    ("RINV/2026/00042", set()),
    ("INV/2026/77345", set()),
    ("77345,50 EUR", set()),
    ("Payment of 2026-03-15", set()),
    ("Payment of 2026 03 15", set()),
    ("RF18 5390 0754 7035", set()),
    # too little to go by
    ("42", set()),
    ("A12", set()),
    ("ACMECORP", set()),
    ("2026", set()),
    ("invoice", set()),
    ("", set()),
    ("+++", set()),
]


def name_documents(documents, memo):
    """The documents that a credit with ``memo`` settles by reference alone, or "ambiguous"."""
    debts = [item(document, 100, identifiers=identifiers) for document, identifiers in documents.items()]
    plan = plan_allocation(debts, [item(1, 100_000, texts=(memo,))], MatchingOptions(rules=(REFERENCE,)))
    return "ambiguous" if left(plan)[1][1] == AMBIGUOUS_REFERENCE else {debt for debt, *_rest in pairs(plan)}


@pytest.mark.parametrize(("memo", "expected"), MEMOS)
def test_a_memo_names_exactly_the_documents_that_its_writer_meant(memo, expected):
    assert name_documents(DOCUMENTS, memo) == expected


# --- what stands on bank statements, by theme -------------------------------------------------------------------------

BOOKS = {
    10: ("INV/2026/00010",),
    41: ("INV/2026/00041",),
    42: ("INV/2026/00042", "RF18 5390 0754 7034"),
    43: ("INV/2026/00043",),
    50: ("INV/2026/00050", "+++000/0020/30306+++"),
    60: ("FAC-2026-1187",),
    61: ("BILL/2026/03/0007", "R-4711/26"),
    62: ("BILL/2026/03/0008", "20260315"),
    63: ("BILL/2026/03/0009", "0815-2026"),
    64: ("BILL/2026/03/0010", "DE2026-0815"),
    65: ("BILL/2026/03/0011", "1234567"),
    70: ("RINV/2026/00003",),
}
NOTHING = set()

STATEMENTS = {
    "an invoice number, with whatever stands beside it": [
        ("INV/2026/00042", {42}),
        ("inv 2026 00042", {42}),
        ("INV\u20132026\u201300042", {42}),  # dashes as a text processor writes them
        ("INV/2026/\n00042", {42}),  # a line that the bank has broken
        ("Invoice-INV-2026-00042.pdf", {42}),
        ("'INV/2026/00042", {42}),
        ("100,00 EUR INV/2026/00042 15.03.2026", {42}),
        ("20260315 INV/2026/00042", {42}),  # the number of another bill, but here it is a date
        ("+49 30 1234567 INV/2026/00042", {42}),
        ("INV/2026/00042 INV/2026/00042", {42}),
    ],
    "an instalment of it": [
        ("INV/2026/00042 1/3", {42}),
        ("1/3 INV/2026/00042", {42}),
        ("INV/2026/00042-2", {42}),
        ("INV/2026/00042-1/3", {42}),
        ("INV/2026/00042 (2/2)", {42}),
        ("INV/2026/00042, 1st instalment", {42}),
        ("INV/2026/00042 Teil 1 von 2", {42}),
        ("Rate 2 INV/2026/00042", {42}),
    ],
    "several at once": [
        ("Payment of invoices 00041, 00042", {41, 42}),
        ("Payment of invoices 00041, 00042 and 00043", {41, 42, 43}),
        ("00041 00042 00043", {41, 42, 43}),
        ("INV/2026/00041;INV/2026/00042;INV/2026/00043", {41, 42, 43}),
        ("INV/2026/00041 + 00042", {41, 42}),
        ("Invoices INV/2026/00041-00043", {41}),  # what is between them was not said
    ],
    "a vendor's own number": [
        ("R-4711/26", {61}),
        ("r 4711 26", {61}),
        ("Rg. R4711/26 vom 1.3.26", {61}),
        ("bill 2026 03 0007", {61}),
        ("0815-2026", {63}),
        ("08152026", {63}),
        ("DE2026-0815", {64}),
        ("Invoice 1234567", {65}),
        ("4711/26", NOTHING),
        ("R-4711", NOTHING),
        ("2026/03/0007", NOTHING),
        ("Vertrag 1234567", NOTHING),
    ],
    "a creditor reference, ISO 11649": [
        ("RF18 5390 0754 7034", {42}),
        ("rf18 5390 0754 7034", {42}),
        ("RF18539007547034", {42}),
        ("RF 18 5390 0754 7034", {42}),
        ("RF18\u00a05390\u00a00754\u00a07034", {42}),
        ("RF18 5390\n0754 7034", {42}),
        ("/ROC/RF18539007547034", {42}),
        ("INV/2026/00042 (RF18 5390 0754 7034)", {42}),
        ("RF19 5390 0754 7034", NOTHING),
        ("RF18 5390 0754 703", NOTHING),
        ("RF18 5390 0754 70341", NOTHING),
    ],
    "a Belgian structured communication": [
        ("+++000/0020/30306+++", {50}),
        ("***000/0020/30306***", {50}),
        ("+++ 000 / 0020 / 30306 +++", {50}),
        ("000/0020/30306", {50}),
        ("000002030306", {50}),
        ("0000 0203 0306", {50}),
        ("mededeling 000/0020/30306", {50}),
        ("+++000/0020/30307+++", NOTHING),
        ("00000203030", NOTHING),
    ],
    "in French": [
        ("Facture n\u00b0 INV/2026/00042", {42}),
        ("facture n\u00b000042", {42}),
        ("Facture N\u00b0 00042 du 15/03/2026", {42}),
        ("R\u00e8glement facture INV 2026 00042", {42}),
        ("Virement facture FAC-2026-1187", {60}),
        ("reglement FAC 2026 1187", {60}),
        ("INV/2026/00041 et INV/2026/00042", {41, 42}),
        ("VIR SEPA RECU /DE ACME SARL /MOTIF INV/2026/00042 /REF NOTPROVIDED", {42}),
    ],
    "in German": [
        ("Rechnung Nr. INV/2026/00042 vom 03.03.2026", {42}),
        ("Rechnungsnr. 00042", {42}),
        ("Re.-Nr. 00042", {42}),
        ("INV/2026/00041 und 00042", {41, 42}),
        ("Rg-Nr. INV/2026/00042 KdNr 10023", {42}),
        ("Ihre Rechnung INV-2026-00042, Skonto 2%", {42}),
        ("EREF+NOTPROVIDED SVWZ+INV/2026/00042", {42}),
        ("EREF+INV202600042 MREF+M-0001 CRED+DE98ZZZ09999999999 SVWZ+Rechnung", {42}),
    ],
    "in Spanish": [
        ("Pago factura INV/2026/00042", {42}),
        ("Factura n\u00ba 00042", {42}),
        ("PAGO FACTURAS 00041 Y 00042", {41, 42}),
        ("Transferencia fra. INV/2026/00042", {42}),
    ],
    "in Italian": [
        ("Pagamento fattura n. 00042", {42}),
        ("Saldo fattura INV/2026/00042 del 03/03/2026", {42}),
        ("Saldo fatt. 00041 e 00042", {41, 42}),
        ("bonifico ft. INV/2026/00042", {42}),
    ],
    "another document, whose number only looks alike": [
        ("INV/2026/0001", NOTHING),
        ("INV/2026/0004", NOTHING),
        ("INV/2026/000100", NOTHING),
        ("INV/2026/00042A", NOTHING),
        ("INV2026000421", NOTHING),
        ("INV/2026/00\n042", NOTHING),
        ("NV/2026/00042", NOTHING),
        ("SINV/2026/00042", NOTHING),
        ("PINV-2026-00042", NOTHING),
        ("RINV/2026/00042", NOTHING),
        ("INV/2026/00003", NOTHING),  # the credit note is RINV
        ("RINV/2026/00003", {70}),
        ("FAC-2026-118", NOTHING),
        ("FAC-2026-11870", NOTHING),
        ("FAC 1187", NOTHING),
        ("SO/2026/00042", NOTHING),
        ("Order S00042", NOTHING),
        ("CUST00042", NOTHING),
        ("N\u00b000042-2026", NOTHING),
    ],
    "no document at all": [
        ("NOTPROVIDED", NOTHING),
        ("ENDTOENDID 2026031500042", NOTHING),
        ("IBAN BE68 5390 0754 7034", NOTHING),
        ("BE68539007547034", NOTHING),
        ("DE89 3704 0044 0532 0130 00", NOTHING),
        ("Tel. +49 30 1234567", NOTHING),
        ("0049 30 1234567", NOTHING),
        ("EUR 1234567,00", NOTHING),
        ("1.234.567,00", NOTHING),
        ("1234567.00", NOTHING),
        ("15.03.2026", NOTHING),
        ("2026-03-15 12:30", NOTHING),
        ("20260315 EUR 100", NOTHING),
        ("00042 Miller", NOTHING),  # a postal code and a town look like this
    ],
}


@pytest.mark.parametrize(
    ("memo", "expected"),
    [entry for entries in STATEMENTS.values() for entry in entries],
    ids=[f"{theme}: {memo!r}" for theme, entries in STATEMENTS.items() for memo, _expected in entries],
)
def test_a_statement_names_exactly_the_documents_that_the_payer_meant(memo, expected):
    assert name_documents(BOOKS, memo) == expected


TWINS = {1: ("INV/2025/00042", "CUST/00057"), 2: ("INV/2026/00042", "CUST/00057"), 3: ("INV/2026/00041",)}
NESTED = {1: ("2026-00042",), 2: ("INV/2026-00042",), 3: ("ACME 2026 7",), 4: ("7 BIS 2026",)}


@pytest.mark.parametrize(
    ("documents", "memo", "expected"),
    [
        (TWINS, "CUST/00057", "ambiguous"),
        (TWINS, "cust 00057 INV/2026/00041", "ambiguous"),
        (TWINS, "00042", "ambiguous"),
        (TWINS, "00041, 00042", "ambiguous"),
        (TWINS, "INV/2026/00042", {2}),
        (TWINS, "INV/2025/00042 and INV/2026/00042", {1, 2}),
        ({1: ("INV/2026/00042",), 2: ("00042",)}, "00042", {2}),  # a whole identifier outweighs a bare number
        ({1: ("INV/2026/00042",), 2: ("00042",)}, "INV/2026/00042", {1}),
        ({1: ("RE-12345",), 2: ("KD-12345",)}, "RE 12345", {1}),
        ({1: ("AB-12", "12-CDE"), 2: ("AB-12-CDE",)}, "AB-12-CDE", "ambiguous"),  # overlapping
        (NESTED, "inv 2026 00042", "ambiguous"),
        (NESTED, "ACME 2026 7 BIS 2026", "ambiguous"),
    ],
)
def test_a_place_in_a_memo_that_can_be_read_as_two_documents_is_ambiguous(documents, memo, expected):
    assert name_documents({key + 10: value for key, value in documents.items()}, memo) == (
        expected if expected == "ambiguous" else {key + 10 for key in expected}
    )


def test_the_items_of_one_document_do_not_make_its_number_ambiguous():
    debts = [item(10 + i, 100, i, document=9, identifiers=("INV/2026/00042",)) for i in range(3)]
    plan = plan_allocation(debts, [item(1, 250, texts=("INV/2026/00042",))])
    assert [pair[:3] for pair in pairs(plan)] == [(10, 1, 100), (11, 1, 100), (12, 1, 50)]


def test_a_document_with_a_short_and_a_long_name_is_not_ambiguous_with_itself():
    assert name_documents({5: ("INV/2026/00042", "2026/00042", "00042")}, "INV 2026 00042") == {5}


def test_the_mention_quotes_the_memo_and_the_identifier_as_they_were_written():
    mentions = ReferenceIndex([item(5, 1, identifiers=("INV/2026/00042",))]).find_mentions(("Pay inv 2026-00042 now",))
    assert mentions.by_document[5] == Mention("inv 2026-00042", "INV/2026/00042")


def test_the_longest_of_several_mentions_is_kept():
    index = ReferenceIndex([item(5, 1, identifiers=("INV/2026/00042",))])
    assert index.find_mentions(("00042", "INV/2026/00042", "INV202600042")).by_document[5].text == "INV/2026/00042"


WORDS = st.text("abcdefghij", min_size=1, max_size=6)


@given(
    parts=st.tuples(WORDS, st.integers(2000, 2099).map(str), st.integers(0, 99999).map("{:05d}".format)),
    gaps=st.tuples(st.sampled_from(["", "/", "-", " ", " / ", "."]), st.sampled_from(["", "/", "-", " ", "."])),
    before=st.lists(WORDS),
    after=st.lists(WORDS),
)
def test_a_number_is_found_in_any_spelling_among_other_words(parts, gaps, before, after):
    index = ReferenceIndex([item(5, 1, identifiers=("/".join(parts),))])
    written = parts[0].upper() + gaps[0] + parts[1] + gaps[1] + parts[2]
    mention = index.find_mentions((" ".join([*before, written, *after]),)).by_document[5]
    assert mention.text.casefold() == written.casefold()


@given(number=st.integers(0, 99999).map("{:05d}".format), digit=st.sampled_from("0123456789"), behind=st.booleans())
def test_a_number_is_never_found_with_one_more_digit(number, digit, behind):
    index = ReferenceIndex([item(5, 1, identifiers=(f"INV/2026/{number}",))])
    longer = number + digit if behind else digit + number
    assert index.find_mentions((f"INV/2026/{longer}", longer)).by_document == {}


@given(st.lists(st.text(), max_size=3), st.text())
def test_any_text_can_be_read(identifiers, text):
    ReferenceIndex([item(5, 1, identifiers=tuple(identifiers))]).find_mentions((text, *identifiers))
