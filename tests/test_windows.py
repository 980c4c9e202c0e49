"""Windows: as the tokenizer's own pairing cuts them, and back to characters."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from pincite.index.passages import JOINT, Passage, Piece, sentences
from pincite.qa.windows import Cutter
from pincite.settings import Settings

FOLDER = Path(Settings().reader)
QUESTION = "Who is the governor?"
WORDS = st.lists(st.sampled_from(["Gladkov", "said", "10-12", "Zürich", "…", "tanks."]), min_size=1)


def passage(*texts: str, header: str = "") -> Passage:
    at, pieces = 0, []
    for number, text in enumerate(texts, start=1):
        pieces.append(Piece(number, at, at + len(text)))
        at += len(text) + 1
    return Passage("a", None, header, tuple(pieces), JOINT.join(texts))


@pytest.fixture(scope="module")
def cutter() -> Cutter:
    return Cutter.of_folder(FOLDER, Settings())


@pytest.mark.parametrize("words", [3, 300, 1000])
def test_windows_are_those_of_the_tokenizers_own_pairing(cutter: Cutter, words: int) -> None:
    text = " ".join(f"word{n}" for n in range(words))
    own = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    own.no_padding()
    own.enable_truncation(384, stride=96, strategy="only_second")
    first = own.encode(QUESTION, text)
    windows = cutter.cut([(QUESTION, passage(text))])
    expected = [first, *first.overflowing]
    assert [window.ids for window in windows] == [one.ids for one in expected]
    assert [window.types for window in windows] == [one.type_ids for one in expected]


@given(paragraphs=st.lists(WORDS, min_size=1, max_size=4))
def test_every_token_maps_back_to_its_characters_and_sentence(paragraphs: list[list[str]]) -> None:
    texts = [" ".join(words) for words in paragraphs]
    cut = passage(*texts)
    (window, *_) = Cutter.of_folder(FOLDER, Settings()).cut([(QUESTION, cut)])
    said = [one for bounds in cut.bounds for one in sentences(cut.text, *bounds)]
    for (start, end), number in zip(
        window.offsets.tolist(), window.sentences.tolist(), strict=True
    ):
        if number < 0:
            assert (start, end) == (0, 0)
            continue
        first, last = said[number]
        assert first <= start < end <= last
        assert not cut.text[start:end].isspace()


def test_the_header_is_seen_and_never_an_answer() -> None:
    cut = passage("Two men came.", header="A headline")
    with_header = Cutter.of_folder(FOLDER, Settings(read_header=True)).cut([(QUESTION, cut)])[0]
    without = Cutter.of_folder(FOLDER, Settings()).cut([(QUESTION, cut)])[0]
    assert len(with_header.ids) == len(without.ids) + 2
    inside = with_header.sentences >= 0
    assert inside.sum() == (without.sentences >= 0).sum()
    (start, end) = with_header.offsets[inside][0]
    assert cut.text[start:end] == "Two"


def test_a_long_question_leaves_text_to_read(cutter: Cutter) -> None:
    (window, *_) = cutter.cut([("why " * 1000, passage("Two men came."))])
    assert len(window.ids) == 128 + 4 + 3  # a third of the window, and three special tokens
    assert (window.sentences >= 0).sum() == 4  # two, men, came and the full stop


def test_two_threads_cut_the_same(cutter: Cutter) -> None:
    from concurrent.futures import ThreadPoolExecutor

    cuts = [passage(f"Paragraph {n} tells of {n} tanks. " * (1 + n)) for n in range(60)]
    with ThreadPoolExecutor(4) as threads:
        several = list(threads.map(lambda one: cutter.cut([(QUESTION, one)]), cuts))
    for one, windows in zip(cuts, several, strict=True):
        alone = cutter.cut([(QUESTION, one)])
        assert [window.ids for window in windows] == [window.ids for window in alone]
