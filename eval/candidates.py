"""Every candidate of many questions, read once and kept: what the ranking is fitted on.

    python -m pincite.eval.candidates CACHE --articles --corpus squad=FOLDER --corpus news=FOLDER

Reading costs half a second a question, fitting nothing, so the two are apart.
Beside them go `STRANGERS` questions of the other folders over each corpus, which does not answer
them: whoever asks five articles who wrote Hamlet is to be told that they don't say.
CACHE/NAME.jsonl begins with what decides its lines (`key`): the reader, the
index, the settings and the code. A run that was stopped goes on where it was; a
file with another key is begun anew. `--articles` asks the development half of
the evaluation set over the index of the settings; a FOLDER is as `eval/asked.py`
says.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite import qa
from pincite.errors import InvalidData
from pincite.eval.asked import load as load_asked
from pincite.eval.cli import QUESTIONS
from pincite.eval.metrics import supports
from pincite.eval.questions import Question
from pincite.eval.questions import load as load_questions
from pincite.eval.words import is_right
from pincite.index.corpus import scan
from pincite.qa.answer import Status
from pincite.qa.ask import Pincite
from pincite.qa.cite import cite
from pincite.qa.confidence import Voice
from pincite.qa.rank import described
from pincite.qa.ranking import FEATURES
from pincite.qa.retrieve import names_nowhere, rarity_of, retrieve
from pincite.qa.said.same import Said
from pincite.settings import Settings, load_settings

FORMAT = 4
ARTICLES = "articles"
STRANGER = "strangers"
STRANGERS = 60  # questions of other corpora that each is asked
NAMES = tuple(FEATURES)
_DECISIVE_SETTINGS = (
    *("retrieve_passages", "retrieve_candidates", "fusion_k"),
    *("read_tokens", "read_stride", "read_header", "read_all", "answer_tokens"),
)
_DECISIVE_CODE = (
    *("rank", "read", "retrieve", "promising", "words", "longer", "agree", "closed"),
    *("said/fits", "said/times", "said/same", "said/sought", "said/who"),
    *("said/amounts", "said/numbers", "said/dates", "said/names"),
)

WRONG = -1
Judge = Callable[[str, dict[str, Any]], int]
"""Which account an answer's words tell, by number from 0, or WRONG; the citation is as JSON."""


@dataclass(frozen=True, slots=True)
class ToAsk:
    """A question, and who says what is right.

    Attributes:
        accounts: how many the corpus holds.
        disputed: they exclude each other.
        group: questions of one group are never in different folds.
        part: "dev" may be fitted on, "test" is reported only.
    """

    id: str
    question: str
    accounts: int
    disputed: bool
    group: str
    part: str
    judge: Judge

    @property
    def answerable(self) -> bool:
        """Whether the corpus holds an answer."""
        return self.accounts > 0


@dataclass(frozen=True, slots=True)
class Pool:
    """A question's candidates, as they are before any is ranked.

    Attributes:
        corpus: the name of the set that it is of.
        among: passages in the index.
        nowhere: the question names what stands in none of them.
        voices: what each candidate says, and where.
        said: its words.
        features: shape `[candidates, len(NAMES)]`.
        told: of each, the account it tells, or WRONG; shape `[candidates]`.
        accounts: how many accounts there are; 0 where the question has no answer.
        disputed: they exclude each other.
    """

    corpus: str
    id: str
    group: str
    part: str
    question: str
    among: int
    nowhere: bool
    voices: tuple[Voice, ...]
    said: tuple[Said, ...]
    features: NDArray[np.float64]
    told: NDArray[np.int64]
    accounts: int
    disputed: bool

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which candidates tell any account; shape `[candidates]`."""
        found: NDArray[np.bool_] = self.told != WRONG
        return found

    @property
    def answerable(self) -> bool:
        """Whether the corpus holds an answer."""
        return self.accounts > 0


def of_articles(settings: Settings) -> list[ToAsk]:
    """The development half of the evaluation set; nothing of the test half."""
    texts = {a.file: a.text for a in scan(settings.corpus).articles()}
    return [
        ToAsk(
            *(q.id, q.standalone, len(q.accounts), q.status is Status.DISPUTED, q.group, "dev"),
            _judge_of(q),
        )
        for q in load_questions(QUESTIONS, texts, split="dev")
    ]


def of_folder(folder: Path) -> list[ToAsk]:
    """A folder's questions; right is what says an acceptable answer, wherever it stands."""

    def judge(answers: Sequence[str]) -> Judge:
        return lambda words, _: 0 if any(is_right(words, a) for a in answers) else WRONG

    return [
        ToAsk(q.id, q.question, int(bool(q.answers)), False, q.group, q.part, judge(q.answers))
        for q in load_asked(folder)
    ]


