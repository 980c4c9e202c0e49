"""The comparison with peers: places, ratios, processes, environments and the report."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pincite.eval.metrics import is_correct_and_cited
from pincite.eval.peers.environments import (
    MARKER,
    PeersError,
    environment,
    fingerprint,
    is_complete,
)
from pincite.eval.peers.measure import (
    CLIENTS,
    Comparison,
    Measured,
    Plan,
    System,
    compare,
    rotated,
    window,
)
from pincite.eval.peers.places import Passages
from pincite.eval.peers.protocol import Document, Said, Task
from pincite.eval.peers.ratios import Ratio, of_percentiles, of_rates
from pincite.eval.peers.report import as_json, markdown, shown
from pincite.eval.peers.worker import Worker
from pincite.eval.questions import Account, Gold, Question
from pincite.index.article import Article, Tier
from pincite.index.corpus import scan
from pincite.index.passages import passages
from pincite.qa.answer import Status
from pincite.settings import load_settings
from tests.conftest import HARBOUR, write_corpus
from tests.test_passages import tokens

ROOT = Path(__file__).resolve().parent.parent
PROTOCOL = ROOT / "eval" / "peers"


@pytest.fixture(scope="module")
def cut() -> Passages:
    """The shipped articles as they are cut for the index."""
    settings = load_settings(corpus=ROOT / "seeds")
    articles = {article.id: article for article in scan(settings.corpus).articles()}
    found = [
        passage
        for article in articles.values()
        for passage in passages(article, tokens, settings.passage_tokens)
    ]
    return Passages({str(n): passage for n, passage in enumerate(found, start=1)}, articles)


def test_every_word_of_every_passage_maps_to_itself(cut: Passages) -> None:
    draw = random.Random(7)
    for id_, passage in cut.passages.items():
        article = cut.articles[passage.article]
        size = len(passage.text)
        start = draw.randrange(size)
        end = draw.randrange(start, size) + 1
        begin = len(passage.encoded) - size
        (citation,) = cut.body(Said("x", id_, begin + start, begin + end))["citations"]
        place = slice(citation["start"], citation["end"])
        assert article.text[place] == passage.text[start:end]
        assert citation["paragraph"]["number"] == passage.paragraph
        assert passage.text in citation["paragraph"]["text"]


def _gold(article: Article, answer: str) -> Account:
    start = article.text.index(answer)
    return Account((answer,), (Gold(article.file, answer, ((start, start + len(answer)),)),))


def test_a_peer_and_pincite_are_measured_alike(cut: Passages) -> None:
    answer = "Ivan Fedorov"
    id_, passage = next((i, p) for i, p in cut.passages.items() if answer in p.text)
    article = cut.articles[passage.article]
    at = passage.encoded.rindex(answer)
    peer = cut.body(Said(answer, id_, at, at + len(answer)))
    where = peer["citations"][0]
    ours = cut.body(Said(answer, article.file, where["start"], where["end"]))
    assert peer == ours
    assert article.text[where["start"] : where["end"]] == answer
    account = _gold(article, answer)
    assert is_correct_and_cited(peer, [account])
    far = next(d for d in cut.documents if cut.passages[d.id].article != passage.article)
    elsewhere = cut.body(Said(answer, far.id, far.start, far.start + 12))
    assert elsewhere["citations"] and not is_correct_and_cited(elsewhere, [account])
    assert not is_correct_and_cited(cut.body(Said(answer)), [account])
    refused = cut.body(Said())
    assert refused["status"] == Status.NO_ANSWER
    assert not is_correct_and_cited(refused, [account])


def test_the_documents_are_the_passages(cut: Passages) -> None:
    given = [passage for passage in cut.passages.values() if passage.tier != Tier.BESIDE]
    assert [d.text for d in cut.documents] == [passage.encoded for passage in given]
    assert len({d.id for d in cut.documents}) == len(given)


def test_a_ratio_is_of_the_percentiles_of_all_times() -> None:
    ours = np.array([[10.0, 30.0], [20.0, 40.0]])  # p50: 25
    peer = np.array([[20.0, 20.0], [60.0, 80.0]])  # p50: 40
    assert of_percentiles(peer, ours, 50).value == pytest.approx(1.6)
    # p95 of four: at 2.85 of 0..3, 30 + 0.85 * 10 = 38.5 and 60 + 0.85 * 20 = 77.
    assert of_percentiles(peer, ours, 95).value == pytest.approx(2.0)


def test_questions_are_drawn_in_pairs() -> None:
    # The peer takes half as long again for every question, be it a quick or a slow one.
    ours = np.geomspace(1, 1000, 40).reshape(20, 2)
    ratio = of_percentiles(1.5 * ours, ours, 50)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((1.5, 1.5, 1.5))


def test_one_question_has_no_interval() -> None:
    assert of_percentiles(np.array([[3.0, 3.0]]), np.array([[2.0, 2.0]]), 50) == Ratio(
        1.5, None, None
    )


def test_rounds_are_drawn_in_pairs() -> None:
    # Both rounds twice as fast, though the second round was a slow one for both.
    ratio = of_rates([8.0, 2.0], [4.0, 1.0])
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2, 2, 2))
    # The draws are {1, 1}, {1, 2} and {2, 2}: 2/1, 6/2 and 4/1.
    ratio = of_rates([2.0, 4.0], [1.0, 1.0])
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((3, 2, 4))


SYSTEM = f"""
import os, sys
sys.path.insert(0, {str(PROTOCOL)!r})
from protocol import Said, serve
class Reversing:
    packages = ("pip",)
    def index(self, task, documents):
        os.makedirs(task.folder)
        with open(os.path.join(task.folder, "documents"), "w", encoding="utf-8") as file:
            file.writelines(d.id + " " + d.text + "\\n" for d in documents)
        return 2.5
    def load(self, task):
        self.known = open(os.path.join(task.folder, "documents"), encoding="utf-8").read()
    def ask(self, question):
        print("a library's own output", flush=True)
        os.write(1, b"and some of C\\n")
        if question == "end":
            os._exit(3)
        if question == "raise":
            raise ValueError("not that one")
        return Said(question[::-1], "1", 0, len(question)) if question in self.known else Said()
