"""The date or time a text states, as far as it states one: "June 4", "last year", "5 p.m.".

News gives dates in part: a weekday, a day without its year, "last month". What
is missing is filled in from the day the article was published; what then is
still open is compared by the parts that both texts state. Words that don't
name a point in time ("shortly before the invasion") are no date.
"""

from __future__ import annotations

import calendar
import functools
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from pincite.index.terms import fold
from pincite.qa.amounts import Fit

_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug"
        "|september sept sep|october oct|november nov|december dec".split("|"),
        start=1,
    )
    for name in names.split()
}
_DAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
# `[from, to]` in minutes since midnight; night ends on the next day.
_CLOCKS = {
    "dawn": (240, 480),
    "morning": (240, 720),
    "noon": (720, 720),
    "midday": (690, 780),
    "afternoon": (720, 1080),
    "evening": (1020, 1380),
    "night": (1140, 1800),
    "overnight": (1140, 1800),
    "midnight": (1440, 1440),
}
_ROUND_CLOCK = 15  # minutes by which "about 5 p.m." may be off
_M = "|".join(sorted(_MONTHS, key=len, reverse=True))
_D = r"(\d{1,2})(?:st|nd|rd|th)?"
_Y = r"(?:,? (?:of )?([12]\d{3})\b)?"
_ISO = re.compile(r"\b([12]\d{3})-(\d\d)-(\d\d)\b")
_DAY_MONTH = re.compile(rf"\b{_D} (?:of )?({_M})\b\.?{_Y}")
_MONTH_DAY = re.compile(rf"\b({_M})\b\.? {_D}(?![\d:]){_Y}")
_MONTH = re.compile(rf"\b({_M})\b\.?{_Y}")
_YEARS = re.compile(r"\b([12]\d{3})(?:s\b|(?: ?[-–/] ?| to )(\d{2,4})\b)?")
_DECADE = re.compile(r"\b[12]\d{2}0s\b")
_WEEKDAY = re.compile(rf"\b({'|'.join(_DAYS)})s?\b")
_TURN = re.compile(
    rf"\b(last|this|next|previous|past|current) (year|month|week|{'|'.join([*_SEASONS, *_DAYS])})\b"
)
_SEASON = re.compile(rf"\b({'|'.join(_SEASONS)})\b(?:(?: of)? ([12]\d{{3}}))?")
_AGO = re.compile(
    r"\b(\d{1,2}|a|one|two|three|four|five|six|seven|ten) (day|week|month|year)s? ago\b"
)
_FEW = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_NEAR = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}
_PART = re.compile(r"\b(early|mid|late)\b[ -]?(?!\d)")
_TIME = re.compile(r"\b(\d{1,2})(?:[:.](\d\d))?(?: ?([ap])\.?m\b\.?)?")
_CLOCK = re.compile(rf"\b({'|'.join(_CLOCKS)})\b")


@dataclass(frozen=True, slots=True)
class When:
    """A point or stretch of time as far as it is stated.

    Attributes:
        year, month, day: of the calendar, None where not stated or known.
        weekday: 0 is Monday.
        start, end: `[start, end]`, the days it may be, where the year is known.
        clock: `[from, to]` in minutes since midnight; `to` may be past the next midnight.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    start: date | None = None
    end: date | None = None
    clock: tuple[int, int] | None = None

    @property
    def grain(self) -> int:
        """Days that a stretch of known days spans, 0 if they aren't known."""
        return (self.end - self.start).days + 1 if self.start and self.end else 0


@functools.lru_cache(maxsize=4096)
def when(words: str, published: date | None = None) -> When | None:
    """The date or time that `words` state, or None.

    Args:
        published: when the text appeared; "Sunday" is the last one up to then.
    """
    text = fold(words)
    found = _calendar(text, words, published) or _relative(text, published) or When()
    clock = _clock(text)
    weekday = _WEEKDAY.search(text)
    if weekday and found.weekday is None:
        found = replace(found, weekday=_DAYS[weekday[1]])
        if found == When(weekday=found.weekday) and published:
            back = (published.weekday() - _DAYS[weekday[1]]) % 7
            found = _on(published - timedelta(days=back))
    found = replace(found, clock=clock)
    return None if found == When() else found


def fit(one: When, other: When) -> Fit | None:
    """How two dates stand to each other; None if they have nothing in common to compare."""
    days = _fit_days(one, other)
    if one.clock and other.clock and days is not Fit.APART:
        return Fit.SAME if _overlap(one.clock, other.clock) else Fit.APART
    return days


def _fit_days(one: When, other: When) -> Fit | None:
    if one.start and one.end and other.start and other.end:
        if one.start <= other.end and other.start <= one.end:
            return Fit.SAME
        # "two weeks ago" and "Monday" may be told of different days by a slip; two days may not.
        coarse = max(one.grain, other.grain) > 4 * min(one.grain, other.grain)
        return Fit.OPEN if coarse and not (one.year and other.year) else Fit.APART
    pairs = [
        (getattr(one, name), getattr(other, name))
        for name in ("year", "month", "day", "weekday")
        if getattr(one, name) is not None and getattr(other, name) is not None
    ]
    if not pairs:
        return None
    return Fit.SAME if all(left == right for left, right in pairs) else Fit.APART


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return any(
        one[0] + turn <= other[1] + _ROUND_CLOCK and other[0] <= one[1] + turn + _ROUND_CLOCK
        for turn in (-1440, 0, 1440)
    )


