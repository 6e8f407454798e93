"""Step 3: a script in memory: an ordered list of rules, of which the first that matches answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from completions import budget
from completions.conversation import Prompt
from completions.exceptions import AuthorError, RuleFailed
from completions.outcome import Fault, Hold, Upstream
from completions.script.dataset.answer import FromData
from completions.script.faults import Chaos
from completions.script.limits import Limits, Quota
from completions.script.match.index import Index
from completions.script.match.matchers import Matcher
from completions.script.models import UNLISTED, Models
from completions.script.pace import UNPACED, Pace
from completions.script.prompts import Templates
from completions.script.reply.replies import Answer, Auto, Fixed, load_auto
from completions.script.scenarios import Running, Scenarios
from completions.script.text.node import Doubt
from completions.tokens import text as tokens

PUSHED = "pushed"
"""Replaces the file's name in errors of pushed rules."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A named condition and its answers in order, the last of which repeats. Without a condition, every prompt matches.

    `pacing` and `chaos` include the script's defaults. `line` is the position in the script. `before` is what a stream
    answers before a fault ends it with the rule's error. `is_counted` is set if the answer depends on how often the
    rule has answered. `cassette` is the file where its answers are recorded, if they are.
    """

    name: str
    answers: tuple[Answer, ...]
    match: Matcher | None = None
    times: int | None = None
    pacing: Pace = UNPACED
    hold: Hold | None = None
    line: int = 0
    faults: tuple[Fault, ...] = ()
    chaos: Chaos | None = None
    before: Answer | None = None
    cassette: str = ""
    is_counted: bool = field(init=False)

    def __post_init__(self) -> None:
        in_turn = any(isinstance(each, FromData) and each.is_in_turn for each in (*self.answers, self.before))
        object.__setattr__(self, "is_counted", self.times is not None or len(self.answers) > 1 or in_turn)

    def answer(self, uses: int) -> Answer:
        """Return the answer to a request after the rule has answered `uses` times."""
        number = min(uses, len(self.answers) - 1)
        return _in_turn(self.answers[number], uses - number)

    def answer_before(self, uses: int) -> Answer | None:
        """Return the answer of such a request's stream before its error."""
        return None if self.before is None else _in_turn(self.before, uses)

    def why_not(self, prompt: Prompt) -> str:
        """Return why the rule did not answer this prompt."""
        why = self.match.why_not(prompt) if self.match else None
        return why or f"it has answered its {self.times} time{'' if self.times == 1 else 's'}"


def _in_turn(answer: Answer, turn: int) -> Answer:
    return answer.at(turn) if isinstance(answer, FromData) else answer


def _verbatim_texts(answers: Sequence[Answer]) -> list[str] | None:
    """Return the texts of answers if all are verbatim documents, whose tokens are not counted; else None."""
    replies = [answer.reply for answer in answers if isinstance(answer, Fixed) and answer.reply.body is not None]
    if not replies or len(replies) < len(answers):
        return None
    return [choice.text or "" for reply in replies for choice in reply.choices]


@dataclass(frozen=True, slots=True)
class Script:
    """A script: its source, its defaults, its rules, and doubts about its text.

    `has_fallback` is whether it sets the fallback itself, and `upstream` the other server that is its fallback.
    """

    source: str
    rules: tuple[Rule, ...]
    fallback: Answer
    catalogue: Models = UNLISTED
    strict: bool = False
    validate: bool = True
    pacing: Pace = UNPACED
    keys: tuple[str, ...] = ()
    limits: tuple[Limits, ...] = ()
    quota: Quota | None = None
    chaos: Chaos | None = None
    seed: str | None = None
    dialect: str = ""
    doubts: tuple[Doubt, ...] = ()
    scenarios: Scenarios = field(default_factory=dict)
    prompts: Templates = field(default_factory=dict)
    running: Running | None = None
    compression: tuple[str, ...] = ()
    has_fallback: bool = False
    upstream: Upstream | None = None
    _index: Index[Rule] = field(init=False, repr=False, compare=False)
    _special: Index[Rule] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the rules: all for generated answers, and for others those that name a format."""
        object.__setattr__(self, "_index", Index(self.rules))
        object.__setattr__(self, "_special", Index(self.rules, "format"))

    def preload(self) -> None:
        """Load what takes long and its answers need, so that no request waits for it."""
        answers = [answer for rule in self.rules for answer in rule.answers]
        texts = _verbatim_texts(answers)
        if texts is None or not tokens.are_known(texts):
            tokens.load_default_encoding()
        has_fallback = not any(rule.match is None and rule.times is None for rule in self.rules)
        if any(isinstance(answer, Auto) for answer in (*answers, *[self.fallback][:has_fallback])):
            load_auto()

    @property
    def data_problem(self) -> str | None:
        """The problem of a data file that changed after the script was read; None if there is none."""
        files = (each.file for rule in self.rules for each in rule.answers if isinstance(each, FromData))
        return next((file.problem for file in files if file.problem is not None), None)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models that it lists; if it lists none, all known models exist, or any."""
        return self.catalogue.names

    def rules_for(self, prompt: Prompt) -> Sequence[Rule]:
        """Return the rules for a prompt's task: if its answer is not generated, only those that name a format."""
        return self.rules if prompt.task == "generate" else self._special.rules

    @property
    def counts_tokens(self) -> bool:
        """Whether a request's tokens must be counted before it is answered."""
        return any(limits.tpm is not None for limits in self.limits)

    def candidates(self, prompt: Prompt) -> list[Rule]:
        """Return the matching rules in order, up to the first without `times`: one of them answers, or none."""
        found = []
        index = self._index if prompt.task == "generate" else self._special
        for rule in index.possible(prompt):
            if rule.match is None or self.fits(rule, prompt):
                found.append(rule)
                if rule.times is None:
                    break
        return found

    def fits(self, rule: Rule, prompt: Prompt) -> bool:
        """Tell whether a rule's condition holds; raise `RuleFailed` if it fails to evaluate."""
        if rule.match is None:
            return True
        try:
            return rule.match.matches(prompt)
        except budget.Exceeded:
            raise
        except AuthorError as exc:
            raise self.failure(rule.name, exc) from exc
        except budget.TooSlow as exc:
            raise self.failure(rule.name, AuthorError("expression_failed", f"its match: {exc}")) from exc
        except Exception as exc:
            failed = AuthorError("expression_failed", f"its match raised {budget.described(exc)}")
            raise self.failure(rule.name, failed) from exc

    def failure(self, name: str | None, exc: AuthorError) -> RuleFailed:
        """Return the error for the failing rule of that name; None is the fallback."""
        line = next((rule.line for rule in self.rules if rule.name == name), None)
        where = self.source if line is None else f"{self.source}:{line}" if line else PUSHED
        return RuleFailed(name, where, exc)
