"""Which candidates say the same in other words, so that they can be counted as one."""

from __future__ import annotations

from collections.abc import Sequence

from pincite.qa.said.same import Relation, Said, compare

COMPARED = 24  # different wordings that are compared at most: each costs a comparison with each


def keys(
    question: str, said: Sequence[Said], plain: Sequence[str], scores: Sequence[float]
) -> list[str]:
    """A key for each candidate, equal for those that say the same.

    The best-scored wording that no earlier one equals begins a group, and is its key; another
    joins the first group whose beginning says the same (leader clustering: Hartigan, 1975).
    Comparing with the beginning alone keeps "10-12" between "10" and "12" from joining them.

    Args:
        said: the candidates' words where they stand.
        plain: the words of each without case, punctuation and articles.
        scores: of each; the best are compared, others keep to their own words.
    """
    groups: list[tuple[str, Said]] = []
    of: dict[tuple[str, object], str] = {}
    for i in sorted(range(len(said)), key=lambda i: -scores[i]):
        # The same words mean another day in an article of another day.
        wording = (plain[i], said[i].published)
        if wording in of:
            continue
        if len(of) >= COMPARED:
            of[wording] = plain[i]
            continue
        found = next(
            (key for key, first in groups if compare(question, first, said[i]) is Relation.SAME),
            None,
        )
        if found is None:
            groups.append((plain[i], said[i]))
        of[wording] = plain[i] if found is None else found
    return [of[plain[i], said[i].published] for i in range(len(said))]
