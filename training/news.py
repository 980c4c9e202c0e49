"""Reading-comprehension data from news questions, by distant supervision.

    python -m pincite.training.news QUESTIONS.jsonl ARTICLES.jsonl.gz OUT.jsonl.gz

QUESTIONS and ARTICLES are RealTime QA's, as in `eval/news.py`; only the weeks of
the training half are read. Where a question's answer stands in a supporting
article and enough of the question stands around it, the passage is taken to
answer it (distant supervision: Mintz et al., 2009; for reading, DrQA, Chen et
al., 2017, section 4.2). Articles are parsed and cut by the product's own code,
so that the reader learns on the passages it will be given. Some of what comes
out is wrong: see `LEAST_SHARE`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pincite.eval.data import rows
from pincite.eval.news import part
from pincite.index.corpus import Metadata, article, slug
from pincite.index.passages import Passage, passages, sentences, under
from pincite.index.terms import content_terms, terms
from pincite.index.tokens import encoding
from pincite.qa.retrieve import rarities, shared
from pincite.settings import Settings

SOURCE = "realtimeqa"
MOST_PASSAGES = 4  # of a question that answer it
MOST_NEGATIVES = 2  # of a question that don't
# Read by eye: of 60 passages drawn before this filter 33 answered the question: of
# the 22 with a share of 0.5 and more, 20; of the 12 from 0.4 to 0.5, 8; of the rest 5 of 26.
# Of 40 others that passed it, 33: most of the rest tell of an earlier, similar event.
LEAST_SHARE = 0.5
# A passage without the answer is about the question from the one share on, and up to
# the other of any one sentence: beyond, it often gives another answer (last year's). By
# eye 23 of 30 did not answer the question without the upper bound, 29 of 30 with it.
LEAST_NEGATIVE_SHARE = 0.4
MOST_SENTENCE_SHARE = 0.5

_TURNED = re.compile(r"\b(except|not|never|false|untrue|incorrect|least likely)\b|n['’]t\b", re.I)
_LEADING = re.compile(r"^(?:the|an?)\s+", re.I)
_VARIANTS = (("'‘’`´", "['‘’`´]"), ('"“”', '["“”]'), ("-‐‑‒–—", "[-‐‑‒–—]"))


@dataclass(frozen=True, slots=True)
class NewsQuestion:
    """A question of the training half with the addresses of its supporting articles."""

    question: str
    answers: tuple[str, ...]
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage and its terms.

    Attributes:
        header: terms of its header.
        paragraphs: terms of each of its paragraphs.
    """

    passage: Passage
    header: frozenset[str]
    paragraphs: tuple[frozenset[str], ...]

    @property
    def held(self) -> frozenset[str]:
        """All its terms."""
        return self.header.union(*self.paragraphs)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage for a question.

    Attributes:
        share: of the question's terms around the answer, or in the whole
            passage where it has none, 0..1.
        answers: `[start, end)` in characters of the passage's text; none
            where the passage does not answer the question.
        place: where the sentence begins, in characters of the article's text.
    """

    passage: Passage
    share: float
    answers: tuple[tuple[int, int], ...]
    place: int


def asked(given: Iterator[dict[str, Any]]) -> Iterator[NewsQuestion]:
    """The questions of the training half, without those that ask what is not so."""
    for row in given:
        if part(row["week"]) == "train" and not _TURNED.search(row["question"]):
            yield NewsQuestion(
                row["question"], tuple(row["answers"]), tuple(row["supporting_articles"])
            )


def parsed(
    row: Mapping[str, Any], count: Callable[[str], int], settings: Settings
) -> list[Passage]:
    """An article's passages, parsed and sized as the index has them.

    Raises:
        CorpusError: nothing in it is an article's text.
    """
    known = Metadata(
        publisher=row.get("publisher"), title=row.get("title"), published=row.get("published")
    )
    read = article(slug(row["url"]), row["url"], row["text"], known)
    return list(passages(read, count, settings.passage_tokens, settings.overlap_tokens))


def cut(row: Mapping[str, Any], count: Callable[[str], int], settings: Settings) -> list[Cut]:
    """An article's passages with their terms."""
    return [
        Cut(
            passage,
            frozenset(terms(passage.header)),
            tuple(frozenset(terms(passage.text[start:end])) for start, end in passage.bounds),
        )
        for passage in parsed(row, count, settings)
    ]