serve(Reversing())
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    script = tmp_path / "system.py"
    script.write_text(SYSTEM, encoding="utf-8")
    with Worker("Reversing", (sys.executable, str(script)), tmp_path / "log") as running:
        task = Task(str(tmp_path / "index"), "encoder", "reader", "corpus")
        documents = [Document("1", "Åse\u2028held"), Document("2", "Bo left")]
        assert running.index(task, documents) == 2.5
        assert list(running.load(task)) == ["pip"]
        yield running


def test_answers_come_in_the_questions_order(worker: Worker, tmp_path: Path) -> None:
    questions = ["Åse", "Bo", "Cy", "held", "left"] * 4
    for clients in (1, 4):
        answers, seconds = worker.ask(questions, clients)
        said = [answer.said for answer in answers]
        expected = ["esÅ", "oB", None, "dleh", "tfel"]
        assert [one.answer for one in said] == expected * 4
        assert said[0] == Said("esÅ", "1", 0, 3)
        assert said[2] == Said()
        assert 0 < max(answer.ms for answer in answers) <= 1000 * seconds
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert log.count("a library's own output") == log.count("and some of C") == 40


def test_memory_is_that_of_the_process(worker: Worker) -> None:
    memory = worker.memory()
    assert 1_000_000 < memory["now"] <= memory["peak"] < 1_000_000_000


def test_a_raised_error_is_told_and_the_next_question_answered(worker: Worker) -> None:
    with pytest.raises(PeersError, match="Reversing, ask: ValueError: not that one"):
        worker.ask(["raise"])
    assert worker.ask(["Bo"])[0][0].said.answer == "oB"


def test_an_ended_process_is_told(worker: Worker) -> None:
    with pytest.raises(PeersError, match="its process ended"):
        worker.ask(["end"])
    with pytest.raises(PeersError, match="its process ended"):
        worker.memory()


