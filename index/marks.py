"""Lines that tell who, when and whose picture: timestamps, bylines, captions.

Each function looks at one line's text alone and knows nothing of its neighbours.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# -- when ----------------------------------------------------------------------------------

_MONTHS = _words(
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
_DAYS = _words(
    "monday tuesday wednesday thursday friday saturday sunday "
    "mon tue tues wed thu thur thurs fri sat sun today yesterday"
)
_UNITS = _words(
    "s m h d w y sec secs second seconds min mins minute minutes hr hrs hour hours day days "
    "week weeks wk wks month months mo year years yr yrs a an about over one two three"
)
_CLOCK_WORDS = _words("am pm noon midnight")
_ZONES = _words(
    "et est edt ct cst cdt mt mst mdt pt pst pdt gmt utc bst cet cest eet eest ist jst kst hkt sgt "
    "aest aedt msk eastern central pacific mountain time local z"
)
_FILLERS = _words(
    "updated update published publish posted post modified created edited first last "
    "on at of the and as"
)
_KNOWN = _MONTHS | _DAYS | _CLOCK_WORDS | _ZONES | _FILLERS
_MERIDIEM = re.compile(r"\b([ap])\.\s?m\b\.?|(?<=\d)([ap])\.?m\b\.?", re.IGNORECASE)
_TOKEN = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?|\d+(?:st|nd|rd|th)?(?![^\W\d_])|[^\W\d_]+|:")
_DIGIT = re.compile(r"\d")
_NOISE = re.compile(r"[\s,.()|•·/@–—+-]+")
_NUMERIC_DATE = re.compile(r"(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_ELSEWHERE = re.compile(  # "10 months ago", "4 June 2023" in a few other languages
    r"\d+\s*(?:秒|分鐘|分钟|分|小時|小时|時間|天|日|週|周|星期|個月|个月|か月|ヶ月|月|年)之?前"
    r"|\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日.{0,20}"
    r"|(?:il y a|hace|há|vor)\s+\d+\s+\w+|\d+\s+\w+\s+(?:fa|atrás|geleden|назад|тому)"
)


def is_timestamp(text: str) -> bool:
    """Whether a line is nothing but a point in time: "2:35 p.m. ET, June 4, 2023"."""
    if len(text) > 90:
        return False
    if not _DIGIT.search(text):
        return text.lower() in ("yesterday", "an hour ago", "a day ago", "just now")
    if _ELSEWHERE.fullmatch(text):
        return True
    tokens = _time_tokens(text)
    if not tokens:
        return False
    words = {token for token in tokens if token[0].isalpha()}
    if "ago" in words:
        return words - {"ago"} <= _UNITS | _FILLERS
    if not words <= _KNOWN or (":" in tokens and not set(tokens[: tokens.index(":")]) <= _FILLERS):
        return False
    return bool(
        words & _MONTHS
        or words & _CLOCK_WORDS
        or any(":" in token and token != ":" for token in tokens)
        or _NUMERIC_DATE.search(text)
    )


def is_bare_date(text: str) -> bool:
    """Whether a timestamp names a day, a month or a year but neither clock nor publication."""
    return ":" not in text and not set(_time_tokens(text)) & (_CLOCK_WORDS | _FILLERS | {"ago"})


def _time_tokens(text: str) -> list[str]:
    """The line's tokens in lower case, or none if it holds anything no timestamp holds."""
    text = _MERIDIEM.sub(lambda match: f" {match[1] or match[2]}m ", text).lower()
    tokens: list[str] = _TOKEN.findall(text)
    return tokens if "".join(tokens) == _NOISE.sub("", text) else []


# -- who -----------------------------------------------------------------------------------

