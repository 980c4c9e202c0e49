"""The forms of an English verb, as a question's "did ... say" and a statement's "said" need them.

Irregular verbs are listed, all others follow the spelling rules (Huddleston and
Pullum, The Cambridge Grammar of the English Language, 2002, chapter 18). Where
a rule can't know ("hoped", "hopped") the commoner pattern is taken: a search
stems the word either way.
"""

from __future__ import annotations

# base past participle; one form stands for all that are left out.
_IRREGULAR = """
be was been, bear bore borne, beat beat beaten, become became become, begin began begun,
bet, bind bound, bite bit bitten, bleed bled, blow blew blown, break broke broken, breed bred,
bring brought, build built, burst, buy bought, cast, catch caught, choose chose chosen,
come came come, cost, cut, deal dealt, dig dug, do did done, draw drew drawn, drink drank drunk,
drive drove driven, eat ate eaten, fall fell fallen, feed fed, feel felt, fight fought,
find found, flee fled, fly flew flown, forbid forbade forbidden, forecast, forget forgot forgotten,
forgive forgave forgiven, freeze froze frozen, get got, give gave given, go went gone,
grow grew grown, hang hung, have had, hear heard, hide hid hidden, hit, hold held, hurt,
keep kept, know knew known, lay laid, lead led, leave left, lend lent, let, lie lay lain,
light lit, lose lost, make made, mean meant, meet met, pay paid, prove proved proven, put, quit,
read, ride rode ridden, ring rang rung, rise rose risen, run ran run, say said, see saw seen,
seek sought, sell sold, send sent, set, shake shook shaken, shed, shoot shot, show showed shown,
shut, sing sang sung, sink sank sunk, sit sat, sleep slept, speak spoke spoken, spend spent,
split, spread, stand stood, steal stole stolen, stick stuck, strike struck, swear swore sworn,
sweep swept, swim swam swum, take took taken, teach taught, tear tore torn, tell told,
think thought, throw threw thrown, understand understood, undergo underwent undergone,
wear wore worn, win won, withdraw withdrew withdrawn, write wrote written,
overthrow overthrew overthrown, overtake overtook overtaken
"""

# Regular verbs that news and everyday questions ask with: they tell a verb from a noun.
_REGULAR = """
abandon abolish accept accompany accuse achieve acknowledge acquire acquit add admit adopt advance
advise afford agree aim allow announce apologise apologize appear apply appoint approve argue
arrest arrive assassinate assess assist assume attack attend attract authorise authorize avert
avoid await award ban behave believe belong block blame book broadcast call cancel
capture carry cause celebrate change charge claim clarify close collapse collect collide command
commission commit compare compensate compete complain complete compose conceal conclude condemn
conduct confess confirm confiscate conquer consider consist construct consume contact contain
continue contribute convict convince cooperate cope count cover crash create criticise criticize
damage decide declare decline dedicate defeat defect defend define delete deliver demand
demolish deny depart depend deploy deport derail descend describe deserve design destroy detain
detect determine detonate develop devise die differ direct disagree disappear disband disclose
discontinue discover discuss dismantle dismiss disrupt dissolve distribute donate down
earn elect eliminate embezzle emerge emigrate employ enable encounter encourage end endorse
enforce ensure enter erect erupt escape establish estimate evacuate evade evaluate evolve examine
exceed exchange execute exist expand expect expel explain explode explore export expose extend
extradite fail fear film finance fire flow follow force form found fulfil gain generate
govern grant guarantee halt happen hijack hope host identify ignite ignore imagine immigrate
implement imply import impose imprison improve include increase infect inform inherit injure
insist inspect install intend intercept interrogate intervene introduce invade invent invest
investigate invite involve join jump kick kidnap kill land last launch like liquidate live look
love maintain manage marry merge migrate modify move murder name need negotiate nominate
note notify obey obtain occupy occur offer open operate oppose order organise organize outlaw own
paint participate pass perform persuade plan play plead postpone predict prefer prepare
preserve prevent proceed proclaim produce prohibit promise promote propose prosecute protect
provide provoke publish pull punish push qualify raise ratify reach react
realise realize receive recognise recognize recommend reconstruct record recover recruit reduce
refer refuse reject relate release relocate rely remain remember remind remove rename renew
renovate repair repeal replace report represent request require rescue resign resolve respond
restore restrict resume retain retire retreat return reveal reverse revise revoke ruin sack sail
scare score select separate serve settle share shell shoot sign smuggle solve spill
sponsor start state stay stop study submit succeed sue suffer suggest supervise supply support
suppress surrender survive suspect suspend sustain target test testify threaten tolerate train
transfer translate transport travel try turn undermine unveil urge use vaccinate vanish violate
visit vote vow walk want warn watch weaken weigh welcome wish withstand witness work worry wound
"""