def answering(
    question: NewsQuestion, cuts: Sequence[Cut], rarity: Mapping[str, float]
) -> list[Found]:
    """The passages that seem to answer the question, the surest first, each sentence once.

    The share of the question's terms is the mean of two: that of the
    sentence, and that of its paragraph with the neighbours and the header.

    Args:
        cuts: of the supporting articles.
        rarity: weight of each of the question's terms.
    """
    pattern = answer_pattern(question.answers)
    quiz = _plain(question.question)
    best: dict[tuple[str, int], Found] = {}
    for one in cuts:
        if not pattern.search(one.passage.text) or _is_quiz(one, quiz):
            continue  # some articles hold the quiz itself, with all its choices
        for found in _sentences_with(pattern, one, rarity):
            key = (found.passage.article, found.place)
            if key not in best or found.share > best[key].share:
                best[key] = found
    return sorted(best.values(), key=lambda found: -found.share)


def _sentences_with(
    pattern: re.Pattern[str], one: Cut, rarity: Mapping[str, float]
) -> Iterator[Found]:
    text = one.passage.text
    for number, (start, end) in enumerate(one.passage.bounds):
        if not pattern.search(text, start, end):
            continue
        around = one.header.union(*one.paragraphs[max(0, number - 1) : number + 2])
        for first, last in sentences(text, start, end):
            spans = tuple(m.span() for m in pattern.finditer(text, first, last))
            if spans:
                near = shared(rarity, set(terms(text[first:last])))
                share = (near + shared(rarity, set(around))) / 2
                place = one.passage.pieces[number].start + first - start
                yield Found(one.passage, share, spans, place)


def not_answering(
    question: NewsQuestion, cuts: Sequence[Cut], rarity: Mapping[str, float]
) -> list[Found]:
    """Passages that share the question's terms but no part of its answer, the nearest first.

    Overlapping passages are the same text twice: of two the nearer stays.
    """
    parts = {term for answer in question.answers for term in content_terms(answer)}
    pattern = answer_pattern(question.answers)
    quiz = _plain(question.question)
    near = [
        Found(one.passage, share, (), one.passage.pieces[0].start)
        for one in cuts
        if (share := shared(rarity, set(one.held))) >= LEAST_NEGATIVE_SHARE
        and not _holds_part(parts, one.held)
        and not pattern.search(one.passage.text)
        and not _is_quiz(one, quiz)
        and _best_sentence(one.passage, rarity) <= MOST_SENTENCE_SHARE
    ]
    kept: list[Found] = []
    for found in sorted(near, key=lambda found: -found.share):
        if not any(_overlap(found.passage, other.passage) for other in kept):
            kept.append(found)
    return kept


def _holds_part(parts: set[str], held: frozenset[str]) -> bool:
    """Whether some term is a part, or begins with one: "Japanese" gives "Japan" away."""
    long = tuple(part for part in parts if len(part) > 3)
    return any(term in parts or term.startswith(long) for term in held)


def _best_sentence(passage: Passage, rarity: Mapping[str, float]) -> float:
    """The largest share of the question's terms in one sentence, 0..1."""
    return max(
        shared(rarity, set(terms(passage.text[first:last])))
        for start, end in passage.bounds
        for first, last in sentences(passage.text, start, end)
    )


def _overlap(one: Passage, other: Passage) -> bool:
    return (
        one.article == other.article
        and one.pieces[0].start < other.pieces[-1].end
        and other.pieces[0].start < one.pieces[-1].end
    )


def spread(found: Sequence[Found], most: int) -> list[Found]:
    """The first so many, one of each article before the second of any."""
    turns: Counter[str] = Counter()
    ordered = []
    for one in found:
        ordered.append((turns[one.passage.article], one))
        turns[one.passage.article] += 1
    return [one for _, one in sorted(ordered, key=lambda pair: pair[0])][:most]