_NAME_WORD = r"(?:[^\W\d_a-z][\w.'’-]*|d[e'’]\w*|al-\w+)"
_NAME = re.compile(
    rf"{_NAME_WORD}(?:\s+(?:(?:de|da|van|von|der|bin|la|le|el|du|di)\s+)*{_NAME_WORD}){{1,3}}"
)
_NAMES = re.compile(rf"{_NAME.pattern}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*){_NAME.pattern})*")
_BY = re.compile(
    r"(?:(?:Written|Words|Story|Text|Report|Reporting|Reported|Edited|Compiled|Produced|Analysis"
    r"|Opinion|Interview|Posted|Published|Video|Transcript)\s+)?[Bb][Yy]\s*:?\s+(?=\S)"
)
_FROM = re.compile(r"From\s+(?=\S)")
_JOINING = _words(
    "and & in of for the with at de da van von der den bin ibn al el la le du di staff writer "
    "writers reporter reporters correspondent correspondents editor editors contributor to "
    "contributors columnist columnists magazine special wire reports report services service "
    "news network agencies team"
)
_CREDIT_WORDS = _words("staff reports report wire services agencies correspondents")
_STAMP = re.compile(r"\s*[|•·]\s*|\s+(?=(?:Published|Updated|Posted)\b)")
_SIGNED = re.compile(
    rf"[-–—―−]{{1,2}}\s*(?:By\s+)?({_NAMES.pattern}(?:\s*,\s*{_NAME_WORD}(?:\s+{_NAME_WORD}){{0,3}})?)"
)
_CREDITS = re.compile(
    r"\(?(?:(?:Contributing|Contributors?)(?:\s\w+)?\s?:|Additional reporting|"
    r"(?:Reporting|Editing|Writing|Compiled|Additional writing)(?:\sand\s\w+)?\sby\s+[A-Z])"
)
_CONTRIBUTED = re.compile(
    r"\bcontributed\s+(?:reporting\s+)?(?:to|from|for)\s+(?:this|the)\s+(?:\w+\s+)?"
    r"(?:report|story|article|piece|fact check)\b[^.]{0,40}\W*$|\bcontributed reporting\W*$"
)
_DATELINE = re.compile(rf"\(?{_NAME_WORD}(?:[\s,]+(?:and\s+)?{_NAME_WORD}){{0,6}}\)?\s*[—–]")
_ADDRESS = re.compile(
    rf"(?:{_NAME.pattern}\s*,\s*)?(?:[\w.+-]+@[\w-]+\.[\w.-]+|@\w{{2,30}})"
    rf"(?:\s*,\s*{_NAME.pattern})?"
)
_OUTLET = re.compile(
    r"\b(?:Press|News|Times|Post|Network|Journal|Herald|Tribune|Magazine|Republic|Register|Gazette"
    r"|Chronicle|Reuters|AFP|AP|Agency|Correspondent|correspondent|[Cc]ontributor|[Cc]olumnist"
    r"|[Rr]eporter|[Ss]taff|Wire|wire|[Cc]ontributors|[Cc]olumnists|Special (?:to|for)|Bureau"
    r"|Newsroom|[Mm]agazine|\w+\.(?:com|org|net))\b"
)


def is_byline(text: str) -> bool:
    """Whether a line says by its own form who wrote: "By A and B", "From A's B in C"."""
    if len(text) > 320:
        return False
    if _CREDITS.match(text) or ("contributed" in text and _CONTRIBUTED.search(text)):
        return True
    if match := _BY.match(text):
        rest = _STAMP.split(text[match.end() :], maxsplit=1)[0]
        return rest != "" and not rest[0].islower() and _is_credit_list(rest)
    if match := _FROM.match(text):
        rest = text[match.end() :]
        words = rest.split()
        if not _is_credit_list(rest):
            return False
        owned = any(word.endswith(("'s", "’s", "s'", "s’")) for word in words[:-1][:4])
        return owned or any(word.strip(",.").lower() in _CREDIT_WORDS for word in words)
    return False


def may_be_byline(text: str) -> bool:
    """Whether a line would be a byline if it stood under a headline: "From A and B in C"."""
    match = _FROM.match(text)
    return bool(match and _is_credit_list(text[match.end() :])) or is_byline(text)


def _is_credit_list(text: str) -> bool:
    words = text.split()
    if len(words) > 40 or (text.endswith((".", "!", "?", ":")) and len(words[-1]) > 4):
        return False
    return all(
        not word[0].islower() or word.strip(",.;").lower() in _JOINING
        for word in (raw.lstrip("(\"'“‘") or raw for raw in words)
    )


def is_signature(text: str) -> bool:
    """Whether a line is a dash and a name, as under a post or a letter: "– Jo Doe, Kyiv"."""
    return len(text) <= 90 and _SIGNED.fullmatch(text) is not None


def is_names(text: str) -> bool:
    """Whether a line is nothing but what could be names of persons: "Jo Doe and Al Roe"."""
    return len(text) <= 200 and _NAMES.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Whether a line is an author's e-mail address or handle, his name before it or not."""
    return len(text) <= 80 and _ADDRESS.fullmatch(text) is not None