def test_an_environment_is_complete_with_the_hash_of_its_requirements(tmp_path: Path) -> None:
    requirements, folder = tmp_path / "requirements.txt", tmp_path / "env"
    requirements.write_text("a==1\n", encoding="utf-8")
    assert not is_complete(folder, requirements)
    folder.mkdir()
    assert not is_complete(folder, requirements)
    (folder / MARKER).write_text(fingerprint(requirements), encoding="utf-8")
    assert is_complete(folder, requirements)
    requirements.write_text("a==2\n", encoding="utf-8")
    assert not is_complete(folder, requirements)


def test_an_environment_is_made_once_and_anew_when_asked_for_other_things(tmp_path: Path) -> None:
    requirements, folder = tmp_path / "requirements.txt", tmp_path / "env"
    requirements.write_text("pip\n", encoding="utf-8")  # there already: needs no network
    python = environment(folder, requirements)
    assert python.exists()
    kept = folder / "kept"
    kept.touch()
    assert environment(folder, requirements) == python
    assert kept.exists()
    requirements.write_text(f"nothing @ {(tmp_path / 'nowhere').as_uri()}\n", encoding="utf-8")
    with pytest.raises(PeersError, match="can't be made"):
        environment(folder, requirements)
    assert not kept.exists()
    assert not is_complete(folder, requirements)


def test_every_peer_pins_what_it_needs() -> None:
    for peer in ("haystack", "txtai"):
        lines = (PROTOCOL / f"requirements-{peer}.txt").read_text(encoding="utf-8").splitlines()
        wanted = [line for line in lines if not line.startswith("#")]
        assert all("==" in line for line in wanted)
        assert wanted[0] == "torch==2.13.0"


def test_turns_and_windows_go_round() -> None:
    assert [rotated("abc", n) for n in range(4)] == [
        list("abc"),
        list("bca"),
        list("cab"),
        list("abc"),
    ]
    assert window("abcde", 3, 4) == list("deab")
    assert window("ab", 0, 5) == list("ababa")


OURS = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from pincite.eval.peers.protocol import Said, serve
from pincite.index.build import build
from pincite.settings import load_settings
from tests.conftest import open_with_fakes
from tests.fakes import FakeEncoder
class WithFakes:
    packages = ("numpy",)
    def settings(self, task):
        return load_settings(corpus=Path(task.corpus), index=Path(task.folder), threshold=0.0)
    def index(self, task, documents):
        assert not documents
        build(self.settings(task), FakeEncoder())
        return 0.5
    def load(self, task):
        self.pincite = open_with_fakes(self.settings(task))
    def ask(self, question):
        for first in self.pincite.ask(question).citations:
            return Said(first.quote, first.article.file, first.start, first.end)
        return Said()
serve(WithFakes())
"""

PEER = f"""
import json, sys
sys.path.insert(0, {str(PROTOCOL)!r})
from protocol import Said, serve
class Knowing:
    packages = ("pip",)
    def index(self, task, documents):
        with open(task.folder + ".json", "w") as file:
            json.dump([(d.id, d.text) for d in documents], file)
        return 0.25
    def load(self, task):
        with open(task.folder + ".json") as file:
            self.documents = json.load(file)
    def ask(self, question):
        if "days" not in question:
            return Said()
        for id_, text in self.documents:
            if "41 days" in text:
                at = text.index("41 days")
                return Said("41 days", id_, at, at + 7)
