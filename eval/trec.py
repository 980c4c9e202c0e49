"""What was found, as the files that TREC's tools read: a run and the judgements (qrels).

A document is a paragraph, named by its article's id and its place there: `ID#p7` is what the
article's page, `/articles/ID#p7`, opens at. A query is a question with an answer, by its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pincite.eval.metrics import RANKED
from pincite.eval.questions import Gold
from pincite.eval.report import Report
from pincite.index.article import Article

TAG = "pincite"


def run_lines(report: Report, articles: Mapping[str, Article]) -> str:
    """The run, six columns a line: query, Q0, document, rank from 1, score, tag.

    The score is 1 over the rank: trec_eval sorts by the score and not by the rank.

    Args:
        articles: file -> article.
    """
    lines = []
    for record in report.records:
        places = [_place(articles, item) for item in record.ranked]
        for rank, place in enumerate(dict.fromkeys(places[:RANKED]), start=1):
            lines.append(f"{_query(record.question.id)} Q0 {place} {rank} {1 / rank:.6f} {TAG}\n")
    return "".join(lines)


def qrels_lines(report: Report, articles: Mapping[str, Article]) -> str:
    """The judgements, four columns a line: query, 0, document, 1.

    Every paragraph that holds a piece of a question's evidence is relevant. Evidence that stands
    in several counts as often here, but once in the report's own recall.

    Args:
        articles: file -> article.
    """
    lines = []
    for record in report.records:
        golds = [gold for account in record.question.accounts for gold in account.gold]
        places = [place for gold in golds for place in _holders(gold, articles[gold.file])]
        for place in dict.fromkeys(places):
            lines.append(f"{_query(record.question.id)} 0 {place} 1\n")
    return "".join(lines)


def _query(id_: str) -> str:
    return "_".join(id_.split())  # the columns are parted by white space


def _place(articles: Mapping[str, Article], item: Mapping[str, Any]) -> str:
    # A service may hold other articles than the folder, and another version of one.
    article = articles.get(item["article"]["file"])
    spans = [(block.start, block.end) for block in article.citable] if article else []
    span = (item["start"], item["end"])
    id_ = article.id if article else item["article"]["id"]
    return f"{id_}#" + (f"p{spans.index(span) + 1}" if span in spans else f"{span[0]}")


def _holders(gold: Gold, article: Article) -> list[str]:
    return [
        f"{article.id}#p{place}"
        for place, block in enumerate(article.citable, start=1)
        if any(block.start <= start and end <= block.end for start, end in gold.spans)
    ]
