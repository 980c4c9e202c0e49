"""What the news itself says of its words and names: verbs, first names, kinds of things.

There is no tagger here. A word is a verb where it often follows "he", "who" or "to"; a
capitalised word is a first name where the names it begins are often said to be so old or
to have said something; and a name is of the kind whose noun stands beside it ("the
airline Ryanair", "Ryanair, an Irish airline": the apposition of Hearst, 1992, "Automatic
Acquisition of Hyponyms from Large Text Corpora").
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from pincite.training.made.words import (
    COUNTRIES,
    ENDINGS,
    NO_FIRST_NAMES,
    PERSON_NOUNS,
    STATES,
    THING_NOUNS,
    TITLES,
)

# Each pair: times at least, and share of the word's or name's occurrences at least.
FINITE = (8, 0.03)
BASE = (5, 0.02)
FIRST_NAME = (3, 0.1)
CITY = (3, 0.05)
KIND = (2, 0.02)
LEAST_SHARE_OF_KINDS = 0.5  # of the nouns beside a name that are the commonest one

_NAME_WORD = (
    r"(?:(?:[A-Z]\.){2,}|[A-Z]\.(?=\s[A-Z])"
    r"|(?:St|Dr|Mr|Mrs|Ms|Sen|Rep|Gov|Gen|Lt|Col|Sgt|Jr)\."
    r"|[A-Z][A-Za-zÀ-ž]*(?:[-'’][A-Z][A-Za-zÀ-ž]*)*(?:-[a-z]+(?=\s[A-Z]))?)"
)
NAME = re.compile(
    rf"(?<![\w$]){_NAME_WORD}(?:(?: | of | of the | de | von | van )(?=[A-Z]){_NAME_WORD})*"
)

_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_SUBJECTS = frozenset("he she they who it".split())
_BEFORE_BASE = frozenset("to will would can could might must should did didn't won't".split())
_BE = frozenset("was were been be is are being".split())

_KINDS = PERSON_NOUNS | THING_NOUNS
_APPOSED = re.compile(
    rf"^, (?:a|an|the|one of the|which is an?) (?:[\w’'-]+ ){{0,4}}?({'|'.join(sorted(_KINDS))})\b"
)
_NOUN_BEFORE = re.compile(r"([a-z]+) $")
_AGED_OR_SAYING = re.compile(r"^, \d\d,|^,? (?:said|told|tweeted|wrote|says)\b")
_IN_STATE = re.compile(rf"^, (?:{'|'.join(sorted(STATES))})\b")
_LOOK_BACK, _LOOK_AHEAD = 20, 80  # characters beside a name


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Counts over all sentences, and what follows from them.

    Attributes:
        words: as they stand, capitals told from small letters.
        after_subject: words right behind "he" and the like.
        after_to: words right behind "to", "will" and the like.
        after_be: words right behind a form of "be".
        names: whole names, with their titles.
        firsts: first words of names of two words and more, titles left out.
        strong: of those, where a title, an age or a verb of saying stands beside the name.
        cities: names with a state behind them.
        kinds: the nouns beside each name.
    """

    words: Counter[str] = field(default_factory=Counter)
    after_subject: Counter[str] = field(default_factory=Counter)
    after_to: Counter[str] = field(default_factory=Counter)
    after_be: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    firsts: Counter[str] = field(default_factory=Counter)
    strong: Counter[str] = field(default_factory=Counter)
    cities: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def is_common(self, word: str) -> bool:
        """Whether a capitalised word is mostly written small."""
        return self.words[word.lower()] > self.words[word]

    def is_finite(self, word: str) -> bool:
        """Whether a word is often a verb with its subject before it."""
        held = _enough(self.after_subject[word], self.words[word], FINITE)
        return held and not word.endswith("ly")

    def is_participle(self, word: str) -> bool:
        """Whether a past form stands behind "was" more often than behind a subject."""
        return self.after_be[word] > self.after_subject[word]

    def is_base(self, word: str) -> bool:
        """Whether a word is a verb's bare form."""
        return _enough(self.after_to[word], self.words[word], BASE)

    def is_person(self, name: str) -> bool:
        """Whether a name of two to four words begins with a first name."""
        parts = name.split()
        if not 2 <= len(parts) <= 4 or parts[-1] in ENDINGS or " of " in name:
            return False
        first = parts[0]
        if first in NO_FIRST_NAMES or self.is_common(first) or name in self.cities:
            return False
        return _enough(self.strong[first], self.firsts[first], FIRST_NAME)

    def kind(self, name: str) -> str | None:
        """The noun of a name: "country", "airline"; None where none is known."""
        bare = name.removeprefix("the ").removeprefix("The ")
        if bare in COUNTRIES:
            return "country"
        if bare in STATES:
            return "state"
        last = bare.split()[-1]
        if last in ENDINGS and " " in bare:
            return ENDINGS[last]
        if _enough(self.cities[bare], self.names[bare], CITY):
            return "city"
        return self._noun_beside(bare)

    def _noun_beside(self, name: str) -> str | None:
        found = self.kinds.get(name)
        if not found:
            return None
        noun, count = found.most_common(1)[0]
        sure = count >= LEAST_SHARE_OF_KINDS * found.total()
        return noun if sure and _enough(count, self.names[name], KIND) else None


def _enough(count: int, total: int, least: tuple[int, float]) -> bool:
    times, share = least
    return count >= times and count >= share * total


def learn(sentences: Iterable[str]) -> Lexicon:
    """Count over the sentences of a corpus, each given once."""
    lexicon = Lexicon()
    for text in sentences:
        _count_words(lexicon, text)
        for match in NAME.finditer(text):
            _count_name(lexicon, text, match)
    return lexicon


def _count_words(lexicon: Lexicon, text: str) -> None:
    found = _WORD.findall(text)
    lexicon.words.update(found)
    for one, two in itertools.pairwise(found):
        before = one.lower()
        if before in _SUBJECTS:
            lexicon.after_subject[two] += 1
        elif before in _BEFORE_BASE:
            lexicon.after_to[two] += 1
        elif before in _BE:
            lexicon.after_be[two] += 1


def _count_name(lexicon: Lexicon, text: str, match: re.Match[str]) -> None:
    name, start, end = match[0], match.start(), match.end()
    behind = text[end : end + _LOOK_AHEAD]
    lexicon.names[name] += 1
    words = name.split()
    parts = [word for word in words if word not in TITLES]
    if len(parts) >= 2:
        lexicon.firsts[parts[0]] += 1
        if len(parts) < len(words) or _AGED_OR_SAYING.match(behind):
            lexicon.strong[parts[0]] += 1
    if _IN_STATE.match(behind):
        lexicon.cities[name] += 1
    noun = _NOUN_BEFORE.search(text, max(0, start - _LOOK_BACK), start)
    if noun and noun[1] in _KINDS:
        lexicon.kinds[name][noun[1]] += 1
    elif apposed := _APPOSED.match(behind):
        lexicon.kinds[name][apposed[1]] += 1