_TABLE = [
    (forms[0], forms[min(1, len(forms) - 1)], forms[-1])
    for forms in (entry.split() for entry in _IRREGULAR.split(","))
]
_PAST = {base: past for base, past, _ in _TABLE}
_PARTICIPLE = {base: participle for base, _, participle in _TABLE}
_PARTICIPLES = frozenset(_PARTICIPLE.values())
_BASE_OF = {form: base for base, *forms in _TABLE for form in forms}
_REGULAR_BASES = frozenset(_REGULAR.split())
BASES = _REGULAR_BASES | frozenset(_PAST)

SAYING = frozenset(
    """say claim report announce state confirm declare note argue warn tell promise admit think
    believe hope explain insist suggest predict write deny""".split()
)

_VOWELS = "aeiou"
_BEFORE_E = (
    *("v", "c", "u", "dg", "ng", "as", "is", "os", "us", "ys", "at", "iz", "ad"),
    *("cid", "lid", "vid", "bl", "dl", "gl", "pl", "tl"),
)
# Stressed on the last syllable, so that its consonant is doubled: "admitted", "occurring".
_STRESSED = frozenset(
    """admit commit permit submit omit regret forget begin occur refer prefer transfer control
    acquit expel propel compel kidnap quit equip""".split()
)
_NO_VERB = frozenset(
    """thing bring string spring sling swing sting cling nothing something anything everything
    morning evening ceiling during according including""".split()
)


def past(base: str) -> str:
    """The past tense of a base form ("sink" -> "sank", "carry" -> "carried")."""
    return _PAST.get(base) or _with_ed(base)


def participle(base: str) -> str:
    """The past participle of a base form ("write" -> "written")."""
    return _PARTICIPLE.get(base) or _with_ed(base)


def gerund(base: str) -> str:
    """The form in "-ing" ("cut" -> "cutting", "lie" -> "lying", "make" -> "making")."""
    if base.endswith("ie"):
        return f"{base[:-2]}ying"
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye")) and base != "be":
        return f"{base[:-1]}ing"
    return f"{base}{base[-1]}ing" if _doubles(base) else f"{base}ing"


def third_person(base: str) -> str:
    """The form after "she" ("flow" -> "flows", "carry" -> "carries", "reach" -> "reaches")."""
    if base in {"have", "be"}:
        return {"have": "has", "be": "is"}[base]
    if base.endswith("y") and base[-2:-1] not in _VOWELS:
        return f"{base[:-1]}ies"
    return base + ("es" if base.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")


def split_tense(word: str) -> tuple[str, str] | None:
    """A finite verb as the auxiliary that would ask with it, and its base form.

    "wrote" -> ("did", "write"), "leads" -> ("does", "lead"), "own" -> ("do",
    "own"). None where the word is no verb by its form or by the lists.
    """
    if word in _BASE_OF or _PAST.get(word) == word:
        return "did", _BASE_OF.get(word, word)  # "hit", "put": news tells what has happened
    if word in BASES:
        return "do", word
    if word.endswith("s") and not word.endswith("ss"):
        base = _known([word[:-1], word[:-2] if word.endswith("es") else "", _y(word, "ies")])
        if base:
            return "does", base
    if _is_ed(word):
        return "did", _without_ed(word)
    return None


def is_participle(word: str) -> bool:
    """Whether a word after a form of "be" can be the verb: "downed", "written", "advancing"."""
    return (
        _is_ed(word)
        or word in _PARTICIPLES
        or (word.endswith("ing") and len(word) > 4 and word not in _NO_VERB)
    )


def _is_ed(word: str) -> bool:
    return len(word) > 3 and word.endswith("ed") and not word.endswith(("eed", "hundred"))


def _known(bases: list[str]) -> str | None:
    return next((base for base in bases if base in BASES), None)


def _y(word: str, ending: str) -> str:
    return f"{word[: -len(ending)]}y" if word.endswith(ending) else ""


def _doubles(base: str) -> bool:
    # One vowel before one last consonant, and one syllable: "stop", "ban", but not "visit".
    return base in _STRESSED or (
        len(base) > 2
        and base[-1] not in f"{_VOWELS}wxy"
        and base[-2] in _VOWELS
        and base[-3] not in _VOWELS
        and sum(letter in _VOWELS for letter in base) == 1
    )


def _with_ed(base: str) -> str:
    if base.endswith("e"):
        return f"{base}d"
    if base.endswith("y") and base[-2:-1] not in _VOWELS:
        return f"{base[:-1]}ied"
    return f"{base}{base[-1]}ed" if _doubles(base) else f"{base}ed"


def _without_ed(word: str) -> str:
    stem = word[:-2]
    if len(stem) < 3:  # "died", "used"
        return f"{stem}e"
    listed = _known([f"{stem}e", stem, stem[:-1], _y(word, "ied")])
    if listed:
        return listed
    if word.endswith("ied"):
        return f"{word[:-3]}y"
    if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "lsfz":
        return stem[:-1]
    # "invaded", "released", "arrived", "caused", "changed": few verbs end in these without an e.
    return f"{stem}e" if stem.endswith(_BEFORE_E) else stem
