"""Where a clause's verb stands, and how a question turns it round ("agreed": "did agree")."""

from __future__ import annotations

from collections.abc import Sequence

from pincite.training.made.lexicon import Lexicon

AUXILIARIES = frozenset(
    "is are was were has have had will would can could may might must should".split()
)
PRONOUNS = frozenset("he she it they there that one some many most all both others".split())
SUBORDINATING = frozenset(
    """
    who which that whose where when while after before if because as since to and or but not
    """.split()
)
LAST_VERB_AT = 9  # words from the clause's beginning: a later verb is hardly the subject's

_PREPOSITIONS = frozenset("In On At After For With By To From As If".split())
_NO_VERBS = frozenset("the a to in".split())
_HAVE = frozenset("had has have".split())
# Past participles that look like no such form.
_PARTICIPLES = frozenset("become come run seen done gone won made said had".split())
_IRREGULAR = dict(
    pair.split("=")
    for pair in """
    became=become began=begin bought=buy broke=break brought=bring built=build came=come
    caught=catch chose=choose cut=cut did=do drew=draw drove=drive fell=fall felt=feel flew=fly
    found=find fought=fight gave=give got=get grew=grow held=hold hit=hit kept=keep knew=know
    led=lead left=leave lost=lose made=make met=meet paid=pay put=put ran=run rose=rise said=say
    sat=sit saw=see sent=send set=set shot=shoot showed=show sold=sell spent=spend spoke=speak
    stood=stand struck=strike taught=teach thought=think threw=throw told=tell took=take
    understood=understand went=go won=win wore=wear wrote=write heard=hear beat=beat sang=sing
    swept=sweep stole=steal fled=flee sought=seek underwent=undergo died=die tied=tie lay=lie
    overturned=overturn
    """.split()
)


def main_verb(words: Sequence[str], lexicon: Lexicon) -> int | None:
    """The number of the main verb's first word, 1 or more; None where it is not sure."""
    if not words or words[0] in _PREPOSITIONS:
        return None
    for at, word in enumerate(words[1:LAST_VERB_AT], start=1):
        if word in SUBORDINATING - {"and", "or"} or "," in word:
            return None
        if word in AUXILIARIES:
            return at
        if lexicon.is_finite(word) and word not in _NO_VERBS:
            named = words[at - 1][0].isupper()
            # "the car found in ..." may be the car that was found.
            return at if named or not lexicon.is_participle(word) else None
    return None


def inverted(
    verb: str, rest: Sequence[str], lexicon: Lexicon
) -> tuple[str, tuple[str, ...]] | None:
    """What stands before the subject in a question, and what of the verb behind it.

    Args:
        rest: the words behind the verb.

    Returns:
        ("had", ()) for "had agreed", ("did", ("agree",)) for "agreed"; None where no bare
        form is known, as for "had" without a participle.
    """
    if verb in AUXILIARIES and (verb not in _HAVE or _is_auxiliary(rest, lexicon)):
        return verb, ()
    found = _bare(verb, lexicon)
    return None if found is None else (found[0], (found[1],))


def _is_auxiliary(rest: Sequence[str], lexicon: Lexicon) -> bool:
    """Whether a participle follows, adverbs aside."""
    follows = next((w for w in rest if not w.endswith("ly") and w not in {"not", "also"}), "")
    return (
        follows == "been"
        or follows.endswith(("ed", "en"))
        or lexicon.is_finite(follows)
        or follows in _PARTICIPLES
    )


def _bare(verb: str, lexicon: Lexicon) -> tuple[str, str] | None:
    """The auxiliary and the bare form: "agreed" gives "did" and "agree"."""
    if verb in _IRREGULAR:
        return "did", _IRREGULAR[verb]
    forms: list[tuple[str, str]] = []
    if verb.endswith("ied"):
        forms.append(("did", verb[:-3] + "y"))
    if verb.endswith("ed"):
        forms += [("did", verb[:-1]), ("did", verb[:-2]), ("did", verb[:-3])]
    if verb.endswith("ies"):
        forms.append(("does", verb[:-3] + "y"))
    if verb.endswith("s"):
        forms += [("does", verb[:-1]), ("does", verb[:-2])]
    known = [(lexicon.after_to[root], aux, root) for aux, root in forms if lexicon.is_base(root)]
    return max(known)[1:] if known else None
