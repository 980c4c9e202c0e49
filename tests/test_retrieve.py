"""What is found for a question and what is read around it, over small indexes with the fakes.

The article `harbour` has paragraphs of 10, 9 and 12 words: passages 1, 2 and 3.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pincite.index.build import build
from pincite.qa.answer import Turn
from pincite.qa.ask import Pincite
from pincite.qa.question import Question
from pincite.qa.retrieve import (
    ALIKE,
    APART,
    SMALL,
    TITLE_CHARS,
    Hit,
    beside,
    farther,
    retrieve,
    together,
    windows,
)
from pincite.settings import load_settings
from tests.conftest import open_with_fakes
from tests.fakes import FakeEncoder

SHUT = Turn("How many days was the harbour shut after the storm?", "41")


def found(small: Pincite, question: Question, **changes: object) -> tuple[Question, list[Hit]]:
    settings = small.settings.model_copy(update=changes)
    (vector,) = small.encoder.encode([question.text])
    return retrieve(question, vector, small.index, small.encoder, settings)


def hits(small: Pincite, *ids: int, scores: tuple[float, ...] = ()) -> list[Hit]:
    """Hits of those ids, 0.01 apart unless scores are given."""
    scored = scores or tuple(1 - n / 100 for n in range(len(ids)))
    passages = small.index.store.passages(ids)
    return [
        Hit(id_, passage, score, score, 0.0)
        for id_, passage, score in zip(ids, passages, scored, strict=True)
    ]


def laid(small: Pincite, of: list[Hit], **changes: object) -> list[list[int]]:
    """The paragraphs of each window."""
    settings = small.settings.model_copy(update=changes)
    return [
        [p.paragraph for p in w.passages] for w in windows(Question("?"), of, small.index, settings)
    ]


def indexed(folder: Path, *paragraphs: str, **changes: int) -> Pincite:
    """One article of those paragraphs, indexed and opened with the fakes."""
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text("\n\n".join(["A title", *paragraphs]), encoding="utf-8")
    (corpus / "metadata.json").write_text('{"articles": {"a.txt": {"kind": "report"}}}')
    settings = load_settings(corpus=corpus, index=folder / "index", **changes)
    build(settings, FakeEncoder())
    return open_with_fakes(settings)


def test_the_score_is_the_cosine_and_weighed_bm25(small: Pincite) -> None:
    question = Question("How many ships did the mayor count?")
    _, of = found(small, question, bm25_weight=0.5)
    assert sorted(hit.id for hit in of) == [1, 2, 3, 4, 5]
    assert of[0].passage.text == "The mayor counted 17 ships on the first morning."
    encoded = small.encoder.encode([question.text, *(hit.passage.encoded for hit in of)])
    lexical = small.index.matching(small.index.meant(question.text), 10)
    assert lexical
    for hit, vector in zip(of, encoded[1:], strict=True):
        # The index keeps vectors in 16 bits.
        assert hit.cosine == pytest.approx(float(encoded[0] @ vector), abs=1e-3)
        assert hit.bm25 == lexical.get(hit.id, 0.0)
        assert hit.score == pytest.approx(hit.cosine + 0.5 * hit.bm25)
    assert [hit.score for hit in of] == sorted((hit.score for hit in of), reverse=True)


def test_what_bm25_alone_finds_has_its_cosine(small: Pincite) -> None:
    question = Question("herring and the mayor's ships, the mayor's many ships")
    _, every = found(small, question, bm25_weight=1.0)
    _, of = found(small, question, bm25_weight=1.0, retrieve_candidates=1)
    assert len(of) == 1
    whole = {hit.id: hit for hit in every}
    assert of[0].cosine == pytest.approx(whole[of[0].id].cosine, abs=1e-6)


@pytest.mark.parametrize("weight", [0.0, 0.01, 1.0])
def test_as_many_as_are_wanted_best_first(small: Pincite, weight: float) -> None:
    for limit in (1, 3, 50):
        _, of = found(small, Question("the storm?"), bm25_weight=weight, retrieve_candidates=limit)
        assert len(of) == min(limit, 5)


def test_a_follow_up_is_looked_up_with_what_came_before(small: Pincite) -> None:
    question = Question("and why?", (SHUT,))
    asked, of = found(small, question)
    assert asked == question
    assert of[0].passage.text == "The harbour was shut for 41 days after the storm."


def test_a_question_that_stands_alone_is_looked_up_alone(small: Pincite) -> None:
    question = Question("How many ships did the mayor count?", (SHUT,))
    asked, of = found(small, question, follow_up_gain=0.25)
    assert asked == question.alone
    assert of == found(small, question.alone)[1]


def test_how_much_nearer_a_follow_up_has_to_be_is_a_setting(small: Pincite) -> None:
    question = Question("and why?", (SHUT,))
    with_turns = found(small, question, follow_up_gain=0.0)[1][0].score
    gain = with_turns - found(small, question.alone)[1][0].score
    assert gain > 0.01
    assert found(small, question, follow_up_gain=gain - 0.001)[0] == question
    assert found(small, question, follow_up_gain=gain + 0.001)[0] == question.alone


@pytest.mark.parametrize(
    ("id_", "words", "paragraphs"),
    [
        (2, 10, [2]),  # 9 words, and 10 more would be 19
        (2, 18, [2]),
        (2, 19, [1, 2]),  # the one before comes first
        (2, 30, [1, 2]),
        (2, 31, [1, 2, 3]),
        (1, 19, [1, 2]),  # before the first there is none
        (1, 31, [1, 2, 3]),
        (3, 10, [3]),  # longer than a window, whole all the same
        (3, 30, [2, 3]),
        (3, 500, [1, 2, 3]),  # the next article is another's
    ],
)
def test_a_window_grows_around_its_hit(
    small: Pincite, id_: int, words: int, paragraphs: list[int]
) -> None:
    assert laid(small, hits(small, id_), window_words=words) == [paragraphs]


def test_a_window_takes_the_one_after_where_the_one_before_is_too_long(tmp_path: Path) -> None:
    long = " ".join(f"word{n}" for n in range(20)) + "."
    opened = indexed(tmp_path, long, "One two three four five.", "And six seven eight nine.")
    assert laid(opened, hits(opened, 2), window_words=10) == [[2, 3]]
    assert laid(opened, hits(opened, 2), window_words=25) == [[1, 2]]


def test_no_passage_is_read_twice(small: Pincite) -> None:
    # Passage 5 is the second paragraph of another article.
    assert laid(small, hits(small, 2, 1, 3, 5), window_words=19) == [[1, 2], [3], [2]]
    assert laid(small, hits(small, 1, 2, 3), window_words=10) == [[1], [2], [3]]
    assert laid(small, hits(small, 3, 2, 1), window_words=500) == [[1, 2, 3]]


def test_what_is_far_behind_or_too_much_is_not_read(small: Pincite) -> None:
    of = hits(small, 1, 2, 3, scores=(0.9, 0.7, 0.6))
    assert laid(small, of, window_words=10, read_behind=0.25) == [[1], [2]]
    assert laid(small, of, window_words=10, read_behind=1.0) == [[1], [2], [3]]
    assert laid(small, of, window_words=10, read_behind=1.0, read_windows=2) == [[1], [2]]
    assert laid(small, [], window_words=10) == []


def test_the_text_of_a_window_is_its_passages(small: Pincite) -> None:
    settings = small.settings.model_copy(update={"window_words": 19})
    (window,) = windows(Question("?"), hits(small, 2), small.index, settings)
    first, second = window.passages
    assert window.hit.id == 2
    assert window.text.text == APART.join([first.header, first.text, second.text])
    assert [window.text.text[start:end] for start, end in window.text.bounds] == [
        first.text,
        second.text,
    ]


def test_the_titles_stand_above_a_window_and_are_no_part_of_an_answer(small: Pincite) -> None:
    (hit,) = hits(small, 2)
    for header, shown in (("Harbour news", "Harbour news"), ("x" * 500, "x" * TITLE_CHARS)):
        titled = replace(hit, passage=replace(hit.passage, header=header))
        (window,) = windows(Question("?"), [titled], small.index, small.settings)
        assert window.text.text.startswith(shown + APART)
        spoken = [window.text.text[start:end] for start, end in window.text.bounds]
        assert spoken == [passage.text for passage in window.passages]


def test_two_parts_of_one_paragraph_are_one_run_of_text(tmp_path: Path) -> None:
    sentences = [f"On day {n} the old ferry sailed to the island and back again." for n in range(6)]
    opened = indexed(tmp_path, " ".join(sentences), passage_tokens=32, window_words=150)
    near = opened.index.store.around(1, 12)
    assert len(near) > 1
    assert {passage.paragraph for _, passage in near} == {1}
    (window,) = windows(Question("?"), hits(opened, 1), opened.index, opened.settings)
    assert window.text.text == "A title" + APART + " ".join(sentences)
    assert len(window.text.bounds) == len(near)


def test_what_is_read_stands_near_the_best_of_its_article(small: Pincite) -> None:
    # 1, 2 and 3 are of one article, 4 and 5 of another.
    of = hits(small, 1, 4, 2, 3, scores=(0.9, 0.6, 0.5, 0.1))
    articles = [hit.passage.article for hit in of]
    assert articles == ["harbour", "tricks", "harbour", "harbour"]
    near = together(of)
    # Of three that are found each comes nearer the best by 1 / √3; who is alone stays.
    expected = {1: 0.9, 2: 0.5 + 0.4 / 3**0.5, 4: 0.6, 3: 0.1 + 0.8 / 3**0.5}
    assert [hit.id for hit in near] == [1, 2, 4, 3]
    assert {hit.id: hit.score for hit in near} == pytest.approx(expected)
    assert [(hit.cosine, hit.bm25) for hit in near] == [(of[n].cosine, 0.0) for n in (0, 2, 1, 3)]
    assert together(near[:1]) == near[:1]
    assert together([]) == []


def test_how_far_an_article_is_found_tells_more_the_larger_the_collection_is(
    small: Pincite,
) -> None:
    of = hits(small, 1, 4, 2, scores=(0.9, 0.6, 0.5))
    assert farther(of, SMALL) == {"harbour": 0.0, "tricks": 0.0}
    assert farther(of, 0) == {"harbour": 0.0, "tricks": 0.0}
    assert farther(of, 10 * SMALL) == pytest.approx({"harbour": 0.0, "tricks": 0.3})
    assert farther(of, 1000 * SMALL) == pytest.approx({"harbour": 0.0, "tricks": 0.9})
    assert farther([], SMALL) == {}


def test_windows_of_a_follow_up_are_wider_and_fewer(small: Pincite) -> None:
    changed = {"window_words": 10, "read_windows": 3, "follow_up_words": 30, "read_behind": 9.0}
    settings = small.settings.model_copy(update=changed)
    follow_up = Question("and then?", (Turn("How many ships?", "17"),))
    alone = windows(Question("?"), hits(small, 1, 2, 3, 4), small.index, settings)
    (wide,) = windows(follow_up, hits(small, 1, 2, 3, 4), small.index, settings)
    assert len(alone) == 3
    assert len(wide.passages) > 1


def test_what_was_read_is_not_read_again_and_nothing_is_too_far_behind(small: Pincite) -> None:
    settings = small.settings.model_copy(update={"window_words": 10, "read_windows": 1})
    of = hits(small, 1, 2, 3, scores=(0.9, 0.8, 0.1))
    first = windows(Question("?"), of, small.index, settings)
    second = windows(Question("?"), of, small.index, settings, first)
    third = windows(Question("?"), of, small.index, settings, [*first, *second])
    assert [w.ids for w in (*first, *second, *third)] == [(1,), (2,), (3,)]


def test_hits_near_a_sentence_come_first(small: Pincite) -> None:
    of = hits(small, 1, 2, 3)
    again = beside(of[2].passage.text, of, small.index, small.encoder, -1.0)
    assert again[0].id == 3
    # Under its title it is a little farther from itself.
    assert of[2].score + 0.9 * ALIKE < again[0].score < of[2].score + ALIKE
    assert sorted(hit.id for hit in again) == [1, 2, 3]
    assert again[0].cosine == of[2].cosine
    nearest = beside(of[2].passage.text, of, small.index, small.encoder, 0.9)
    assert [hit.id for hit in nearest] == [3]
