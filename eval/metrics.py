"""What is measured of one answer, from the body of `/v1/ask`, and of one ranked list.

Each measure is defined in the docstring of its function or its attribute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from pincite.eval.questions import REFUSED, Account, Gold, Question, occurrences
from pincite.eval.words import exact_match, f1, is_right
from pincite.qa.accounts import by_themselves
from pincite.qa.answer import Status

Body = Mapping[str, Any]
"""An answer as JSON: the fields of `pincite.qa.answer.Answer`."""


@dataclass(frozen=True, slots=True)
class Score:
    """The measures of one answer, each 0..1, None where it doesn't apply to the question.

    Attributes:
        as_expected: correct and cited, or, where there is no answer, refused.
        right: see `pincite.eval.words.is_right`; over answerable questions, as are the next three.
        correct_and_cited: see `is_correct_and_cited`.
        exact_match, f1: the best over all acceptable answers; 0 for a refusal.
        citation_precision, citation_recall, counted: see the functions of those names.
        verbatim: see `is_verbatim_answer`; over all questions.
        quotes, quotes_verbatim: counts of citations, `nearest` included, and
            of those that pass `is_verbatim`.
        status: the status is the expected one; over all questions.
        abstention_precision: over refused questions, that there is no answer.
        abstention_recall: over questions without an answer, that it refused.
        false_refusal: over answerable questions, that it refused.
        account_recall, account_precision: see `account_rates`; over disputed questions.
        dispute_recall: over disputed questions, that the status says so.
        false_dispute: over undisputed answerable questions, that it says disputed.
    """

    as_expected: float
    right: float | None
    correct_and_cited: float | None
    exact_match: float | None
    f1: float | None
    citation_precision: float | None
    citation_recall: float | None
    counted: float | None
    verbatim: float
    quotes: int
    quotes_verbatim: int
    status: float
    abstention_precision: float | None
    abstention_recall: float | None
    false_refusal: float | None
    account_recall: float | None
    account_precision: float | None
    dispute_recall: float | None
    false_dispute: float | None


def score(question: Question, body: Body, articles: Mapping[str, str]) -> Score:
    """Measure one answer against what was expected; `articles` is file -> stored text."""
    refused = body["status"] in REFUSED
    answerable, disputed = question.answerable, question.status is Status.DISPUTED
    accepted = [text for account in question.accounts for text in account.answers]
    answer = body["answer"]
    quotes = [*body["citations"], *body["nearest"]]
    cited = float(is_correct_and_cited(body, question.accounts))
    recall, precision = account_rates(body, question.accounts) if disputed else (None, None)
    return Score(
        as_expected=cited if answerable else float(refused),
        right=float(any(is_about(answer, a) for a in question.accounts)) if answerable else None,
        correct_and_cited=cited if answerable else None,
        exact_match=exact_match(answer, accepted) if answerable else None,
        f1=f1(answer, accepted) if answerable else None,
        citation_precision=citation_precision(body, question.accounts) if answerable else None,
        citation_recall=citation_recall(body, question.accounts) if answerable else None,
        counted=counted(body, question.accounts) if answerable else None,
        verbatim=float(is_verbatim_answer(body, articles)),
        quotes=len(quotes),
        quotes_verbatim=sum(is_verbatim(quote, articles) for quote in quotes),
        status=float(body["status"] == question.status),
        abstention_precision=float(not answerable) if refused else None,
        abstention_recall=None if answerable else float(refused),
        false_refusal=float(refused) if answerable else None,
        account_recall=recall,
        account_precision=precision,
        dispute_recall=float(body["status"] == Status.DISPUTED) if disputed else None,
        false_dispute=(
            float(body["status"] == Status.DISPUTED) if answerable and not disputed else None
        ),
    )


def is_about(answer: str | None, account: Account) -> bool:
    """Whether the answer is right by some acceptable answer of the account."""
    return answer is not None and any(is_right(answer, accepted) for accepted in account.answers)


def supports(citation: Body, account: Account) -> bool:
    """Whether a citation leads to the account's evidence.

    It is to the file of some gold of the account, and its quote's `[start, end)`
    overlaps a span of that gold, or its paragraph holds that gold's evidence.
    """
    return any(
        citation["article"]["file"] == gold.file
        and (
            any(citation["start"] < end and start < citation["end"] for start, end in gold.spans)
            or gold.evidence in citation["paragraph"]["text"]
        )
        for gold in account.gold
    )


def is_correct_and_cited(body: Body, accounts: Iterable[Account]) -> bool:
    """Whether some account has the answer right and its evidence cited first.

    That is: the leading answer `is_about` the account and the leading
    account's first citation `supports` it.
    """
    first = _leading_citations(body)[:1]
    return any(
        is_about(body["answer"], account)
        and any(c is not None and supports(c, account) for c in first)
        for account in accounts
    )


def citation_precision(body: Body, accounts: Sequence[Account]) -> float | None:
    """Share of the leading account's citations that support it, 0..1; None if it has none.

    They have to support an account that the answer is right about, or, if it
    is right about none, any account.
    """
    cited = _leading_citations(body)
    if not cited:
        return None
    about = _about(body, accounts)
    good = sum(c is not None and any(supports(c, account) for account in about) for c in cited)
    return good / len(cited)


def citation_recall(body: Body, accounts: Sequence[Account]) -> float | None:
    """Share of the account's gold articles that the leading account cites, 0..1.

    An article counts as cited if a citation to it supports the account. Of the
    accounts the answer is right about (all, if it is right about none), the
    best among those with two gold articles or more; None if there is no such one.
    """
    cited = [citation for citation in _leading_citations(body) if citation is not None]
    shares = []
    for account in _about(body, accounts):
        files = {gold.file for gold in account.gold}
        if len(files) > 1:
            found = {c["article"]["file"] for c in cited if supports(c, account)}
            shares.append(len(found) / len(files))
    return max(shares, default=None)


def counted(body: Body, accounts: Sequence[Account]) -> float | None:
    """Whether the leading account says how many articles tell it by themselves, 0 or 1.

    Of the accounts that several gold articles tell, the one that the answer is right about has
    as many sources as these have evidence of their own (`pincite.qa.accounts.by_themselves`); 0 if
    it is right about none of them. None if there is no such account.
    """
    told = [account for account in accounts if len({gold.file for gold in account.gold}) > 1]
    if not told:
        return None
    sources = body["accounts"][0]["sources"] if body["accounts"] else 0
    about = [account for account in told if is_about(body["answer"], account)]
    golds = ([(gold.file, gold.evidence) for gold in account.gold] for account in about)
    return float(any(sources == by_themselves(gold) for gold in golds))


def is_verbatim(citation: Body, articles: Mapping[str, str]) -> bool:
    """Whether a citation is to the letter.

    The quote is not empty and equals the article's text at `[start, end)`; it
    stands in the paragraph, and the paragraph around it is the article's own text.
    """
    text = articles.get(citation["article"]["file"])
    start, end, quote = citation["start"], citation["end"], citation["quote"]
    if text is None or not 0 <= start < end or text[start:end] != quote:
        return False
    return place_in_paragraph(citation, text) is not None


def place_in_paragraph(citation: Body, text: str) -> int | None:
    """Where the quote begins in its paragraph, in characters; None if it does not stand there.

    It may stand there several times: the place is the one that the citation's `start` leads to,
    with the paragraph around it in the article's stored text.
    """
    start, paragraph = citation["start"], citation["paragraph"]["text"]
    places = (inside for inside, _ in occurrences(paragraph, citation["quote"]))
    return next(
        (at for at in places if at <= start and text.startswith(paragraph, start - at)), None
    )


def is_verbatim_answer(body: Body, articles: Mapping[str, str]) -> bool:
    """Whether everything an answer shows is to the letter.

    All its citations and `nearest` pass `is_verbatim`, every account's answer
    equals the quote of one of that account's citations, all of which exist,
    and `answer` is the first account's, or None if there is no account.
    """
    quotes = {citation["number"]: citation["quote"] for citation in body["citations"]}
    accounts = body["accounts"]
    return (
        all(is_verbatim(c, articles) for c in (*body["citations"], *body["nearest"]))
        and all(quotes.keys() >= set(account["citations"]) for account in accounts)
        and all(a["answer"] in [quotes[n] for n in a["citations"]] for a in accounts)
        and body["answer"] == (accounts[0]["answer"] if accounts else None)
    )


def _leading_citations(body: Body) -> list[Body | None]:
    """The leading account's citations, None for a number that leads nowhere."""
    by_number = {citation["number"]: citation for citation in body["citations"]}
    return [
        by_number.get(number) for account in body["accounts"][:1] for number in account["citations"]
    ]


