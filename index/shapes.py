"""What the shape of a line allows it to be: title, heading, kicker, item, datum.

Length, end mark, capitals and quotes, nothing of what the words say; the few
word lists are of questions, rubrics and the labels of facts.
"""

from __future__ import annotations

import re
import unicodedata

from pincite.index.lines import Line

TITLE_CHARS = 220
_TITLE_WORDS = 30
_HEADING_WORDS, _HEADING_CHARS = 18, 130

_RUBRIC_WORDS = (
    "news update updates live breaking analysis opinion exclusive explainer explained feature "
    "features watch video review interview editorial commentary column special report world "
    "politics business sport sports briefing latest the blog story stories in brief local"
)
_RUBRIC = frozenset(re.findall(r"\w+", _RUBRIC_WORDS))
_OPENING_QUOTES, _CLOSING_QUOTES = '"“«„', '"”»“'
_CLAUSE_END = (",", ";", "–", "—", "-", "(", "&", "/")
_QUESTION = re.compile(
    r"(?:Who|What|When|Where|Why|How|Which|Whose|Is|Are|Was|Were|Do|Does|Did|Can|Could|Will|Would"
    r"|Should|Has|Have|Had|Am|May|Might|Must|Isn|Aren|Doesn|Don|Won)\b"
)
_DATUM = re.compile(
    r"(?:When|Where|Who|What|Details?|Info|Information|Cost|Price|Prices|Tickets?|Admission"
    r"|Location|Dates?|Time|Hours|Address|Phone|Go|Rating|Rated|Director|Cast|Starring|Born|Died"
    r"|Age|Record|Score|TV|Radio|Stream|Channel|Venue|Website|Size|Ingredients|Manager"
    r"|Population)\s?:\s"
    r"|[^\W\d_][\w/.&'’-]*(?:\s[\w/.&'’()-]+){0,3}:\s[$€£#]?\d|.*\b\d{3}[-.]\d{4}$",
    re.IGNORECASE,
)
_SIGNED_SENTENCE = re.compile(r"[.!?][”\"’]?\s+[–—-]{1,2}\s?[A-Z][\w.’' -]{3,40}$")
_SITE_SUFFIX = re.compile(r"\s+[|–—-]\s+[^|–—]{2,40}$")


def is_title_like(line: Line) -> bool:
    """Whether a line could be a title or a headline: no sentence, no quote, not long."""
    text = line.text
    if not 1 <= len(line.words) <= _TITLE_WORDS or len(text) > TITLE_CHARS:
        return False
    if text[0].islower() or text.endswith(_CLAUSE_END) or text.endswith(":"):
        return False
    if text[0] in _OPENING_QUOTES and text[-1] in _CLOSING_QUOTES:
        return False
    return (not line.is_sentence or text.endswith("?")) and not _SIGNED_SENTENCE.search(text)


def is_heading_like(line: Line) -> bool:
    """Whether a line could be a subheading: short, and a question only if it stands alone."""
    text = line.text
    if len(line.words) > _HEADING_WORDS or len(text) > _HEADING_CHARS:
        return False
    if text.endswith(":"):  # a label is a heading, a sentence that introduces a list is not
        return len(line.words) <= 4 and line.capitals == 1.0 and _is_label(text)
    if not is_title_like(line):
        return False
    if text.endswith("?"):
        return _QUESTION.match(text) is not None and len(line.words) <= 14 and "? " not in text
    return text.count('"') % 2 == 0 and text.count("“") == text.count("”")


def _is_label(text: str) -> bool:
    return not text[0].islower() and not any(mark in text for mark in ".!?,;")


def is_item(line: Line) -> bool:
    """Whether a line could be an item of a list that bears no marker."""
    return not line.is_sentence and not line.text.endswith(":") and len(line.text) <= 160


def is_datum(line: Line) -> bool:
    """Whether a line is a label and its value, or an address: "When: 8 a.m., Nov. 11"."""
    return len(line.text) <= 160 and _DATUM.match(line.text) is not None


def is_capitalised(line: Line) -> bool:
    """Whether a line is a few words that all begin with a capital: a name of something."""
    return 0 < len(line.words) <= 6 and len(line.text) <= 50 and line.capitals == 1.0


def shares_words(line: Line, titles: frozenset[str]) -> bool:
    """Whether half of a line's longer words, and two at least, stand in one of the titles."""
    words = {word.lower().strip(".'’") for word in line.words if len(word) > 3}
    known = {word.strip(".,:;!?'") for title in titles for word in title.split()}
    return len(words) > 1 and 2 * len(words & known) >= len(words)


def is_kicker(line: Line) -> bool:
    """Whether a line beside a title is short enough to be its kicker."""
    return is_title_like(line) and len(line.words) <= 8 and len(line.text) <= 60


def is_rubric(line: Line) -> bool:
    """Whether a line names a kind of article and nothing else: "News Update"."""
    words = [word.lower().strip(".") for word in line.words]
    return 0 < len(words) <= 4 and all(word in _RUBRIC for word in words)


def title_spellings(title: str) -> frozenset[str]:
    """The ways a title from the metadata may stand on its page."""
    return frozenset(normal_title(form) for form in (title, _SITE_SUFFIX.sub("", title))) - {""}


def normal_title(text: str) -> str:
    """A title without the differences that don't matter: spacing, quotes, case, end marks."""
    if len(text) > 2 * TITLE_CHARS:
        return ""
    text = unicodedata.normalize("NFKC", text.replace("\ufeff", ""))
    text = re.sub(r"[‘’‚‛“”„‟«»\"`´]", "'", text)
    return " ".join(text.split()).strip(" .'").casefold()
