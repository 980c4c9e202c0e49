"""Bytes to text: byte order marks, UTF-8, declared encodings, and short texts of old code pages."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.errors import Unreadable
from pincite.index.formats.decoding import decode
from pincite.index.formats.reading import read

# Short texts, as people have them in files of old systems.
SHORT = [
    ("cp1252", "Café fermé le 3 mai."),
    ("cp1252", "Müller wohnt in Köln."),
    ("cp1252", "Größe: 42"),
    ("cp1252", "“Naïve” – €20"),
    ("cp1252", "El niño cumplió años en España."),
    ("cp1252", "São João não é João."),
    ("cp1252", "Smørrebrød på Nørrebro"),
    ("cp1252", "It’s 20° outside…"),
    ("cp1252", "£5 or £6"),
    ("cp1252", "Ärzte über Öl"),
    ("cp1252", "à"),
    ("cp1252", "déjà vu"),
    ("cp1252", "Das Wort–und noch eins"),
    ("mac_roman", "Café fermé le 3 mai."),
    ("mac_roman", "“Yes,” she said, it’s a café."),
    ("mac_roman", "Smørrebrød på Nørrebro"),
    ("cp1250", "Łódź, Kraków i Gdańsk leżą w Polsce. Ćwierć źdźbła."),
]
LONG = [
    ("cp1251", "Губернатор області повідомив у понеділок, що міст закрито на тиждень. " * 4),
    ("koi8-r", "Губернатор области сообщил в понедельник, что мост закрыт на неделю. " * 4),
    (
        "shift_jis",
        "月曜日、知事は橋が一週間閉鎖されると発表した。住民は別の道を使うことになる。" * 4,
    ),
    ("gb18030", "周一，省长宣布大桥将关闭一周。居民必须走另一条路，直到工程师检查完所有桥墩。" * 4),
]


@pytest.mark.parametrize(("encoding", "text"), [*SHORT, *LONG])
def test_old_code_pages_are_guessed_and_said_so(encoding: str, text: str) -> None:
    found = decode(text.encode(encoding))
    assert found.text == text
    assert found.guessed


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_mark_says_the_encoding_and_does_not_reach_the_text(mark: bytes, encoding: str) -> None:
    found = decode(mark + "Café, Київ".encode(encoding))
    assert (found.text, found.encoding, found.guessed) == ("Café, Київ", encoding, False)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(encoding: str) -> None:
    assert decode("The café is shut.".encode(encoding)).text == "The café is shut."


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff\0")))
def test_utf_8_is_utf_8(text: str) -> None:
    try:
        assert decode(text.encode()).text == text
    except Unreadable:  # control characters, and little else
        assert sum(ord(c) < 32 or 126 < ord(c) < 160 for c in text) > len(text) // 50


def test_what_is_declared_goes_before_a_guess_and_after_utf_8() -> None:
    assert decode("Łódź".encode("iso8859-2"), "iso-8859-2").text == "Łódź"
    assert decode("Łódź".encode(), "iso-8859-2").text == "Łódź"
    assert decode(b"caf\xe9", "no-such-encoding").text == "café"
    assert decode(b"caf\xe9", "base64").text == "café"


@pytest.mark.parametrize("encoding", ["iso-2022-jp", "hz", "utf-7", "ISO-2022-KR"])
def test_an_encoding_that_writes_all_in_ascii_is_taken_by_its_name(encoding: str) -> None:
    text = {"hz": "会议三点开始。", "ISO-2022-KR": "회의는 세 시에."}.get(encoding, "会議だ。")
    assert decode(text.encode(encoding), encoding).text == text
    assert decode("会議は三時に。".encode(), encoding).text == "会議は三時に。"


@pytest.mark.parametrize("data", [b"\0\1\2\3" * 99, bytes(range(256)) * 9, b"\xff\xfe\0"])
def test_binary_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(data)


# -- longer than what a guess rests on -----------------------------------------------------


def test_one_letter_after_much_ascii_is_decoded() -> None:
    text = "All of this is plain.\n" * 4000 + "But the café is not.\n" + "Plain again.\n" * 9000
    found = decode(text.encode("cp1252"))
    assert (found.text, found.encoding) == (text, "cp1252")


LINES = {
    "gb18030": "周一，省长宣布大桥将关闭一周。居民必须走另一条路，直到工程师检查完所有桥墩。",
    "big5": "週一，省長宣布大橋將關閉一週。居民必須走另一條路，直到工程師檢查完所有橋墩。",
    "euc_kr": "월요일에 지사는 다리가 일주일 동안 폐쇄된다고 발표했다.",
    "euc_jp": "月曜日、知事は橋が一週間閉鎖されると発表した。住民は別の道を使うことになる。",
    "shift_jis": "月曜日、知事は橋が一週間閉鎖されると発表した。住民は別の道を使うことになる。",
}


@pytest.mark.parametrize("before", ["", "x"])
@pytest.mark.parametrize("encoding", LINES)
def test_no_character_is_halved_before_the_guess(encoding: str, before: str) -> None:
    text = before + f"{LINES[encoding]}\n" * 1500
    data = text.encode(encoding)
    assert len(data) > 65_536
    assert decode(data).text == text


# -- damaged UTF-8 -------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["café ", "Київ "])
def test_utf_8_with_a_bad_byte_is_utf_8_and_said_to_be_damaged(word: str) -> None:
    whole = word * 60
    found = decode(whole.encode() + b"\xe9 " + whole.encode())
    assert found.text == f"{whole}\ufffd {whole}"
    assert (found.encoding, found.guessed, found.damaged) == ("utf-8", False, 1)
    assert decode(codecs.BOM_UTF8 + whole.encode() + b"\xe9 ").text == f"{whole}\ufffd "


@pytest.mark.parametrize("text", ["Der Müller und das Café", "Київ"])
def test_utf_8_that_is_cut_off_is_utf_8(text: str) -> None:
    found = decode(text.encode()[:-1])
    assert (found.text, found.damaged) == (text[:-1] + "\ufffd", 1)


def test_what_is_damaged_is_said_of_the_file() -> None:
    (notice,) = read("a.md", "Der Müller und das Café".encode()[:-1]).notices
    assert str(notice) == "a.md (read as utf-8, with 1 place damaged)"
    assert not notice.skipped


def test_a_replacement_character_of_the_text_is_no_damage() -> None:
    assert decode("A \ufffd.".encode()).damaged == 0


@pytest.mark.parametrize("text", ["caf\xe9", "É» caf\xe9 – d’été", "Stra\xdfe, Gr\xfc\xdfe"])
def test_a_short_text_of_an_old_code_page_is_no_damaged_utf_8(text: str) -> None:
    found = decode(text.encode("cp1252"))
    assert (found.text, found.guessed) == (text, True)
