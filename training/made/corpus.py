"""News cut into passages and sentences, with what is known of their words and names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from pincite.index.passages import Passage, sentences
from pincite.index.terms import terms
from pincite.qa.retrieve import rarities
from pincite.training.made.entities import Taken, entities, famous, full_names, key, resolved
from pincite.training.made.lexicon import Lexicon, learn

RARE_SHARE = 0.02  # of all sentences at most, for a term to be rare
LEAST_HOLDING = 2  # sentences: a term that no other has tells nothing


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, once for each place in an article.

    Attributes:
        article: number of its article.
        day: its article's, counted as `date.toordinal` does; 0 where unknown.
        held: its terms.
        found: names, numbers and dates in it.
        places: numbers of the passages that hold it, and where in their text it begins.
    """

    article: int
    day: int
    text: str
    held: frozenset[str]
    found: tuple[Taken, ...]
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage.

    Attributes:
        lines: numbers of the sentences that it holds whole, in order.
        title: terms of its header.
    """

    header: str
    text: str
    lines: tuple[int, ...]
    title: frozenset[str]


@dataclass(frozen=True, slots=True)
class News:
    """The corpus.

    Attributes:
        people: of each article, full names by last name.
        rarity: weight of each term, from its sentences.
        rare: terms that few sentences hold, but more than one.
        postings: day and number of each sentence that holds a thing, in order, by its key.
    """

    lines: list[Line]
    cuts: list[Cut]
    people: list[dict[str, str]]
    lexicon: Lexicon
    rarity: dict[str, float]
    rare: frozenset[str]
    postings: dict[str, list[tuple[int, int]]]


def gather(articles: Iterable[tuple[str, Sequence[Passage]]]) -> News:
    """Split, count, and find what is named.

    Args:
        articles: date ("2022/06/12", or "" where unknown) and passages of each.
    """
    days: list[int] = []
    sheet = _Sheet()
    for number, (published, passages) in enumerate(articles):
        days.append(_day(published))
        sheet.add(number, passages)
    lexicon = learn(dict.fromkeys(text for _, text in sheet.texts))
    found = [tuple(entities(text, lexicon)) for _, text in sheet.texts]
    people = _people([number for number, _ in sheet.texts], found, len(days), lexicon)
    lines = [
        Line(
            number,
            days[number],
            text,
            frozenset(terms(text)),
            tuple(resolved(one, people[number]) for one in own),
            tuple(places),
        )
        for (number, text), own, places in zip(sheet.texts, found, sheet.places, strict=True)
    ]
    frequencies = Counter(term for line in lines for term in line.held)
    most = RARE_SHARE * len(lines)
    rare = frozenset(term for term, n in frequencies.items() if LEAST_HOLDING <= n <= most)
    rarity = rarities(frequencies, len(lines))
    return News(lines, sheet.cuts, people, lexicon, rarity, rare, _postings(lines))


@dataclass(slots=True)
class _Sheet:
    """Sentences and passages as they are met.

    Attributes:
        texts: article number and text of each sentence.
        places: as in `Line`.
    """

    texts: list[tuple[int, str]] = field(default_factory=list)
    places: list[list[tuple[int, int]]] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)

    def add(self, article: int, passages: Sequence[Passage]) -> None:
        """Add an article's; what stands in two overlapping passages is one sentence."""
        known: dict[int, int] = {}  # where in the article -> number
        split: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for passage in passages:
            own: list[int] = []
            for piece, (start, end) in zip(passage.pieces, passage.bounds, strict=True):
                span = (piece.start, piece.end)
                if span not in split:
                    found = sentences(passage.text, start, end)
                    split[span] = [(first - start, last - start) for first, last in found]
                for first, last in split[span]:
                    text = passage.text[start + first : start + last]
                    line = known.get(piece.start + first)
                    if line is None:
                        line = known[piece.start + first] = len(self.texts)
                        self.texts.append((article, text))
                        self.places.append([])
                    # Else it may be a part of that sentence, or hold more.
                    if len(self.texts[line][1]) == len(text):
                        own.append(line)
                        self.places[line].append((len(self.cuts), start + first))
            title = frozenset(terms(passage.header))
            self.cuts.append(Cut(passage.header, passage.text, tuple(own), title))


def _day(published: str) -> int:
    try:
        return date.fromisoformat(published.replace("/", "-")).toordinal()
    except ValueError:
        return 0


def _people(
    articles: Sequence[int], found: Sequence[Sequence[Taken]], count: int, lexicon: Lexicon
) -> list[dict[str, str]]:
    """Of each of `count` articles, full names by last name: its own, then the famous ones'.

    Args:
        articles: the number of each sentence's article.
        found: what each sentence names.
    """
    people: list[dict[str, str]] = [{} for _ in range(count)]
    for number, own in zip(articles, found, strict=True):
        for last, name in full_names(own):
            people[number].setdefault(last, name)
    known = famous(people, lexicon)
    for number, own in zip(articles, found, strict=True):
        for one in own:
            if one.text in known:
                people[number].setdefault(one.text, known[one.text])
    return people


def _postings(lines: Sequence[Line]) -> dict[str, list[tuple[int, int]]]:
    postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, line in enumerate(lines):
        for named in {key(one) for one in line.found}:
            postings[named].append((line.day, number))
    return {named: sorted(entries) for named, entries in postings.items()}
