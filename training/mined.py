"""What the shipped models take for answers to written questions, right or wrong.

All texts are indexed together and asked, as `pincite eval events` does: the mistakes that are to
be unlearnt are those that are made, and answers are cut as a reader cuts them.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from pincite.eval.cases import Place, open_texts
from pincite.eval.data import Asked, Paragraph
from pincite.eval.events import KINDS, NOT_AN_ACCOUNT, EventQuestion, event_questions
from pincite.qa.ask import Pincite
from pincite.qa.measured import Statement
from pincite.training.wording import plain

Key = tuple[str, str, str]
"""Event or text, question as the models are given it, and kind."""
SPANS = 3  # of an article at most
_SAID = 200  # questions between two lines of progress

_NAME = re.compile(r"\s[A-Z0-9]")  # in a question, after its first word


@dataclass(frozen=True, slots=True)
class Mined:
    """Words that the reader takes for an answer.

    Attributes:
        place: `Paragraph.place` of the report that they stand in, of whichever event.
        start, end: `[start, end)` in characters of its text.
        statement: the words in their paragraph.
        account: the number of the account that they tell, or `NOT_AN_ACCOUNT`.
        clear: the question could not mean other words: they are of its own event, or it names
            something. "How many were hurt?" is answered by other events, too.
    """

    place: int
    start: int
    end: int
    statement: Statement
    account: int
    clear: bool

    @property
    def wrong(self) -> bool:
        """Whether they answer nothing."""
        return self.account == NOT_AN_ACCOUNT


def key(paragraph: Paragraph, asked: Asked) -> Key:
    """What names a question."""
    return paragraph.group, plain(asked), asked.kind


def mine(
    paragraphs: Sequence[Paragraph],
    folder: Path,
    say: Callable[[str], None],
    wanted: Callable[[EventQuestion], bool] = lambda question: True,
    kinds: Collection[str] = KINDS,
) -> dict[Key, list[Mined]]:
    """What is found for each question, the strongest first.

    What was found for a question is kept, so that neither a killed run nor one of another recipe
    asks it again.

    Args:
        paragraphs: those without a question of the kinds are left out.
        folder: keeps the texts, their index and what was found.
        wanted: whether to ask a question.
        kinds: of questions.
    """
    from pincite.settings import load_settings

    settings = load_settings()
    told = {p.group for p in paragraphs if any(asked.kind in kinds for asked in p.asked)}
    reports = [p for p in paragraphs if p.group in told]
    if not reports:
        return {}
    opened, places = open_texts(reports, (), folder, settings)
    stands = {places[report.place].article: report for report in reports}
    asked = filter(wanted, event_questions(reports, places, kinds=kinds))
    questions = {(one.event, plain(one), one.kind): one for one in asked}
    # Of a model its fingerprint counts, not where it stands; the index is made here, and nothing is
    # compared.
    asked_with = settings.model_dump_json(
        exclude={"corpus", "index", "reader", "encoder", "agreement"}
    )
    by = opened.reader.fingerprint, opened.encoder.fingerprint, asked_with, Statement.__slots__
    kept = folder / f"mined-{sha256(repr((reports, by)).encode()).hexdigest()[:12]}.jsonl"
    made = _made(kept)
    say(f"asks {len(questions.keys() - made.keys()):,} questions")
    with kept.open("a", encoding="utf-8") as file:
        for number, (of, question) in enumerate(questions.items(), start=1):
            if of not in made:
                made[of] = _asked(opened, question, stands, places)
                row = {"of": of, "made": [asdict(one) for one in made[of]]}
                file.write(json.dumps(row) + "\n")
                file.flush()
                if number % _SAID == 0:
                    say(f"asked {number:,} of {len(questions):,}")
    # Not what a run that wanted others has kept.
    return {of: made[of] for of in questions if made[of]}


def _asked(
    opened: Pincite,
    question: EventQuestion,
    stands: Mapping[str, Paragraph],
    places: Mapping[int, Place],
) -> list[Mined]:
    made = []
    shown: Counter[str] = Counter()
    asked, hits = opened.look_up(question.question, question.history)
    for found in opened.read(asked, hits).candidates:
        article = found.passage.article
        if shown[article] < SPANS:
            shown[article] += 1
            report = stands[article]
            at = places[report.place].start
            account = question.account_of(article, found.start, found.end)
            clear = report.group == question.event or _NAME.search(question.question)
            span = report.place, found.start - at, found.end - at
            made.append(Mined(*span, found.statement(), account, bool(clear)))
    return made


def _made(kept: Path) -> dict[Key, list[Mined]]:
    """What earlier runs found; half a line, of one that was killed, is cut off."""
    made: dict[Key, list[Mined]] = {}
    if not kept.exists():
        return made
    whole, end, _ = kept.read_bytes().rpartition(b"\n")
    os.truncate(kept, len(whole + end))
    for row in map(json.loads, whole.splitlines()):
        event, question, kind = row["of"]
        made[event, question, kind] = [
            Mined(**one | {"statement": Statement(**one["statement"])}) for one in row["made"]
        ]
    return made
