"""The command `pincite`, run as a person or a script runs it."""

from __future__ import annotations

import io
import json
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from pincite import __version__
from pincite.__main__ import main
from pincite.api.cli import NO_ANSWER_EXIT
from pincite.errors import InvalidRequest
from pincite.qa.ask import Pincite
from pincite.settings import Settings
from tests.conftest import FEW_WINDOWS

PINCITE = Path(sys.executable).with_name("pincite")
HELP = [
    ["--help"],
    ["index", "--help"],
    ["ask", "--help"],
    ["chat", "--help"],
    ["serve", "--help"],
    ["articles", "--help"],
    ["mcp", "--help"],
    *(
        [command, "--help"]
        for command in ("add", "remove", "sync", "collections", "verify", "backup", "restore")
    ),
    ["settings", "--help"],
    ["keys", "--help"],
    ["keys", "add", "--help"],
    ["eval", "--help"],
    ["eval", "reading", "--help"],
    ["eval", "open", "--help"],
    ["eval", "confidence", "--help"],
    ["train", "--help"],
    ["train", "reader", "--help"],
    ["train", "encoder", "--help"],
]
HEAVY = ("torch", "transformers", "faiss", "sentence_transformers", "uvicorn", "fastapi", "scipy")
ASKED = "How many prisoners were claimed?"
GOVERNOR = "Who is the governor of Belgorod?"


