"""Step 3: read `fault:` and `chaos:`; the names and parameters are those of the list of faults."""

from dataclasses import dataclass
from random import Random

from completions import faults
from completions.faults import AFTER, FAULTS, Parameter
from completions.outcome import Fault
from completions.script.language import CHAOS, STATUSES
from completions.script.reply.errors import Failure, failure
from completions.script.text.node import Node

ChaosResult = tuple[Fault, ...] | Failure
"""A result of chaos."""


@dataclass(frozen=True, slots=True)
class Chaos:
    """Random faults and errors: one of `of` with probability `rate`. The same seed and throw give the same result."""

    rate: float
    seed: int
    of: tuple[ChaosResult, ...]

    def throw(self, number: int) -> ChaosResult | None:
        """Return the result of a throw; None if nothing happens."""
        dice = Random(f"{self.seed}/{number}")
        return dice.choice(self.of) if dice.random() < self.rate else None


def combined(node: Node) -> tuple[Fault, ...]:
    """Read a fault, or a list of faults that are applied in order."""
    found = tuple(map(fault, node.one_or_more("fault")))
    if why := faults.conflict(found):
        raise node.error(f"has faults that cannot be combined: {why}")
    return found


def fault(node: Node) -> Fault:
    """Read a fault: its name, or a mapping from its name to its parameters."""
    if isinstance(node.value, str) and (name := node.value.partition(";")[0].strip()) in FAULTS and ";" in node.value:
        raise node.error(f"has parameters as in a header; here they are a mapping: {{{name}: {{…}}}}.")
    if node.value in STATUSES:
        raise node.error(f"is a status, not a fault: write `error: {node.value}`.")
    if not isinstance(node.value, dict):
        return faults.fault(node.one_of(FAULTS), {})
    found = node.fields(optional=FAULTS)
    if len(found) != 1:
        raise node.error("must name one fault.")
    name, parameter_nodes = next(iter(found.items()))
    parameters = FAULTS[name].parameters
    values = {
        key: _number(child, parameters[key]) for key, child in parameter_nodes.fields(optional=parameters).items()
    }
    if AFTER.keys() <= values.keys():
        raise parameter_nodes.error(f"takes one of: {', '.join(AFTER)}.")
    return faults.fault(name, values)


def chaos(node: Node) -> Chaos:
    """Read a chaos."""
    fields = node.keyed(CHAOS)
    rate = fields["rate"].number()
    if not 0 <= rate <= 1:
        raise fields["rate"].wrong("a number from 0 to 1")
    of = tuple(map(_chaos_result, fields["of"].items("fault or error")))
    return Chaos(rate, fields["seed"].count() if "seed" in fields else 0, of)


def _chaos_result(node: Node) -> ChaosResult:
    if isinstance(node.value, dict) and "error" in node.value:
        return failure(node.fields(required=("error",))["error"])
    return combined(node)


def _number(node: Node, parameter: Parameter) -> float:
    if not parameter.accepts(node.value):
        raise node.wrong(parameter.expected)
    return node.number()
