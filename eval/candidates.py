"""Every candidate of many questions, read once and kept: what the ranking is fitted on.

    python -m eval.candidates CACHE --articles --corpus squad=FOLDER --corpus news=FOLDER

Reading costs half a second a question, fitting nothing, so the two are apart.
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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import qa
from eval.asked import load as load_asked
from eval.cli import QUESTIONS
from eval.metrics import supports
from eval.questions import Question
from eval.questions import load as load_questions
from eval.words import is_right
from index.corpus import scan
from pincite.errors import InvalidData
from pincite.settings import Settings, load_settings
from qa.ask import Pincite
from qa.cite import cite
from qa.confidence import Voice
from qa.rank import FEATURES, described
from qa.retrieve import rarity_of, retrieve

FORMAT = 2
ARTICLES = "articles"
NAMES = tuple(FEATURES)
_DECISIVE_SETTINGS = (
    *("retrieve_passages", "retrieve_candidates", "fusion_k"),
    *("read_tokens", "read_stride", "read_header", "answer_tokens"),
)
_DECISIVE_CODE = ("rank", "read", "retrieve", "words")

Judge = Callable[[str, dict[str, Any]], bool]
"""Whether an answer's words with their citation, as JSON, are right."""


@dataclass(frozen=True, slots=True)
class ToAsk:
    """A question, and who says what is right.

    Attributes:
        group: questions of one group are never in different folds.
        part: "dev" may be fitted on, "test" is reported only.
    """

    id: str
    question: str
    answerable: bool
    group: str
    part: str
    judge: Judge


@dataclass(frozen=True, slots=True)
class Pool:
    """A question's candidates, as they are before any is ranked.

    Attributes:
        corpus: the name of the set that it is of.
        among: passages in the index.
        voices: what each candidate says, and where.
        features: shape `[candidates, len(NAMES)]`.
        right: shape `[candidates]`; none where the question has no answer.
    """

    corpus: str
    id: str
    group: str
    part: str
    answerable: bool
    among: int
    voices: tuple[Voice, ...]
    features: NDArray[np.float64]
    right: NDArray[np.bool_]


def of_articles(settings: Settings) -> list[ToAsk]:
    """The development half of the evaluation set; nothing of the test half."""
    texts = {a.file: a.text for a in scan(settings.corpus).articles()}
    return [
        ToAsk(q.id, q.standalone, q.answerable, q.group, "dev", _judge_of(q))
        for q in load_questions(QUESTIONS, texts, split="dev")
    ]


def of_folder(folder: Path) -> list[ToAsk]:
    """A folder's questions; right is what says an acceptable answer, wherever it stands."""

    def judge(answers: Sequence[str]) -> Judge:
        return lambda words, _: any(is_right(words, answer) for answer in answers)

    return [
        ToAsk(q.id, q.question, bool(q.answers), q.group, q.part, judge(q.answers))
        for q in load_asked(folder)
    ]


def _judge_of(question: Question) -> Judge:
    return lambda words, citation: any(
        supports(citation, account) and any(is_right(words, answer) for answer in account.answers)
        for account in question.accounts
    )


def collect(
    opened: Pincite, asked: Sequence[ToAsk], path: Path, progress: Callable[[int, int], None]
) -> None:
    """Write each question's candidates to `path`, those that are there already aside."""
    key = key_of(opened, asked)
    done = _done(path, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if done is not None else "w", encoding="utf-8") as file:
        if done is None:
            file.write(json.dumps(key) + "\n")
        for number, question in enumerate(asked, start=1):
            if question.id not in (done or ()):
                file.write(json.dumps(_row(opened, question), ensure_ascii=False) + "\n")
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
        "passages": opened.index.manifest.counts.passages,
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
    spans = opened.reader.read(asked.question, [hit.passage for hit in hits])
    candidates = []
    for one in described(asked.question, hits, spans, rarity):
        voice = one.voice
        article = opened.index.store.article(voice.article)
        assert article is not None  # a passage's article is in the store
        citation = cite(article, 1, voice.paragraph, one.start, one.end)
        right = asked.judge(citation.quote, asdict(citation))
        numbers = [voice.features[name] for name in NAMES]
        candidates.append([voice.said, voice.article, voice.paragraph, right, numbers])
    return {
        "id": asked.id,
        "group": asked.group,
        "part": asked.part,
        "answerable": asked.answerable,
        "candidates": candidates,
    }


def read(folder: Path) -> tuple[str, list[Pool]]:
    """All pools of a folder of such files, with the fingerprint of the one reader that read them.

    Raises:
        InvalidData: there are none, one can't be read, or several readers made them.
    """
    hint = "Collect them (again) with `python -m eval.candidates`."
    pools: list[Pool] = []
    readers = set()
    for path in sorted(folder.glob("*.jsonl")):
        try:
            lines = path.read_bytes().split(b"\n")
            key = json.loads(lines[0])
            if key["format"] != FORMAT or key["features"] != list(NAMES):
                raise InvalidData(f"{path} was made by another version", hint)
            readers.add(key["reader"])
            pools.extend(
                _pool(path.stem, int(key["passages"]), json.loads(line))
                for line in lines[1:]
                if line
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidData(f"{path} can't be read: {error!r}", hint) from error
    if len(readers) != 1 or not pools:
        raise InvalidData(f"{folder} holds candidates of {len(readers)} readers, not of one", hint)
    return str(readers.pop()), pools


def _pool(corpus: str, among: int, row: dict[str, Any]) -> Pool:
    rows = row["candidates"]
    return Pool(
        corpus=corpus,
        id=str(row["id"]),
        group=str(row["group"]),
        part=str(row["part"]),
        answerable=bool(row["answerable"]),
        among=among,
        voices=tuple(
            Voice(said, article, paragraph, dict(zip(NAMES, numbers, strict=True)))
            for said, article, paragraph, _, numbers in rows
        ),
        features=np.array([r[4] for r in rows], dtype=np.float64).reshape(len(rows), len(NAMES)),
        right=np.array([r[3] for r in rows], dtype=np.bool_),
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


def main() -> None:
    """Collect what the arguments name."""
    parser = argparse.ArgumentParser(description="Read every candidate of many questions.")
    parser.add_argument("cache", type=Path, help="folder to keep them in")
    parser.add_argument("--articles", action="store_true", help="the development half of the set")
    parser.add_argument("--corpus", action="append", default=[], help="NAME=FOLDER; repeatable")
    parser.add_argument("--reader", help="the reader's folder (default: the setting)")
    parser.add_argument("--limit", type=int, help="questions of each at most")
    args = parser.parse_args()
    for name, settings, asked in _corpora(args):

        def progress(done: int, of: int, name: str = name) -> None:
            if done % 50 == 0 or done == of:
                print(f"{name}: {done} of {of}", file=sys.stderr)

        opened = Pincite.open(settings, ranked=False)
        collect(opened, asked[: args.limit], args.cache / f"{name}.jsonl", progress)


if __name__ == "__main__":
    main()