serve(Knowing())
"""


def _asked(text: str, id_: str, question: str, answer: str, evidence: str) -> Question:
    start = text.index(evidence)
    gold = Gold("harbour.txt", evidence, ((start, start + len(evidence)),))
    accounts = (Account((answer,), (gold,)),)
    return Question(
        id_, "how_many", id_, "test", question, question, Status.ANSWERED, accounts, None, 1
    )


def test_a_whole_comparison(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    (tmp_path / "ours.py").write_text(OURS, encoding="utf-8")
    (tmp_path / "peer.py").write_text(PEER, encoding="utf-8")
    work = tmp_path / "work"
    for name in ("pincite", "knowing"):
        (work / name).mkdir(parents=True)
    systems = [
        System("Pincite", (sys.executable, str(tmp_path / "ours.py")), ours=True),
        System("Knowing", (sys.executable, str(tmp_path / "peer.py"))),
    ]
    questions = [
        _asked(HARBOUR, "a", "How many days was it shut?", "41 days", "shut for 41 days"),
        _asked(HARBOUR, "b", "How many ships?", "17 ships", "17 ships on the first"),
    ]
    plan = Plan(
        *(work, tmp_path, tmp_path, corpus, corpus),
        starts=2,
        repeats=2,
        rounds=3,
        round_questions=5,
    )
    comparison = compare(systems, questions, plan)
    ours, peer = comparison.systems
    assert peer.correct == [True, False]  # the second it refused
    assert [said.answer for said in peer.said] == ["41 days", None]
    assert comparison.passages == comparison.indexed > 0
    assert ours.passages_per_s == pytest.approx(comparison.passages / 0.5)
    assert peer.passages_per_s == pytest.approx(comparison.passages / 0.25)
    for one in (ours, peer):
        assert len(one.said) == 2
        assert [len(times) for times in one.ms] == [2, 2]
        assert len(one.start_s) == 2
        assert {n: len(rates) for n, rates in one.per_s.items()} == dict.fromkeys(CLIENTS, 3)
        assert 0 < one.resident <= one.peak
    assert "| Knowing | 1 of 2 | 1 |" in markdown(comparison, {})


def _comparison() -> Comparison:
    question = Question(
        "q", "who", "q", "test", "Who?", "Who?", Status.ANSWERED, (Account(("A",), ()),), None, 1
    )
    both = []
    for name, slower in (("Pincite", 1), ("Other | one", 2)):
        both.append(
            Measured(
                System(name, ()),
                passages_per_s=30 / slower,
                start_s=[3.0 * slower, 9.0, 1.0],
                versions={"torch": "2"},
                said=[Said("A"), Said()],
                correct=[True, False],
                ms=[[100.0 * slower, 200.0 * slower], [300.0 * slower, 400.0 * slower]],
                resident=512 * 2**20,
                peak=1024 * 2**20,
                per_s={n: [6 / slower, 3 / slower, 3 / slower] for n in CLIENTS},
            )
        )
    return Comparison(tuple(both), (question, question), 43, 1000)


def test_the_report_has_every_number() -> None:
    text = markdown(_comparison(), {"command": "python -m pincite.eval.peers"})
    # p95 of 100..400: at 2.85 of 0..3, 300 + 0.85 * 100 = 385.
    assert "| Pincite | 1 of 2 | 1 | 250 | – | 385 | – |" in text
    assert r"| Other \| one | 1 of 2 | 1 | 500 | 2.00 (2.00 to 2.00) | 770 | " in text
    assert "| Pincite | 4.00 | – | 4.00 | – | 4.00 | – |" in text
    assert "| 2.00 | 0.50 (0.50 to 0.50) |" in text
    assert "| Pincite | 3.0 | 512 | 1024 | 30.0 | – |" in text
    assert "| 6.0 | 512 | 1024 | 15.0 | 0.50 |" in text
    assert "- command: python -m pincite.eval.peers" in text
    assert str(ROOT) not in text


def test_the_json_has_the_ratios_of_the_others_only() -> None:
    pincite, other = as_json(_comparison(), {})["systems"]
    assert pincite["ratios"] == {}
    assert other["ratios"]["p95"]["value"] == pytest.approx(2.0)
    assert other["ratios"]["questions_per_s_16"]["value"] == pytest.approx(0.5)
    assert other["correct_and_cited"] == 1


def test_an_unknown_interval_is_left_out() -> None:
    assert shown(Ratio(1.5, None, None)) == "1.50"
    assert shown(Ratio(1.5, 1.25, 2.0)) == "1.50 (1.25 to 2.00)"
