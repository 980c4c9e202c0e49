"""The measures of a whole run: overall, by kind, and what another wording costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pincite.eval.outcomes import FORMAT, Trust, run_of, trust
from pincite.eval.questions import KINDS, REFUSED, Question
from pincite.eval.rates import Latency, Part, Rate, latency, rate, share
from pincite.eval.record import MEANS, MEASURES, Record
from pincite.eval.words import normalise

GAP_MEASURES = ("as_expected", "right", "correct_and_cited", "false_refusal", "hit@10")

REWORDED = ("paraphrase", "misspelled", "keywords")
"""Kinds whose questions ask in other words for what a plain one of their group asks for."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The measures of some of the questions.

    Attributes:
        questions: how many they are.
        rates: measure -> rate, without the measures that apply to none of them.
        latency: of their answers.
    """

    questions: int
    rates: Mapping[str, Rate]
    latency: Latency


@dataclass(frozen=True, slots=True)
class Gap:
    """A measure of questions against the same ones in plain words.

    Attributes:
        asked: as they were asked: follow-ups with their history, or reworded ones.
        plain: follow-ups written out, without history, or for each reworded one the mean of
            the plain ones that ask for the same fact.
        difference: asked less plain, question by question, -1..1.
    """

    asked: Rate
    plain: Rate
    difference: Rate


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many questions were answered and refused, by whether the sources answer them."""

    answerable_answered: int
    answerable_refused: int
    unanswerable_answered: int
    unanswerable_refused: int


@dataclass(frozen=True, slots=True)
class Report:
    """A run over the evaluation questions.

    Attributes:
        metadata: what the caller says of the run: settings, fingerprints, ...
        overall: of all records.
        kinds: kind -> its summary, in the order of `KINDS`.
        gaps: measure -> gap, over the turns after a conversation's first;
            empty if none was asked.
        rewordings: kind of `REWORDED` -> gap of being correct and cited.
        records: every question, in the order asked.
        written_out: the follow-ups again, asked as `standalone`; in no summary.
    """

    metadata: Mapping[str, Any]
    overall: Summary
    kinds: Mapping[str, Summary]
    gaps: Mapping[str, Gap]
    rewordings: Mapping[str, Gap]
    records: tuple[Record, ...]
    written_out: tuple[Record, ...]

    @property
    def failures(self) -> tuple[Record, ...]:
        """The records whose answer is not as expected."""
        return tuple(record for record in self.records if record.cause is not None)

    @property
    def refusals(self) -> Refusals:
        """Of all records."""
        counts = Counter(
            (record.question.answerable, record.body["status"] in REFUSED)
            for record in self.records
        )
        kinds = ((True, False), (True, True), (False, False), (False, True))
        return Refusals(*(counts[kind] for kind in kinds))

    @property
    def stages(self) -> Mapping[str, Latency]:
        """Stage -> its latency, over all records: what the answers record, and "wall" first."""
        wall = {"wall": [record.wall_ms for record in self.records]}
        names = dict.fromkeys(name for record in self.records for name in record.body["took_ms"])
        recorded = {
            name: [record.body["took_ms"].get(name, 0.0) for record in self.records]
            for name in names
        }
        return {name: latency(times) for name, times in (wall | recorded).items()}

    @property
    def trust(self) -> Trust | None:
        """Whether the confidence of what was shown is what it says; None if nothing was."""
        rows = [record.to_dict() for record in self.records]
        run = run_of({"metadata": {}, "questions": rows})
        return trust([*run.outcomes.values()])

    def to_dict(self) -> dict[str, Any]:
        """Everything in the report as plain JSON-ready values."""
        trusted = self.trust
        return {
            "format": FORMAT,
            "metadata": dict(self.metadata),
            "measures": dict(MEASURES),
            "overall": _summary_dict(self.overall),
            "kinds": {kind: _summary_dict(summary) for kind, summary in self.kinds.items()},
            "gaps": {measure: asdict(gap) for measure, gap in self.gaps.items()},
            "rewordings": {kind: asdict(gap) for kind, gap in self.rewordings.items()},
            "refusals": asdict(self.refusals),
            "stages_ms": {name: asdict(times) for name, times in self.stages.items()},
            "trust": None if trusted is None else trusted.to_dict(),
            "questions": [record.to_dict() for record in self.records],
            "written_out": [record.to_dict() for record in self.written_out],
        }


def _summary_dict(summary: Summary) -> dict[str, Any]:
    return {
        "questions": summary.questions,
        "rates": {measure: asdict(value) for measure, value in summary.rates.items()},
        "latency_ms": asdict(summary.latency),
    }


def make_report(
    records: Sequence[Record], written_out: Sequence[Record], metadata: Mapping[str, Any]
) -> Report:
    """Sum up the records, of which there is at least one."""
    return Report(
        metadata=metadata,
        overall=_summarise(records),
        kinds={
            kind: _summarise(of_kind)
            for kind in KINDS
            if (of_kind := [record for record in records if record.question.kind == kind])
        },
        gaps=_gaps(records, written_out),
        rewordings=_rewordings(records),
        records=tuple(records),
        written_out=tuple(written_out),
    )


def _summarise(records: Sequence[Record]) -> Summary:
    rates = {}
    for measure in MEASURES:
        parts = (part for record in records if (part := record.part(measure)))
        found = rate(parts) if measure in MEANS else share(parts)
        if found is not None:
            rates[measure] = found
    return Summary(len(records), rates, latency([record.wall_ms for record in records]))


def _gaps(records: Sequence[Record], written_out: Sequence[Record]) -> dict[str, Gap]:
    as_asked = {record.question.id: record for record in records}
    gaps = {}
    for measure in GAP_MEASURES:
        pairs = [
            (asked, written)
            for record in written_out
            if (asked := as_asked[record.question.id].part(measure))
            and (written := record.part(measure))
        ]
        if found := _gap(pairs):
            gaps[measure] = found
    return gaps


def _rewordings(records: Sequence[Record]) -> dict[str, Gap]:
    """How much less often a reworded question is correct and cited than its plain siblings.

    Those are of its group and share an acceptable answer with it: a group may be a whole topic.
    """
    measured = [
        (record.question, part, _accepted(record.question))
        for record in records
        if (part := record.part("correct_and_cited"))
    ]
    plain = [one for one in measured if one[0].kind not in (*REWORDED, "conversation")]
    gaps = {}
    for kind in REWORDED:
        pairs = []
        for question, part, accepted in measured:
            if question.kind != kind:
                continue
            siblings = [
                sibling.amount
                for other, sibling, answers in plain
                if other.group == question.group and not answers.isdisjoint(accepted)
            ]
            if siblings:
                mean = sum(siblings) / len(siblings)
                pairs.append((part, Part(part.cluster, mean)))
        if found := _gap(pairs):
            gaps[kind] = found
    return gaps


def _accepted(question: Question) -> set[str]:
    """The acceptable answers of all accounts, in their normal form."""
    return {normalise(answer) for account in question.accounts for answer in account.answers}


def _gap(pairs: Sequence[tuple[Part, Part]]) -> Gap | None:
    asked = rate(one for one, _ in pairs)
    plain = rate(other for _, other in pairs)
    difference = rate(Part(one.cluster, one.amount - other.amount) for one, other in pairs)
    return Gap(asked, plain, difference) if asked and plain and difference else None
