"""Tell that a question is in a language that the models don't read, so that this can be said."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier


def is_english(text: str) -> bool:
    """Whether a text seems to be in English.

    A guess: 464 of the 474 English questions of `eval/` are taken for what they are. It is good
    for a hint where there is no answer, and not for turning a question away.
    """
    language, _ = _identifier().classify(text)
    return bool(language == "en")


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)