def _calendar(text: str, words: str, published: date | None) -> When | None:
    """A date that names its month, its year, or both."""
    if iso := _ISO.search(text):
        return _whole(int(iso[1]), int(iso[2]), int(iso[3]), published)
    if found := _DAY_MONTH.search(text):
        return _whole(_year(found[3], text, published), _MONTHS[found[2]], int(found[1]), published)
    if found := _MONTH_DAY.search(text):
        return _whole(_year(found[3], text, published), _MONTHS[found[1]], int(found[2]), published)
    found = _MONTH.search(text)
    # "may" and "march" are months only with a capital.
    if found and (found[1] not in ("may", "march") or found[1].title() in words):
        year = _year(found[2], text, published)
        stretch = _whole(year, _MONTHS[found[1]], None, published)
        return _part(text, stretch) if stretch else None
    if found := _SEASON.search(text):
        year = _year(found[2], text, published)
        return _season(found[1], year) if year else None
    if found := _YEARS.search(text):
        first = last = int(found[1])
        if _DECADE.search(text):
            last = first + 9
        elif found[2]:
            last = int(found[1][: -len(found[2])] + found[2])
        single = first if first == last else None
        stretch = When(year=single, start=date(first, 1, 1), end=date(max(first, last), 12, 31))
        return _part(text, stretch)
    return None


def _year(stated: str | None, text: str, published: date | None) -> int | None:
    """The year of a date that may say it, or say "of last year"."""
    if stated:
        return int(stated)
    turn = re.search(r"\b(last|this|next|previous|past) year\b", text)
    if turn and published:
        return published.year + {"next": 1, "this": 0}.get(turn[1], -1)
    return None


def _relative(text: str, published: date | None) -> When | None:
    """A date told from the day of publishing; nothing if that isn't known."""
    if published is None:
        return None
    for word, days in _NEAR.items():
        if re.search(rf"\b{word}\b", text):
            return _on(published + timedelta(days=days))
    if ago := _AGO.search(text):
        count = int(ago[1]) if ago[1].isdecimal() else _FEW.get(ago[1], 10)
        return _ago(count, ago[2], published)
    turn = _TURN.search(text)
    if turn is None:
        return None
    step = {"next": 1, "this": 0, "current": 0}.get(turn[1], -1)
    if turn[2] == "year":
        return _part(text, _whole(published.year + step, None, None, published) or When())
    if turn[2] == "month":
        year, month = divmod(published.year * 12 + published.month - 1 + step, 12)
        return _part(text, _whole(year, month + 1, None, published) or When())
    if turn[2] == "week":
        monday = published - timedelta(days=published.weekday() - 7 * step)
        return When(start=monday, end=monday + timedelta(days=6))
    if turn[2] in _DAYS:
        ahead = (_DAYS[turn[2]] - published.weekday()) % 7
        return _on(published + timedelta(days=ahead if step >= 0 else ahead - 7))
    return _season(turn[2], published.year + step)


def _ago(count: int, unit: str, published: date) -> When:
    if unit == "day":
        return _on(published - timedelta(days=count))
    days = count * {"week": 7, "month": 30, "year": 365}[unit]
    slack = {"week": 3, "month": 15, "year": 183}[unit]
    middle = published - timedelta(days=days)
    return When(start=middle - timedelta(days=slack), end=middle + timedelta(days=slack))


def _on(day: date) -> When:
    return When(day.year, day.month, day.day, day.weekday(), day, day)


def _whole(
    year: int | None, month: int | None, day: int | None, published: date | None
) -> When | None:
    """A date of the calendar; without its year the one nearest to `published`."""
    if month and year is None and published:
        year = min(
            range(published.year - 1, published.year + 2),
            key=lambda y: abs((date(y, month, min(day or 15, 28)) - published).days),
        )
    if month is not None and not 1 <= month <= 12:
        return None
    if year is None:
        return When(month=month, day=day)
    if month is None:
        return When(year, start=date(year, 1, 1), end=date(year, 12, 31))
    last = calendar.monthrange(year, month)[1]
    if day is None:
        return When(year, month, start=date(year, month, 1), end=date(year, month, last))
    return _on(date(year, month, day)) if 1 <= day <= last else None


def _season(name: str, year: int) -> When:
    """Three months; winter is that which begins in `year` or ended in it."""
    start = _SEASONS[name]
    if start == 12:
        return When(start=date(year - 1, 12, 1), end=date(year + 1, 2, 28))
    return When(year, start=date(year, start, 1), end=date(year, start + 2, 30))


def _part(text: str, whole: When) -> When:
    """The early, middle or late third of a stretch, with a tenth of it to spare."""
    part = _PART.search(text)
    if part is None or whole.start is None or whole.end is None:
        return whole
    days = whole.grain
    low, high = {"early": (0.0, 0.45), "mid": (0.25, 0.75), "late": (0.55, 1.0)}[part[1]]
    start = whole.start + timedelta(days=round(low * days))
    return replace(whole, start=start, end=whole.start + timedelta(days=round(high * days) - 1))


def _clock(text: str) -> tuple[int, int] | None:
    times = [
        (int(m[1]) % 12 + 12 * (m[3] == "p") if m[3] else int(m[1])) * 60 + int(m[2] or 0)
        for m in _TIME.finditer(text)
        if (m[3] and int(m[1]) <= 12) or (m[2] and ":" in m[0] and int(m[1]) < 24)
    ]
    if times:
        first, last = times[0], times[-1]
        return (first, last if last >= first else last + 1440)
    part = _CLOCK.search(text)
    return _CLOCKS[part[1]] if part else None