def run(
    *arguments: str | Path, cwd: Path, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, its settings at their defaults but for those given."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PINCITE_")}
    return subprocess.run(
        [PINCITE, *arguments],
        cwd=cwd,
        input=stdin,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Ran(NamedTuple):
    """What a run of the command came to."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Runs the command in this process, where the models' libraries are loaded once."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["pincite", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, *capsys.readouterr())

    return run


@pytest.fixture
def brief_command(command: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The same, as `brief` reads."""
    monkeypatch.setenv("PINCITE_READ_WINDOWS", str(FEW_WINDOWS))
    return command


def assert_one_error(ran: Ran, message: str, hint: str) -> None:
    """Two lines on stderr, what is wrong and what to do; nothing on stdout."""
    assert ran.err.splitlines() == [f"error: {message}", hint]
    assert ran.out == ""


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = f"""
import sys
from pincite.__main__ import main
for arguments in {HELP!r}:
    sys.argv = ["pincite", *arguments]
    try:
        main()
    except SystemExit as ended:
        assert ended.code == 0
print("LOADED", [name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("Usage: pincite") == len(HELP)
    assert done.stdout.endswith("LOADED []\n")
    assert done.stderr == ""


def test_help_names_what_people_use_first(command: Command) -> None:
    lines = [line.strip("│ ").split()[:1] for line in command("--help").out.splitlines()]
    names = [words[0] for words in lines if words]
    assert names.index("ask") < names.index("settings") < names.index("eval") < names.index("train")


def test_version(command: Command) -> None:
    assert command("--version") == (0, f"pincite {__version__}\n", "")


def test_settings_shows_every_setting_whole(tmp_path: Path) -> None:
    done = run("settings", cwd=tmp_path, PINCITE_PORT="8123", PINCITE_HOST="[::1]")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "…" not in done.stdout
    for name in Settings.model_fields:
        assert f" PINCITE_{name.upper()} " in done.stdout
    (port,) = [row for row in done.stdout.splitlines() if "PINCITE_PORT" in row]
    assert port.split()[:3] == ["PINCITE_PORT", "8123", "8000"]
    assert " [::1] " in done.stdout

    rows = json.loads(run("settings", "--json", cwd=tmp_path, PINCITE_PORT="8123").stdout)
    assert [row["name"] for row in rows] == list(Settings.model_fields)
    assert all(row["help"] for row in rows)
    assert {"variable": "PINCITE_PORT", "value": "8123", "default": "8000"}.items() <= next(
        row for row in rows if row["name"] == "port"
    ).items()


def test_articles(command: Command, small: Pincite) -> None:
    listed = command("articles", "--json", "--index", small.settings.index)
    assert (listed.code, listed.err) == (0, "")
    assert json.loads(listed.out)[0] == {
        "id": "harbour",
        "file": "harbour.txt",
        "title": "Harbour reopens",
        "publisher": "The Courier",
        "published": "2024-05-06",
        "kind": "report",
        "paragraphs": 3,
    }
    table = command("articles", "--index", small.settings.index)
    assert table.code == 0
    assert not any(line.endswith(" ") for line in table.out.splitlines())
    header, *rows = [line.split() for line in table.out.splitlines()]
    assert header == ["id", "publisher", "published", "paragraphs", "title"]
    assert rows[0] == ["harbour", "The", "Courier", "2024-05-06", "3", "Harbour", "reopens"]
    assert rows[1] == ["tricks", "2", "A", "page", "of", "tricks"]


@pytest.mark.parametrize(
    "arguments", [["serve"], ["ask", "who came?"], ["chat"], ["articles"], ["mcp"]]
)
def test_without_an_index_the_next_step_is_named(command: Command, arguments: list[str]) -> None:
    ran = command(*arguments)
    assert ran.code == 1
    assert_one_error(ran, "there is no index in .pincite", "Run `pincite index` first.")


def test_an_index_of_other_models_is_stale(command: Command, small: Pincite) -> None:
    ran = command("ask", "who came?", "--index", small.settings.index)
    assert ran.code == 1
    assert ran.err.endswith("Run `pincite index` to build it again.\n")
    assert "another encoder" in ran.err


def test_an_error_ends_a_process_with_its_exit_code(tmp_path: Path) -> None:
    done = run("serve", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: there is no index in .pincite\nRun `pincite index` first.\n"


def test_a_port_that_is_taken(command: Command, small: Pincite) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = command("serve", "--port", port, "--index", small.settings.index)
    assert ran.code == 1
    assert f"error: the service could not start at http://127.0.0.1:{port}\n" in ran.err
    assert "--port" in ran.err
    assert "Traceback" not in ran.err


def test_keys_are_made_listed_and_revoked(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINCITE_INDEX", str(tmp_path / "docs"))
    made = command("keys", "add", "alice", "--scope", "write")
    token = made.out.strip()
    assert made.code == 0
    assert made.out == f"{token}\n" and token.startswith("pincite_")
    assert "may write" in made.err and token not in made.err
    assert token not in (tmp_path / "docs.keys.json").read_text()
    again = command("keys", "add", "alice")
    assert again.code == 2
    assert_one_error(again, "a key named 'alice' is in use", "`pincite keys revoke alice` ends it.")
    assert command("keys", "revoke", "alice").out == "revoked alice\n"
    assert_one_error(
        command("keys", "revoke", "alice"), "no key in use is named 'alice'", "`pincite keys list`"
    )
    header, row = command("keys", "list").out.splitlines()
    assert header.split() == ["name", "scope", "made", "revoked"]
    assert row.split()[:2] == ["alice", "write"] and len(row.split()) == 4


def test_no_such_corpus(command: Command, tmp_path: Path) -> None:
    ran = command("index", tmp_path / "a[b]nothing")
    assert ran.code == 1
    assert_one_error(ran, f"no folder {tmp_path}/a[b]nothing", "Name the folder of your articles.")
    assert not (tmp_path / ".pincite").exists()


def test_a_setting_that_is_not_usable(tmp_path: Path) -> None:
    done = run("settings", cwd=tmp_path, PINCITE_READ_WINDOWS="0")
    assert done.returncode == 2
    assert "setting read_windows is not usable" in done.stderr
    assert "PINCITE_READ_WINDOWS" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["ask"], ["ask", "who?", "--limit", "0"], ["ask", "who?", "--limit", "51"],
     ["serve", "--port", "x"], ["index", "--nothing"], ["eval", "--split", "none"]],
)  # fmt: skip
def test_wrong_usage(command: Command, arguments: Sequence[str]) -> None:
    ran = command(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "Usage: pincite" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("arguments", ["settings --json", "articles"])
def test_a_reader_that_goes_away_is_no_error(small: Pincite, arguments: str) -> None:
    line = f"{shlex.quote(str(PINCITE))} {arguments} | head -1"
    done = subprocess.run(
        ["bash", "-c", line],
        env=os.environ | {"PINCITE_INDEX": str(small.settings.index)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


@pytest.mark.models
def test_index_then_again(command: Command, real: Pincite, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text("The ferry sank in 1912.\n\nNobody was hurt.", encoding="utf-8")
    first = command("index", corpus)
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("indexed 1 articles, 2 paragraphs, ")
    again = command("index", corpus)
    assert again.code == 0
    assert again.out.startswith("up to date: 1 articles, 2 paragraphs, ")
    assert command("index", corpus, "--force").out.startswith("indexed 1 articles")
    assert (tmp_path / ".pincite" / "collections" / "default" / "CURRENT").exists()


@pytest.mark.models
def test_a_folder_is_added_with_its_metadata_and_without_its_bad_links(
    command: Command, real: Pincite, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("The ferry sank in 1912.", encoding="utf-8")
    (folder / "gone.txt").symlink_to(tmp_path / "none.txt")
    known = {"articles": {"a.txt": {"publisher": "The Courier"}}}
    (folder / "metadata.json").write_text(json.dumps(known))
    added = command("add", folder, "--strict")
    assert (added.code, added.out) == (1, "added 1: a\n")
    assert added.err == "skipped 1: gone.txt (a link that leads out of the folder)\n"
    listed = json.loads(command("articles", "--json").out)
    assert [row["publisher"] for row in listed] == ["The Courier"]


@pytest.mark.models
def test_what_was_skipped_is_said_each_time_and_strict_fails(
    command: Command, real: Pincite, tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text("The ferry sank in 1912.", encoding="utf-8")
    (corpus / "b.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    (corpus / "c.txt").write_bytes("Die Fähre sank 1912.".encode("cp1252"))
    said = (
        "skipped 1: b.doc (an old Office file, format not read)\n"
        "note 1: c.txt (read as cp1252, which is a guess)\n"
    )
    for _ in range(2):
        ran = command("index", corpus)
        assert (ran.code, ran.err) == (0, said)
    assert command("index", corpus, "--strict").code == 1


@pytest.mark.models
def test_ask_shows_the_answer_and_its_source(command: Command, real: Pincite) -> None:
    ran = command("ask", GOVERNOR, "--index", real.settings.index)
    assert (ran.code, ran.err) == (0, "")
    assert "\x1b" not in ran.out
    given = real.ask(GOVERNOR)
    assert given.citations
    first, says, *sources = ran.out.splitlines()
    assert first == given.text
    assert (given.citations[0].article.publisher or "nobody") in says
    assert says.endswith(" confidence")
    assert len(sources) == 2 * len(given.citations)
    for cited, source, words in zip(given.citations, sources[::2], sources[1::2], strict=True):
        assert source.startswith(f"[{cited.number}] ")
        assert source.endswith(f" ({cited.article.file})")
        assert cited.quote in words


@pytest.mark.models
def test_ask_json_is_the_answer(brief_command: Command, brief: Pincite) -> None:
    ran = brief_command("ask", ASKED, "--json", "--limit", "1", "--index", brief.settings.index)
    printed = json.loads(ran.out)
    given = json.loads(json.dumps(brief.ask(ASKED, limit=1).to_dict()))
    assert printed | {"took_ms": None} == given | {"took_ms": None}


@pytest.mark.models
def test_ask_says_by_its_exit_code_that_the_articles_dont(
    brief_command: Command, brief: Pincite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINCITE_THRESHOLD", "1")
    ran = brief_command("ask", ASKED, "--index", brief.settings.index)
    assert (ran.code, ran.err) == (NO_ANSWER_EXIT, "")
    assert ran.out.startswith("The articles don't say.\nNearest paragraphs:\n[1] ")
    asked = brief_command("ask", ASKED, "--json", "--index", brief.settings.index)
    assert asked.code == NO_ANSWER_EXIT
    assert json.loads(asked.out)["answer"] is None


@pytest.mark.models
def test_a_question_without_words_is_wrong_usage(command: Command, real: Pincite) -> None:
    ran = command("ask", "?!", "--index", real.settings.index)
    assert ran.code == InvalidRequest.exit_code == 2
    assert_one_error(ran, "the question has no words", "Ask in words, such as: who said so?")


@pytest.mark.models
def test_chat_follows_up_and_goes_on_after_an_error(brief_command: Command, brief: Pincite) -> None:
    lines = f"{GOVERNOR}\n\n?!\nWhere did he offer to meet them?\n"
    ran = brief_command("chat", "--index", brief.settings.index, stdin=lines)
    assert ran.code == 0
    first = brief.ask(GOVERNOR)
    assert ran.out.startswith(f"{first.text}\n")
    assert f"Looked up as: {GOVERNOR} {first.answer} → Where did he offer" in ran.out
    assert ran.err.startswith("error: the question has no words\n")


@pytest.mark.models
def test_in_processes_of_their_own(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text("The ferry sank in 1912 off Mull.", encoding="utf-8")
    first = run("index", "corpus", cwd=tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("indexed 1 articles, 1 paragraphs, ")
    asked = run("ask", "When did the ferry sink?", cwd=tmp_path, PINCITE_THRESHOLD="0")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "(a.txt)" in asked.stdout