def answer_pattern(answers: Sequence[str]) -> re.Pattern[str]:
    """Matches the answers as whole words, in any case and with any quotes and dashes.

    "the" before an answer may be there or not; a number is no part of a
    longer one ("4,500" does not stand in "14,500" or "4,500.5").
    """
    bodies = [_LEADING.sub("", answer.strip()) for answer in answers]
    bodies = sorted({body for body in bodies if body}, key=len, reverse=True)
    loose = "|".join(r"\s+".join(map(_loose, body.split())) for body in bodies)
    if not loose:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<!\w)(?<!\d[.,])(?:{loose})(?!\w)(?![.,]\d)", re.I)


def _loose(word: str) -> str:
    return "".join(
        next((variants for signs, variants in _VARIANTS if c in signs), re.escape(c)) for c in word
    )


def _is_quiz(one: Cut, quiz: str) -> bool:
    return quiz in _plain(under(one.passage.header, one.passage.text))


def _plain(text: str) -> str:
    return " ".join(terms(text))


def paragraphs(
    questions: Sequence[NewsQuestion], articles: Iterator[dict[str, Any]], settings: Settings
) -> list[dict[str, Any]]:
    """The lines for `eval/data.py`, a passage each, with all its questions.

    A question no passage of which answers it gives none: where its answer is
    worded otherwise, the negatives might well answer it.
    """
    wanted = {url for question in questions for url in question.urls}
    count = counter(settings)
    cuts = {row["url"]: cut(row, count, settings) for row in articles if row["url"] in wanted}
    frequencies = Counter(term for own in cuts.values() for one in own for term in one.held)
    total = sum(map(len, cuts.values()))
    lines: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for question in questions:
        own = [one for url in dict.fromkeys(question.urls) for one in cuts.get(url, [])]
        rarity = rarities({t: frequencies[t] for t in _asked_of(question)}, total)
        right = [f for f in answering(question, own, rarity) if f.share >= LEAST_SHARE]
        if not right:
            continue
        chosen = spread(_apart(right), MOST_PASSAGES)
        chosen += spread(not_answering(question, own, rarity), MOST_NEGATIVES)
        for found in chosen:
            lines[found.passage.header, found.passage.text].append(_qa(question, found))
    return [
        {"source": SOURCE, "title": title, "context": context, "qas": qas}
        for (title, context), qas in lines.items()
    ]


def _asked_of(question: NewsQuestion) -> list[str]:
    """The question's terms without the answer's: those stand in the passage anyway."""
    given = {term for answer in question.answers for term in terms(answer)}
    return [term for term in content_terms(question.question) if term not in given]


def _apart(found: Sequence[Found]) -> list[Found]:
    """Without those whose passage is already there: one passage, one sentence."""
    first: dict[Passage, Found] = {}
    for one in found:
        first.setdefault(one.passage, one)
    return list(first.values())


def _qa(question: NewsQuestion, found: Found) -> dict[str, Any]:
    text = found.passage.text
    return {
        "question": question.question,
        "answers": [
            {"text": text[start:end], "answer_start": start} for start, end in found.answers
        ],
        "is_impossible": not found.answers,
    }


def counter(settings: Settings) -> Callable[[str], int]:
    """Counts the tokens of a text as the index does."""
    tokens = encoding(settings.tokenizer)
    return lambda text: len(tokens.encode_ordinary(text))


def write(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Write gzipped JSON lines, without a file name and a time: equal lines give equal bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def main() -> None:
    """Read the three paths, match, write, count."""
    parser = argparse.ArgumentParser(description="Make reading data of news questions.")
    for name in ("questions", "articles", "out"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    questions = list(asked(row for _, row in rows(args.questions)))
    lines = paragraphs(questions, (row for _, row in rows(args.articles)), Settings())
    write(args.out, lines)
    qas = [qa for line in lines for qa in line["qas"]]
    negative = sum(qa["is_impossible"] for qa in qas)
    answered = len({qa["question"] for qa in qas})
    print(f"{len(questions)} questions of the training half, {answered} with a passage")
    print(f"{len(lines)} passages: {len(qas) - negative} answers, {negative} without one")


if __name__ == "__main__":
    main()
