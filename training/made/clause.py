"""The clause around what is asked for, without what the question can do without.

A news sentence says more than its main clause: who said it, asides, what came before the
subject, what follows from it. What is left when these are cut off is short enough to ask.
The cuts go by words and commas alone; a clause whose beginning is not sure is given up.
"""

from __future__ import annotations

import re

from pincite.training.made.entities import Taken
from pincite.training.made.lexicon import Lexicon
from pincite.training.made.verbs import AUXILIARIES
from pincite.training.made.words import DAYS

LEAST_WORDS = 5  # that a cut leaves, or it isn't made
LONG_WORDS = 14  # longer clauses end at the first comma behind what is taken
MOST_WORDS = 17

_MARK = "\u0001"  # stands for what is taken

_ASIDE = re.compile(r"\s?\([^)]*\)| —[^—]*—|, (?:however|too|meanwhile|also|therefore),?")
_ATTRIBUTED_END = re.compile(
    r",? (?:according to|per) [^,]*$"
    r"|, (?:[^,]{0,60} )?(?:said|says|told|added|wrote|tweeted|reported|reports|explained)\b.*$"
)
_ATTRIBUTED_START = re.compile(
    r"^(?:According to [^,]+, |(?:[^,]{3,90}?) (?:said|says|announced|reported|confirmed|tweeted|"
    r"wrote|warned|estimated|claimed|noted|showed|found|shows|revealed)(?: [^,]{0,30})? that )"
)
_LEADING = re.compile(
    r"^(?:But|And|So|Yet|However|Meanwhile|Still|Also|In addition|Instead|Now|Then|Indeed|"
    r"For example|Since then|Earlier|Later|Separately|Last \w+|This \w+|"
    r"On (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day),? "
)
_BREAK = re.compile(
    r"[;—–]|: | - "
    r"|, (?:and|but|while|which|who|whose|as|after|before|when|where|although|though|because|"
    r"since|so|adding|saying|according|including|making|with|or|even|despite|following)\b"
    r"| (?:while|although|because|whereas|but|after|before|when|as) "
    r"(?=(?:the|a|an|he|she|it|they|[A-Z])\b)"
)
_JOINT = re.compile(
    r"(?:[;:—–]| -|, (?:and|but|while|although|though|because|since|so|as|after|when)| "
    r"(?:while|although|because|whereas|but|after|before|when|as)) ?"
)
_RELATIVE = re.compile(r", (?:which|who) (?!the |he |she |they )")
_NAMED_LAST = re.compile(r"(?:(?:^|(?<= ))[A-Z][\w.'’-]+ ?)+$")
_LEAD = re.compile(
    r"(?:In|On|At|After|Before|By|For|During|Since|When|While|As|With|From|Following|Under|"
    r"Despite|Amid|Like|Until|Through|Although|If) [^,]{2,80}, (?=\S)"
)
_APPOSITION = re.compile(r"([A-Z][^,]{1,40}), ([^,]{2,70}), (\w+)")
_DAY = re.compile(
    rf",? (?:on |late |early |last |this |next )*(?:{'|'.join(DAYS)})"
    r"(?: (?:morning|afternoon|evening|night))?(?=[\s,.]|$)"
)
_RUNS_ON = re.compile(
    r" and (?:\S+ ){1,4}?(?:is|are|was|were|has|have|had|will|would|could|can)\b.*$"
)
_TRAILING = re.compile(
    r"(?: (?:of|in|on|at|by|for|from|with|to|and|or|but|the|a|an|its|his|her|their|that|as|"
    r"as part|as soon|as early|who|which|was|is|are|were|has|have|had|former|President|Sen\.|"
    r"Rep\.|Gov\.|by \w+ing|than|more|less|into|about|over|when|where|while|if))+$"
)


def clause(sentence: str, taken: Taken, lexicon: Lexicon) -> tuple[str, str] | None:
    """The main clause around what is taken: what stands before it, and behind it.

    None where it is not sure where the clause begins.
    """
    text = sentence[: taken.start] + _MARK + sentence[taken.end :]
    text = text.strip().rstrip(".!")
    for pattern in (_ASIDE, _ATTRIBUTED_END, _ATTRIBUTED_START, _LEADING):
        text = _without(pattern, text)
    piece = _piece(text)
    stated = None if piece is None else _from_subject(piece)
    if stated is None:
        return None
    before, _, after = _without_apposition(stated, lexicon).partition(_MARK)
    if taken.type != "date":
        before, after = _DAY.sub("", before), _DAY.sub("", after)
    return before, _shortened(before, after)


def _without(pattern: re.Pattern[str], text: str) -> str:
    """The text without the pattern, unless too little is left or what is taken goes."""
    new = pattern.sub("", text)
    return new if _MARK in new and len(new.split()) >= LEAST_WORDS else text


def _piece(text: str) -> str | None:
    """From the break before what is taken to the one behind, with a subject."""
    at = text.index(_MARK)
    breaks = [0, *(match.start() for match in _BREAK.finditer(text)), len(text)]
    first = max(place for place in breaks if place <= at)
    last = min(place for place in breaks if place > at)
    piece = text[first:last]
    if first == 0:
        return piece
    relative, named = _RELATIVE.match(piece), _NAMED_LAST.search(text[:first])
    if relative and named:  # "Kroger, which owns": Kroger owns
        return f"{named[0]} {piece[relative.end() :]}"
    joint = _JOINT.match(piece)
    return piece[joint.end() :] if joint else None


def _from_subject(piece: str) -> str | None:
    """Without what stands before the subject ("In 2019, "); None where that holds the answer."""
    lead = _LEAD.match(piece)
    if lead is None:
        return piece
    return None if _MARK in lead[0] else piece[lead.end() :]


def _without_apposition(stated: str, lexicon: Lexicon) -> str:
    """Of "Lyft, the rideshare company, agreed": "Lyft agreed"."""
    found = _APPOSITION.match(stated)
    if not found or _MARK in found[2]:
        return stated
    if found[3] in AUXILIARIES or lexicon.is_finite(found[3]):
        return f"{found[1]} {stated[found.start(3) :]}"
    return stated


def _shortened(before: str, after: str) -> str:
    after = _RUNS_ON.sub("", after)
    if len((before + after).split()) > LONG_WORDS:
        after = after.split(", ")[0]
    extra = len(f"{before} x {after}".split()) - MOST_WORDS
    if extra > 0:
        after = _without_last(after.split(), extra)
    return _TRAILING.sub("", after) if after.strip() else ""


def _without_last(words: list[str], extra: int) -> str:
    end = max(0, len(words) - extra)
    while 0 < end < len(words) and words[end][0].isupper() and words[end - 1][0].isupper():
        end -= 1  # not amid a name
    return " " + " ".join(words[:end])