def _about(body: Body, accounts: Sequence[Account]) -> list[Account]:
    return [a for a in accounts if is_about(body["answer"], a)] or list(accounts)


def account_rates(body: Body, accounts: Sequence[Account]) -> tuple[float, float | None]:
    """Recall and precision of the accounts, each 0..1; precision is None for a refusal.

    A returned account finds an expected one if its answer `is_about` it. Pairs
    are made one to one, as many as can be, so that neither one answer with
    both versions in it nor the same version twice counts double.
    """
    returned = body["accounts"]
    if not returned:
        return 0.0, None
    from scipy.optimize import linear_sum_assignment

    finds = [[is_about(got["answer"], want) for want in accounts] for got in returned]
    rows, columns = linear_sum_assignment(finds, maximize=True)
    pairs = sum(finds[row][column] for row, column in zip(rows, columns, strict=True))
    return pairs / len(accounts), pairs / len(returned)


RANKED = 10
"""How many paragraphs of a ranked list are looked at."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How the gold paragraphs rank among the first 10, each 0..1.

    Attributes:
        hit_1, hit_5, hit_10: hit@k, 1 if a gold paragraph is among the first k, else 0.
        recall_1, recall_5, recall_10: recall@k, the share of the gold
            paragraphs among the first k; below 1 where there are more than k.
        mrr_10: 1 over the rank of the first gold paragraph, 0 without one.
    """

    hit_1: float
    hit_5: float
    hit_10: float
    recall_1: float
    recall_5: float
    recall_10: float
    mrr_10: float