def is_outlet(text: str) -> bool:
    """Whether a line could name who a text is from: "Associated Press", "AP", "Paris AFP —"."""
    if len(text) > 70:
        return False
    words = text.split()
    return _DATELINE.fullmatch(text) is not None or (
        len(words) <= 6
        and all(not word[0].islower() or word in _JOINING or "." in word for word in words)
        and (_OUTLET.search(text) is not None or (text.isupper() and len(words) <= 2))
    )


# -- whose picture -------------------------------------------------------------------------

_AGENCY = (
    r"(?:Getty(?: Images)?|AFP|AP|Reuters|REUTERS|EPA|EFE|UPI|TNS|TASS|Xinhua|Shutterstock|Alamy"
    r"|iStock|Zuma(?: Press)?|ZUMA|Bloomberg|Anadolu(?: Agency)?|Sipa(?: USA)?|Redux|Corbis"
    r"|Unsplash"
    r"|Handout|Pool|POOL|Twitter|Instagram|Facebook|YouTube|Wikimedia Commons)"
)
_CREDIT_TAIL = re.compile(
    rf"(?:/\s?{_AGENCY}|via {_AGENCY}|\bGetty Images|[.!?”\"’)]\s+{_AGENCY})"
    rf"(?:/[\w. ]{{2,30}}|(?:\s+[A-Z]\w+){{1,2}})?\)?$"
    r"|\b(?:PHOTO|Photo|Image|Picture|Photograph|Photos|Credit|(?:Photo|Image|Picture) [Cc]redit"
    r"|(?:Photo|Image) courtesy)s?\s?(?::|/|\bby\b|©|courtesy of)\s*[A-Z©@][^.:]{1,60}\)?\.?$"
    r"|\((?:AP |Staff |File |Submitted |Courtesy )?(?:[Pp]hotos?|[Pp]hotograph|[Cc]redit"
    r"|[Ii]mage (?:[Cc]redit|courtesy|by)|[Ii]mage:)\b[^()]{0,90}\)$"
    r"|(?:^|[.!?”\"’)]\s+)(?:[Cc]ourtesy|COURTESY|Staff [Pp]hoto|File [Pp]hoto)\b[^.]{1,60}$"
    r"|(?:^|\s)(?:©|\(c\))\s?[A-Z][^.:]{1,50}/[^.:]{1,40}$"
)
# A sentence or two, then up to five capitalised words that are no sentence: who took it.
_NAME_TAIL = re.compile(
    r"(?<=[a-z0-9)][.!?]|[.!?][”\"’])\s+(?:[A-Z@][\w.'’@&-]*(?:\s+(?:de|da|van|von|for|of"
    r"|and)\b)?(?:\s+|/|,\s|$)){1,6}$"
)
_PICTURE = re.compile(r"[Pp][Hh][Oo][Tt][Oo]|[Ii]mage|[Cc]redit|[Pp]icture|©|\(c\)")
_CAPTION_START = re.compile(
    r"FILE\s?(?:PHOTO)?\s?[-–—:]|File photo\b|(?:Photo|Picture|Image) by [A-Z]"
)
_SENTENCES = re.compile(r"[.!?]\s+[A-Z]")
_ABBREVIATION = re.compile(
    r"\b(?:St|Ste|Mr|Mrs|Ms|Dr|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Capt|Prof|Rev|Hon|Jr|Sr|No|vs?|Inc|Co"
    r"|Corp|Mt|Ft"
    r"|Ave|Blvd|Rd|[AaPp]\.[Mm]|[A-Z])\.$"
)
_LAST_WORDS = re.compile(r"(?:Read More|See More|More|Here|Yes|No|Jr|Sr|Inc)\W*$")


def is_caption(text: str) -> bool:
    """Whether a line is by its own form a picture's caption: it ends in a credit."""
    if len(text) > 700:
        return False
    if "Hide Caption" in text or "Hide caption" in text:
        return True
    if text[-1] in '.!?"”' and not _PICTURE.search(text, max(0, len(text) - 130)):
        return _CAPTION_START.match(text) is not None
    if _CAPTION_START.match(text) or _CREDIT_TAIL.search(text, max(0, len(text) - 130)):
        return True
    if len(text) > 350 or text[-1] in '.!?"”':
        return False
    tail = _NAME_TAIL.search(text, max(0, len(text) - 70))
    if not tail or _LAST_WORDS.search(tail.group()):
        return False
    if _ABBREVIATION.search(text, max(0, tail.start() - 12), tail.start()):
        return False
    return len(_SENTENCES.findall(text, 0, tail.start())) <= 3 and tail.start() > 25