def strangers(asked: Sequence[ToAsk]) -> list[ToAsk]:
    """Development questions of other corpora, drawn by their hash; none has an answer here."""
    dev = [one for one in asked if one.part == "dev" and one.answerable]
    dev.sort(key=lambda one: hashlib.sha256(one.question.encode()).digest())
    return [
        replace(one, id=f"{STRANGER}-{one.id}", accounts=0, judge=_judge_nothing)
        for one in dev[:STRANGERS]
    ]


def _judge_nothing(words: str, citation: object) -> int:
    return WRONG


def _judge_of(question: Question) -> Judge:
    return lambda words, citation: next(
        (
            number
            for number, account in enumerate(question.accounts)
            if supports(citation, account) and any(is_right(words, a) for a in account.answers)
        ),
        WRONG,
    )


Opener = Callable[[], Pincite]


def collect(
    asked: Sequence[tuple[ToAsk, Opener]],
    key: dict[str, Any],
    path: Path,
    progress: Callable[[int, int], None],
) -> None:
    """Write each question's candidates to `path`, those that are there already aside.

    Args:
        asked: each with what opens the product over its corpus.
        key: what decides the lines, see `key_of`.
    """
    done = _done(path, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if done is not None else "w", encoding="utf-8") as file:
        if done is None:
            file.write(json.dumps(key) + "\n")
        for number, (question, open_) in enumerate(asked, start=1):
            if question.id not in (done or ()):
                file.write(json.dumps(_row(open_(), question), ensure_ascii=False) + "\n")
                file.flush()
            progress(number, len(asked))


def key_of(opened: Pincite, asked: Sequence[ToAsk]) -> dict[str, Any]:
    """What decides a file's lines, beside the questions' words."""
    code = hashlib.sha256()
    for name in _DECISIVE_CODE:
        code.update((Path(qa.__path__[0]) / f"{name}.py").read_bytes())
    asked_ = hashlib.sha256(json.dumps([(q.id, q.question) for q in asked]).encode())
    return {
        "format": FORMAT,
        "reader": opened.reader.fingerprint,
        "index": asdict(opened.index.manifest.recipe),
        "settings": {name: getattr(opened.settings, name) for name in _DECISIVE_SETTINGS},
        "code": code.hexdigest()[:16],
        "questions": asked_.hexdigest()[:16],
        "features": list(NAMES),
    }


def _done(path: Path, key: dict[str, Any]) -> set[str] | None:
    """The ids that a file holds already; None if it is to be begun."""
    if not path.exists():
        return None
    content = path.read_bytes()
    lines = content.split(b"\n")
    if not lines[0] or lines[0] != json.dumps(key).encode():
        return None
    # What a killed run left of its last line goes.
    path.write_bytes(content[: len(content) - len(lines[-1])])
    return {str(json.loads(line)["id"]) for line in lines[1:-1]}


def _row(opened: Pincite, asked: ToAsk) -> dict[str, Any]:
    rarity = rarity_of(asked.question, opened.index)
    hits = retrieve(asked.question, rarity, opened.index, opened.encoder, opened.settings)
    spans = opened.read(asked.question, hits, rarity)
    among = opened.index.manifest.counts.passages
    candidates = []
    for one in described(asked.question, hits, spans, rarity, opened.published):
        voice = one.voice
        article = opened.index.store.article(voice.article)
        assert article is not None  # a passage's article is in the store
        citation = cite(article, 1, voice.paragraph, one.start, one.end)
        told = asked.judge(citation.quote, asdict(citation))
        numbers = [voice.features[name] for name in NAMES]
        published = one.said.published and one.said.published.isoformat()
        said = [one.said.words, one.said.sentence, published]
        candidates.append([voice.said, voice.article, voice.paragraph, told, numbers, said])
    return {
        "id": asked.id,
        "group": asked.group,
        "part": asked.part,
        "question": asked.question,
        "passages": among,
        "nowhere": names_nowhere(asked.question, rarity, among),
        "accounts": asked.accounts,
        "disputed": asked.disputed,
        "candidates": candidates,
    }


