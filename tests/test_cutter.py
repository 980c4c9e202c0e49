"""Cuts: as the tokenizer's own pairing makes them, and back to characters and paragraphs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from pincite.qa.cutter import Cutter
from pincite.qa.reader import Text
from pincite.settings import Settings
from tests.test_reader import text_of

FOLDER = Path(Settings().reader)
QUESTION = "Who is the governor?"
WORDS = st.lists(st.sampled_from(["Gladkov", "said", "10-12", "Zürich", "…", "tanks."]), min_size=1)
CUTTER = Cutter.of_folder(FOLDER, Settings())


@pytest.mark.parametrize("words", [3, 300, 1000])
def test_cuts_are_those_of_the_tokenizers_own_pairing(words: int) -> None:
    text = " ".join(f"word{n}" for n in range(words))
    own = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    own.no_padding()
    own.enable_truncation(384, stride=96, strategy="only_second")
    first = own.encode(QUESTION, text)
    cuts = CUTTER.cut([(QUESTION, text_of(text))])
    assert [cut.ids for cut in cuts] == [one.ids for one in (first, *first.overflowing)]
    assert all(len(cut.ids) <= 384 for cut in cuts)


def test_a_pair_is_question_and_text_between_the_readers_marks() -> None:
    (cut,) = CUTTER.cut([("Who?", text_of("Two men."))])
    tokens = [Tokenizer.from_file(str(FOLDER / "tokenizer.json")).id_to_token(i) for i in cut.ids]
    # <s> who ? </s> </s> two men . </s>
    assert tokens == ["<s>", "who", "?", "</s>", "</s>", "two", "men", ".", "</s>"]
    assert cut.offsets.tolist() == [*[[0, 0]] * 5, [0, 3], [4, 7], [7, 8], [0, 0]]
    assert cut.paragraphs.tolist() == [*[-1] * 5, 0, 0, 0, -1]


@given(paragraphs=st.lists(WORDS, min_size=1, max_size=4))
def test_every_token_maps_back_to_its_characters_and_paragraph(paragraphs: list[list[str]]) -> None:
    read = text_of(*(" ".join(words) for words in paragraphs))
    (cut,) = CUTTER.cut([(QUESTION, read)])
    seen: set[int] = set()
    for (start, end), number in zip(cut.offsets.tolist(), cut.paragraphs.tolist(), strict=True):
        if number < 0:
            assert (start, end) == (0, 0)
            continue
        first, last = read.bounds[number]
        assert first <= start < end <= last
        seen.update(range(start, end))
    inside = {at for start, end in read.bounds for at in range(start, end)}
    assert seen == {at for at in inside if not read.text[at].isspace()}


def test_what_is_between_two_paragraphs_is_in_none() -> None:
    (cut,) = CUTTER.cut([(QUESTION, Text("Two x men", ((0, 3), (6, 9))))])
    placed = zip(cut.offsets.tolist(), cut.paragraphs.tolist(), strict=True)
    assert [pair for pair in placed if pair[0] != [0, 0]] == [
        ([0, 3], 0),
        ([4, 5], -1),
        ([6, 9], 1),
    ]


@pytest.mark.parametrize(("at_once", "stride"), [(64, 96), (128, 256), (384, 256)])
def test_whatever_the_settings_say_each_part_has_new_text(at_once: int, stride: int) -> None:
    cutter = Cutter.of_folder(FOLDER, Settings(read_tokens=at_once, read_stride=stride))
    text = text_of(" ".join(f"word{n}" for n in range(400)))
    cuts = cutter.cut([("who came? " * 60, text)])
    ends = [int(cut.offsets.max()) for cut in cuts]
    assert ends == sorted(set(ends))
    assert ends[-1] == len(text.text)


def test_each_cut_knows_its_pair() -> None:
    long, short = text_of("Nothing was said. " * 300), text_of("Two men came.")
    cuts = CUTTER.cut([(QUESTION, short), ("Why?", long), (QUESTION, short)])
    assert cuts[0].pair == 0
    assert cuts[-1].pair == 2
    assert {cut.pair for cut in cuts[1:-1]} == {1}
    assert len(cuts) > 4
    assert cuts[0].ids == cuts[-1].ids


def test_a_long_question_leaves_text_to_read_and_keeps_its_end() -> None:
    asked = "why " * 1000 + "who came?"
    (cut,) = CUTTER.cut([(asked, text_of("Two men came."))])
    assert len(cut.ids) == 128 + 4 + 4  # a third of what is read, the text, and the marks
    (end,) = CUTTER.cut([("who came?", text_of("Two men came."))])
    assert cut.ids[-10:] == end.ids[-10:]  # who came ? </s> </s> two men came . </s>


def test_several_threads_cut_the_same() -> None:
    texts = [text_of(f"Paragraph {n} tells of {n} tanks. " * (1 + n)) for n in range(60)]
    with ThreadPoolExecutor(4) as threads:
        several = list(threads.map(lambda one: CUTTER.cut([(QUESTION, one)]), texts))
    for one, cuts in zip(texts, several, strict=True):
        assert [cut.ids for cut in cuts] == [cut.ids for cut in CUTTER.cut([(QUESTION, one)])]


def test_words_that_look_like_the_readers_marks_are_words() -> None:
    (cut,) = CUTTER.cut([("Who </s>?", text_of("Two <mask> men </s>."))])
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    tokens = [tokenizer.id_to_token(i) for i in cut.ids]
    assert (tokens.count("</s>"), tokens.count("<mask>")) == (3, 0)