def retrieval(question: Question, ranked: Sequence[Body], articles: Mapping[str, str]) -> Retrieval:
    """Measure a ranked list of paragraphs with ir-measures; the best comes first.

    A paragraph is gold if it is of a gold article and its `[start, end)` holds
    a span of the evidence. Evidence that stands in several paragraphs of its
    article asks for one of them, the best ranked. Gold paragraphs that the
    list lacks are counted by the lines of the article they stand in.

    Args:
        question: an answerable one.
        ranked: items of `/v1/search`, of which `article.file`, `start` and
            `end` are used; a second mention is passed over.
        articles: file -> stored text.
    """
    import ir_measures
    from ir_measures import RR, R, Success

    everything = [(item["article"]["file"], item["start"], item["end"]) for item in ranked]
    places = list(dict.fromkeys(everything))[:RANKED]
    gold = {
        _gold_paragraph(item, places, articles[item.file])
        for account in question.accounts
        for item in account.gold
    }
    if not places:  # trec_eval leaves out a query without a ranking
        return Retrieval(*[0.0] * len(fields(Retrieval)))
    measures = [Success @ 1, Success @ 5, Success @ 10, R @ 1, R @ 5, R @ 10, RR]
    qrels = [ir_measures.Qrel(question.id, str(place), 1) for place in gold]
    run = [
        ir_measures.ScoredDoc(question.id, str(place), float(-rank))
        for rank, place in enumerate(places)
    ]
    values = ir_measures.calc_aggregate(measures, qrels, run)
    return Retrieval(*(float(values[measure]) for measure in measures))


def _holds(place: tuple[str, int, int], gold: Gold) -> bool:
    file, start, end = place
    return file == gold.file and any(start <= s and e <= end for s, e in gold.spans)


def _gold_paragraph(
    gold: Gold, places: Sequence[tuple[str, int, int]], text: str
) -> tuple[str, int, int]:
    for place in places:
        if _holds(place, gold):
            return place
    start, end = gold.spans[0]
    line_end = text.find("\n", end)
    return gold.file, text.rfind("\n", 0, start) + 1, len(text) if line_end < 0 else line_end
