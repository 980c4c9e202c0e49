"""Files made to do harm: each is read or refused in time, and costs nothing else.

`make hostile` does the same, and the other tests of bad input, many times over.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pincite.api.app import create_app
from pincite.eval.load import resident
from pincite.index.build import build
from pincite.index.formats.contents import Limits
from pincite.index.intake import Given, Taken, take
from pincite.index.known import Metadata
from pincite.settings import load_settings
from tests.conftest import Serve, open_with_fakes, write_corpus
from tests.fakes import FakeEncoder
from tests.hostile_files import HOSTILE, times
from tests.test_documents_api import over

SOON_S = 30.0  # of processor time, in the process that is not to be harmed
LIMITS = Limits(file_bytes=32 << 20, unpacked_bytes=64 << 20, packed_files=2000)
GROWTH = 60 << 20  # bytes that a process may have grown by after a second round, at most


def taken(name: str) -> Taken:
    made = HOSTILE[name]()
    began = time.process_time()
    found = take(Given(name, made, Metadata()), LIMITS)
    assert time.process_time() - began < SOON_S
    assert not any("took more than" in notice.reason for notice in found.notices)
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_read_or_refused_soon(name: str) -> None:
    found = taken(name)
    assert found.articles or found.notices
    for notice in found.notices:
        assert "\n" not in str(notice) and len(str(notice)) < 1000
    for article in found.articles:
        article.text.encode()
        for block in article.blocks:
            assert 0 <= block.start < block.end <= len(article.text)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        *((f"{charset}.eml", "The words of a letter.") for charset in ("zlib", "rot13", "idna")),
        *((f"{charset}.html", "The words of a page.") for charset in ("base64", "punycode")),
        ("many.eml", "The words of a letter."),
        ("attributes.html", "The words of a page."),
        ("breaks.txt", "The words at the end."),
    ],
)
def test_the_words_of_a_strange_file_are_kept(name: str, words: str) -> None:
    assert any(words in article.text for article in taken(name).articles)


def test_a_service_that_gets_them_all_answers_on_and_does_not_grow(
    tmp_path: Path, serve: Serve
) -> None:
    settings = load_settings(
        corpus=write_corpus(tmp_path / "corpus"),
        index=tmp_path / "index",
        file_bytes=LIMITS.file_bytes,
        unpacked_bytes=LIMITS.unpacked_bytes,
        packed_files=LIMITS.packed_files,
    )
    build(settings, FakeEncoder())
    client = serve(create_app(settings, open_with_fakes))
    held = []
    for _ in range(2 * times(1)):
        for name, make in HOSTILE.items():
            if len(sent := make()) > 1 << 20:
                continue  # to encode and index them takes minutes
            answer = client.post(
                "/v1/articles",
                files=[("file", (f"{name[:60]}", sent))],
                params={"collection": "bad"},
            )
            if answer.status_code in {400, 422}:
                continue
            job = over(client, answer, wait_s=600)
            assert job["state"] == "done", (name, job["error"])
            assert job["added"] or job["replaced"] or job["unchanged"] or job["skipped"], name
            asked = client.get("/v1/ask", params={"q": "How many days was the harbour shut?"})
            assert asked.json()["answer"] == "41"
        held.append(resident(os.getpid()))
    assert held[-1] - held[0] < GROWTH
    assert set(client.get("/readyz").json()["collections"].values()) == {"ready"}
