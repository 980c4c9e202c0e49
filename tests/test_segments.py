"""Several segments answer as one of all does, whatever was added, changed, removed and merged."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.errors import ArticleNotFound
from pincite.index.changes import add, remove
from pincite.index.collection import Collection, make_collection
from pincite.index.intake import Given
from pincite.index.known import Metadata
from pincite.index.only import Only
from pincite.index.opened import Index, open_index
from pincite.index.update import MANY, merge, to_merge, update
from pincite.settings import Settings
from tests.fakes import FakeEncoder

SENTENCES = [
    "The Russian Volunteer Corps (RDK) crossed the border near Kharkiv.",
    "The RVC speaker, whom they called Rose, said so.",
    "The RDK is in Kharkov, and the rest of the corps is not.",
    "A rose grew beside the harbour of Odesa.",
    "Volunteers and soldiers met in Odessa and saw the aid.",
    "The Agency for International Dentistry (AID) is closed.",
    "The harbour was shut for 41 days after the storm.",
    "Governor Syrskyi and governor Syrskiy met in the harbour.",
    "Nothing else is here.",
    "Bakhmut fell, and the storm went on for days and days.",
]
QUESTIONS = [
    "Who leads the RDK in Kharkiv?",
    "Did aid come to Odessa?",
    "Did AID come?",
    "How long was the harbuor shut after the storm?",  # misspelt
    "Who is Rose?",
    "Where is Harkiv?",
    "What did the Russian Volunteer Corps do?",
    "Is there a xylophone?",
]


def given_text(name: str, text: str) -> Given:
    known = Metadata(publisher="Courier" if len(text) % 2 else "Herald", published="2024-05-06")
    return Given(f"{name}.txt", text.encode(), known)


def text_of(chance: random.Random) -> str:
    return "\n\n".join(chance.choices(SENTENCES, k=chance.randint(1, 4)))


def answers(index: Index) -> list[object]:
    found: list[object] = [index.counts, index.store.articles()]
    for question in QUESTIONS:
        meant = index.meant(question)
        (vector,) = FakeEncoder().encode([question])
        lexical, near = index.matching(meant, 5), index.nearest(vector, 5)
        found += [
            meant,
            [*zip(index.store.passages(lexical), lexical.values(), strict=True)],
            [*zip(index.store.passages(near), near.values(), strict=True)],
        ]
    return found


def opened(settings: Settings, collection: Collection) -> Index:
    return open_index(settings, FakeEncoder(), collection.name)


def in_one(settings: Settings, texts: dict[str, str], name: str) -> Index:
    """All documents in the one segment of a new collection."""
    collection = make_collection(settings.index, name)
    add(collection, [given_text(*pair) for pair in texts.items()], settings)
    update(collection, settings, FakeEncoder())
    index = opened(settings, collection)
    assert len(index.segments) == 1
    return index


@pytest.mark.parametrize("seed", range(5))
def test_segments_answer_as_one_of_all_does(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    settings = Settings(index=tmp_path)
    collection = make_collection(tmp_path, "many")
    parted = 0
    texts: dict[str, str] = {}  # in the order in which their present versions were added
    for n in range(9):
        for _ in range(chance.randint(1, 3)):
            name = chance.choice("abcdefghijklm")
            text = text_of(chance)
            if texts.get(name) != text:
                texts.pop(name, None)
                texts[name] = text
            add(collection, [given_text(name, text)], settings)
        if len(texts) > 2 and chance.random() < 0.6:
            gone = chance.sample(sorted(texts), k=chance.randint(1, 2))
            remove(collection, gone, settings)
            for name in gone:
                del texts[name]
        update(collection, settings, FakeEncoder())
        if chance.random() < 0.2:
            merge(collection, settings, FakeEncoder())
        if n % 4 == 3:
            index = opened(settings, collection)
            parted += len(index.segments) > 1
            assert answers(index) == answers(in_one(settings, texts, f"one{n}"))
            # An article that was changed or removed also stands in a segment where it is gone.
            rows = {row.id: row for row in index.store.articles()}
            assert list(rows) == list(texts)
            assert index.store.rows_of("abcdefghijklm") == {id_: rows[id_] for id_ in sorted(rows)}
    assert parted


def test_nothing_is_left(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path)
    collection = make_collection(tmp_path)
    add(collection, [given_text("a", SENTENCES[0])], settings)
    update(collection, settings, FakeEncoder())
    before = opened(settings, collection)
    remove(collection, ["a"], settings)
    update(collection, settings, FakeEncoder())
    (vector,) = FakeEncoder().encode([QUESTIONS[0]])
    index = opened(settings, collection)
    assert (index.counts.passages, index.store.articles(), index.segments) == (0, [], {})
    assert (index.nearest(vector, 5), index.matching(index.meant(QUESTIONS[0]), 5)) == ({}, {})
    assert len(before.nearest(vector, 5)) == 1


def test_what_is_forgotten_before_segments_are_merged_is_no_damage(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path)
    collection = make_collection(tmp_path)
    for n in range(MANY + 1):
        add(collection, [given_text(f"a{n}", f"It rained on day {n}.")], settings)
        update(collection, settings, FakeEncoder())
    remove(collection, ["a3"], settings, forget=True)  # as another process may, in between
    assert merge(collection, settings, FakeEncoder()) == 0
    update(collection, settings, FakeEncoder())
    assert merge(collection, settings, FakeEncoder()) > 0
    assert opened(settings, collection).counts.articles == MANY


def test_the_case_of_a_publisher_does_not_count_in_any_script(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path)
    collection = make_collection(tmp_path)
    names = ("Österreichischer Rundfunk", "Правда", "Große Zeitung", None)
    files = [
        Given(f"{n}.txt", b"The harbour is shut.", Metadata(publisher=name))
        for n, name in enumerate(names)
    ]
    add(collection, files, settings)
    update(collection, settings, FakeEncoder())
    index = opened(settings, collection)
    for name in (
        "Österreichischer Rundfunk",
        "ÖSTERREICHISCHER RUNDFUNK",
        "правда",
        "GROSSE ZEITUNG",
    ):
        assert index.only(Only(publishers=(name,))).counts.articles == 1, name
    assert index.only(Only(publishers=("",))).counts.articles == 0


def test_a_limit_finds_as_much_as_is_asked_for(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path)
    collection = make_collection(tmp_path)
    for part in range(3):
        known = [Metadata(publisher=f"P{n % 7}", published=f"2024-0{n % 9 + 1}") for n in range(40)]
        files = [
            Given(f"{part}-{n}.txt", f"The harbour was shut for {n} days.".encode(), known[n])
            for n in range(40)
        ]
        add(collection, files, settings)
        update(collection, settings, FakeEncoder())
    index = opened(settings, collection)
    assert len(index.segments) == 3
    (vector,) = FakeEncoder().encode(["How long was the harbour shut?"])
    rows = {row.id: row for row in index.store.articles()}

    def found(only: Only) -> set[str]:
        limited = index.only(only)
        near = limited.nearest(vector, 30)
        like = limited.matching(limited.meant("How long was the harbour shut?"), 30)
        assert limited.counts.articles == limited.counts.passages
        wanted = min(30, limited.counts.passages)
        assert len(near) == len(like) == wanted
        # The scores are those of the whole.
        whole = index.matching(index.meant("How long was the harbour shut?"), 200)
        assert all(whole[id_] == score for id_, score in like.items())
        return {passage.article for passage in index.store.passages([*near, *like])}

    assert found(Only(articles=("0-3", "2-39"))) == {"0-3", "2-39"}
    assert {rows[id_].publisher for id_ in found(Only(publishers=("p3",)))} == {"P3"}
    assert {rows[id_].published for id_ in found(Only(first="2024-03", last="2024-04-10"))} == {
        "2024-03",
        "2024-04",
    }
    assert found(Only(publishers=("P0",), last="2023")) == set()
    assert found(Only(publishers=("nobody",))) == set()


def test_a_limit_is_looked_up_at_once_however_many_articles_it_names(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path)
    collection = make_collection(tmp_path)
    add(collection, [given_text(f"a{n}", f"It rained on day {n}.") for n in range(50)], settings)
    update(collection, settings, FakeEncoder())
    index = opened(settings, collection)
    (segment,) = index.segments.values()
    statements: list[str] = []
    segment.segment.db.set_trace_callback(statements.append)
    ids = tuple(f"a{n}" for n in range(50))
    said = []
    for articles in (("a7",), ids * 20):
        statements.clear()
        said.append((index.only(Only(articles)).counts.articles, len(statements)))
    (one, few), (all_, as_few) = said
    assert (one, all_) == (1, 50)
    assert few == as_few < 5
    assert Only(ids * 20) == Only(ids)
    with pytest.raises(ArticleNotFound, match="'nowhere'"):
        index.only(Only((*ids, "nowhere")))


@given(st.lists(st.integers(1, 400), max_size=30))
def test_merging_comes_to_an_end_and_leaves_few(sizes: list[int]) -> None:
    parts: list[int] = []
    for size in sizes:
        parts.append(size)
        while (span := to_merge([(n, n) for n in parts])) is not None:
            assert len(parts[span]) >= MANY
            parts[span] = [sum(parts[span])]
    assert sum(parts) == sum(sizes)
    assert len(parts) <= MANY + 12


def test_what_is_mostly_gone_is_written_again() -> None:
    assert to_merge([(100, 100), (4, 9), (5, 5)]) == slice(1, 2)
    assert to_merge([(100, 100), (5, 9), (5, 5)]) is None
