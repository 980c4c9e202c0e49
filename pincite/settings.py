"""Every setting of Pincite in one table: `pincite settings` prints it.

Each can be set as an environment variable (`PINCITE_READER=...`) or in a file
`.env` in the working directory. A unit, where there is one, is in the name or
in the field's `unit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from pincite.errors import PinciteError

# The folder that the stages, the shipped corpus and the models stand in: a clone's root,
# or this package's own folder once it is installed.
SHIPPED = Path(str(resources.files("pincite.models"))).resolve().parent


class SettingsError(PinciteError):
    """A setting's value is out of its range or not of its type."""

    type = "settings_error"
    exit_code = 2


def _setting(default: object, help_text: str, unit: str = "", **bounds: Any) -> Any:  # noqa: ANN401
    return Field(default, description=help_text, json_schema_extra={"unit": unit}, **bounds)


class Settings(BaseSettings):
    """The settings, read from the environment once and then passed down."""

    model_config = SettingsConfigDict(
        env_prefix="PINCITE_", env_file=".env", extra="ignore", frozen=True
    )

    corpus: Path = _setting(SHIPPED / "seeds", "folder of the articles to index", "path")
    index: Path = _setting(
        Path(".pincite"), "folder of the built index; in the working directory by default", "path"
    )
    keep_versions_days: int = _setting(
        3650,
        "how long the earlier version of a changed or removed article is kept, so that answers"
        " that cite it can be verified",
        "days",
        ge=0,
        le=365_000,
    )

    file_bytes: int = _setting(
        104_857_600, "size of a file to read at most", "bytes", ge=1024, le=2_147_483_647
    )
    file_pages: int = _setting(5000, "pages of a PDF at most", "pages", ge=1, le=100_000)
    unpacked_bytes: int = _setting(
        1_073_741_824,
        "what a compressed file may hold once it is unpacked",
        "bytes",
        ge=1024,
        le=68_719_476_736,
    )
    packed_files: int = _setting(
        20_000, "files in an archive or an e-mail at most", "files", ge=1, le=1_000_000
    )

    tokenizer: str = _setting(
        "pincite", "tiktoken encoding that sizes passages: 'pincite' (shipped) or a tiktoken name"
    )
    passage_tokens: int = _setting(220, "size of a passage at most", "tokens", ge=32, le=400)

    encoder: str = _setting(
        str(SHIPPED / "models" / "encoder"),
        "folder of the encoder, or any sentence-transformers folder or hub name",
    )
    encode_batch: int = _setting(
        64, "texts encoded at a time, where torch encodes them", "texts", ge=1, le=4096
    )

    vector_index: str = _setting(
        "auto",
        "'flat' compares a question with every vector, 'ivf' with those in the lists nearest to"
        " it; 'auto' takes 'ivf' where there are 200,000 or more",
        pattern="^(auto|flat|ivf)$",
    )
    vector_probes: int = _setting(
        0, "lists of an 'ivf' index that are searched; 0: half of them", "lists", ge=0
    )

    retrieve_candidates: int = _setting(
        100, "passages taken from each of the two searches", "passages", ge=1, le=1000
    )
    bm25_weight: float = _setting(
        0.006, "what BM25 counts beside the cosine when passages are ranked", "", ge=0.0, le=1.0
    )

    follow_up_gain: float = _setting(
        0.1,
        "how much nearer passages must be with the conversation before a question than without"
        " it, or else it is looked up and read alone",
        "score",
        ge=0.0,
        le=10.0,
    )

    reader: str = _setting(
        str(SHIPPED / "models" / "reader"),
        "folder of the reader, or any transformers extractive question-answering model",
    )
    read_windows: int = _setting(
        6,
        "runs of neighbouring passages read for a question at most, and as many again near what"
        " the first of them says",
        "windows",
        ge=1,
        le=100,
    )
    window_words: int = _setting(
        60, "size of such a run, unless its passage alone is longer", "words", ge=10, le=1000
    )
    follow_up_words: int = _setting(
        150, "the same for a follow-up; there are as many fewer", "words", ge=10, le=1000
    )
    read_behind: float = _setting(
        0.35, "how far behind the best passage one may be to be read", "score", ge=0.0, le=10.0
    )
    read_near: float = _setting(
        0.35,
        "how near a passage has to be to what was read first, to be read for what it says to that",
        "cosine",
        ge=-1.0,
        le=1.0,
    )
    read_batch_tokens: int = _setting(
        6144, "read at a time at most, where torch reads in batches", "word pieces", ge=1
    )
    read_tokens: int = _setting(
        384, "question and text read at once at most", "word pieces", ge=64, le=512
    )
    read_stride: int = _setting(
        96, "overlap of two parts of a longer text", "word pieces", ge=8, le=256
    )
    answer_tokens: int = _setting(30, "length of an answer at most", "word pieces", ge=1, le=200)

    agreement: str = _setting(
        str(SHIPPED / "models" / "reader"),
        "folder of the model that compares answers, as `pincite.training.export` makes it",
    )

    threshold: float | None = _setting(
        None,
        "how sure an answer has to be, or else it is 'no_answer'; unset: fitted for the reader",
        "0..1",
        ge=0.0,
        le=1.0,
    )
    nearest: int = _setting(
        3, "paragraphs shown when there is no answer", "paragraphs", ge=0, le=20
    )
    citations: int = _setting(
        5,
        "citations of an answer at most, but one of every account, where no request says otherwise",
        "citations",
        ge=1,
        le=50,
    )

    threads: int = _setting(0, "CPU threads for the models; 0: as many as cores", "threads", ge=0)
    host: str = _setting("127.0.0.1", "address that `pincite serve` listens on")
    port: int = _setting(8000, "port that `pincite serve` listens on", "", ge=0, le=65535)
    ask_at_once: int = _setting(
        4, "questions that the service answers at a time", "questions", ge=1, le=256
    )
    ask_waiting: int = _setting(
        64,
        "questions that wait for it at most; more are turned away with 503 and Retry-After",
        "questions",
        ge=0,
        le=10_000,
    )
    question_chars: int = _setting(
        1000, "length of a question at most", "characters", ge=10, le=100_000
    )
    history_turns: int = _setting(
        20, "earlier turns a request may carry at most", "turns", ge=0, le=200
    )
    upload_bytes: int = _setting(
        67_108_864,
        "size of all files of a request that adds articles at most",
        "bytes",
        ge=1024,
        le=17_179_869_184,
    )
    fetch_from: str = _setting(
        "public",
        "what the address of a document to add may lead to, with commas between them: 'public'"
        " and networks such as '10.0.0.0/8'; empty: nothing is fetched",
    )
    fetch_s: float = _setting(
        30.0, "time to fetch a document by its address at most", "s", gt=0.0, le=3600.0
    )
    body_bytes: int = _setting(
        262_144, "size of a request's body at most", "bytes", ge=1024, le=16_777_216
    )
    body_s: float = _setting(
        30.0,
        "time from a request's headers to its body's end at most; one more for each 64 KiB of it",
        "s",
        gt=0.0,
        le=3600.0,
    )
    head_bytes: int = _setting(
        16_384,
        "size of a request's headers at most, and of its address",
        "bytes",
        ge=1024,
        le=1_048_576,
    )
    head_s: float = _setting(
        10.0, "time from a connection to its request's headers at most", "s", gt=0.0, le=3600.0
    )
    json_depth: int = _setting(
        32, "lists and objects in each other in a request's body at most", "levels", ge=4, le=200
    )

    keys_file: Path | None = _setting(
        None, "file of the API keys' hashes; unset: beside the index, INDEX.keys.json", "path"
    )
    rate_limit: str = _setting(
        "auto",
        "requests of a key, or of an address without one: 'off', '60/minute' or"
        " '10/second; 1000/hour'; 'auto': off on a loopback address, else 120/minute",
    )
    hosts: str = _setting(
        "",
        "names that requests may be sent to, with commas between them; empty: any, or on a"
        " loopback address only this machine's own",
    )
    origins: str = _setting(
        "",
        "origins whose pages may use the API (CORS), with commas between them, such as"
        " 'https://example.org'; '*': all",
    )
    proxies: str = _setting(
        "",
        "addresses of proxies that say whom they ask for (X-Forwarded-For), with commas between"
        " them",
    )
    log: str = _setting(
        "auto",
        "one line a request on the standard error: 'json', 'text', or 'off' for warnings only;"
        " 'auto': text on a terminal, else json",
        pattern="^(auto|json|text|off)$",
    )
    log_questions: bool = _setting(False, "whether the log holds what was asked")
    shutdown_s: int = _setting(
        30, "time that answers have to be finished when the service ends", "s", ge=0, le=3600
    )


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as it is shown to a person."""

    name: str
    variable: str
    unit: str
    value: str
    default: str
    help: str


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401
    """Read the settings from the environment; `overrides` win over it.

    Raises:
        SettingsError: a value is not of its type or out of its range.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        raise SettingsError(
            f"setting {name} is not usable: {first['msg']}",
            f"Set PINCITE_{name.upper()} to a usable value; `pincite settings` explains each.",
        ) from error


def describe(settings: Settings) -> Iterator[SettingRow]:
    """Every setting with its unit, its present value, its default and its help."""
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        unit = str(extra["unit"]) if isinstance(extra, dict) else ""
        yield SettingRow(
            name=name,
            variable=f"PINCITE_{name.upper()}",
            unit=unit,
            value=_shown(getattr(settings, name)),
            default=_shown(field.default),
            help=field.description or "",
        )


def _shown(value: object) -> str:
    # Shipped files are shown relative to the install: the table is in the docs too.
    if value is None:
        return "unset"
    text = str(value)
    return text.removeprefix(f"{SHIPPED}/")