def read(folder: Path) -> tuple[str, list[Pool]]:
    """All pools of a folder of such files, with the fingerprint of the one reader that read them.

    Raises:
        InvalidData: there are none, one can't be read, or several readers made them.
    """
    hint = "Collect them (again) with `python -m pincite.eval.candidates`."
    pools: list[Pool] = []
    readers = set()
    for path in sorted(folder.glob("*.jsonl")):
        try:
            lines = path.read_bytes().split(b"\n")
            key = json.loads(lines[0])
            if key["format"] != FORMAT or key["features"] != list(NAMES):
                raise InvalidData(f"{path} was made by another version", hint)
            readers.add(key["reader"])
            # The strangers to all corpora are one.
            corpus = STRANGER if path.stem.startswith(STRANGER) else path.stem
            pools.extend(_pool(corpus, json.loads(line)) for line in lines[1:] if line)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidData(f"{path} can't be read: {error!r}", hint) from error
    if len(readers) != 1 or not pools:
        raise InvalidData(f"{folder} holds candidates of {len(readers)} readers, not of one", hint)
    return str(readers.pop()), pools


def _pool(corpus: str, row: dict[str, Any]) -> Pool:
    rows = row["candidates"]
    return Pool(
        corpus=corpus,
        id=str(row["id"]),
        group=str(row["group"]),
        part=str(row["part"]),
        question=str(row["question"]),
        accounts=int(row["accounts"]),
        disputed=bool(row["disputed"]),
        among=int(row["passages"]),
        nowhere=bool(row["nowhere"]),
        voices=tuple(
            Voice(said, article, paragraph, dict(zip(NAMES, numbers, strict=True)))
            for said, article, paragraph, _, numbers, _ in rows
        ),
        said=tuple(
            Said(words, sentence, published and date.fromisoformat(published))
            for *_, (words, sentence, published) in rows
        ),
        features=np.array([r[4] for r in rows], dtype=np.float64).reshape(len(rows), len(NAMES)),
        told=np.array([r[3] for r in rows], dtype=np.int64),
    )


def _corpora(args: argparse.Namespace) -> Iterator[tuple[str, Settings, list[ToAsk]]]:
    if args.articles:
        settings = load_settings(reader=args.reader)
        yield ARTICLES, settings, of_articles(settings)
    for named in args.corpus:
        name, _, folder = named.partition("=")
        if not folder or name == ARTICLES:
            raise InvalidData(f"{named!r} names no folder", "Give --corpus NAME=FOLDER.")
        settings = load_settings(reader=args.reader, index=Path(folder) / "index")
        yield name, settings, of_folder(Path(folder))


def _always(opened: Pincite) -> Opener:
    return lambda: opened


def told(name: str) -> Callable[[int, int], None]:
    """Progress on the error stream."""

    def progress(done: int, of: int) -> None:
        if done % 50 == 0 or done == of:
            print(f"{name}: {done} of {of}", file=sys.stderr)

    return progress


def main() -> None:
    """Collect what the arguments name."""
    parser = argparse.ArgumentParser(description="Read every candidate of many questions.")
    parser.add_argument("cache", type=Path, help="folder to keep them in")
    parser.add_argument("--articles", action="store_true", help="the development half of the set")
    parser.add_argument("--corpus", action="append", default=[], help="NAME=FOLDER; repeatable")
    parser.add_argument("--reader", help="the reader's folder (default: the setting)")
    parser.add_argument("--limit", type=int, help="questions of each at most")
    args = parser.parse_args()
    corpora = list(_corpora(args))
    for name, settings, asked in corpora:
        opened = Pincite.open(settings, ranked=False)
        others = [one for other, _, of in corpora if other not in (name, ARTICLES) for one in of]
        for file, questions in ((name, asked), (f"{STRANGER}-{name}", strangers(others))):
            if questions := questions[: args.limit]:
                path = args.cache / f"{file}.jsonl"
                pairs = [(one, _always(opened)) for one in questions]
                collect(pairs, key_of(opened, questions), path, told(file))


if __name__ == "__main__":
    main()
