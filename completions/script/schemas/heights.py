"""The depth of the smallest value of a schema, for step 3, which shows the branch that ends a recursion soonest.

The heights are found in rounds, from the scalars up, so that references in circles do no harm.
"""

from collections.abc import Mapping

from completions import budget
from completions.script.schemas.document import (
    Document,
    Schema,
    Unsatisfiable,
    mapping_of,
    schema_of,
    schemas_of,
    strings_of,
    subschemas,
    whole,
)
from completions.script.schemas.validity import item_schema, types_of

ENDLESS = 1_000
"""The height of an endless value."""

MAX_PLACES = 4_000
"""The places in the largest schema that is measured; in a larger one all heights are 0."""


class Heights:
    """The height of every schema of a document: 0 for scalars and values that may be empty."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.known: dict[int, int] = {}
        places = list(subschemas(document.root))
        if len(places) > MAX_PLACES:
            return
        self.known = {id(place): ENDLESS for place in places}
        for _ in range(40):
            budget.seconds_left()
            before = dict(self.known)
            for place in reversed(places):
                self.known[id(place)] = self._measure(place)
            if before == self.known:
                break

    def of(self, schema: Schema) -> int:
        """Return the height of a schema of the document; 0 for any other."""
        return 0 if isinstance(schema, bool) else self.known.get(id(schema), 0)

    def _measure(self, schema: Mapping[str, object]) -> int:
        if "const" in schema or "enum" in schema:
            return 0
        heights = [0, self._own_height(schema)]
        if "$ref" in schema:
            try:
                heights.append(self.of(self.document.resolve(schema["$ref"])))
            except Unsatisfiable:
                heights.append(ENDLESS)
        heights += map(self.of, schemas_of(schema.get("allOf")))
        for key in ("anyOf", "oneOf"):
            heights.append(min(map(self.of, schemas_of(schema.get(key))), default=0))
        return min(ENDLESS, max(heights))

    def _own_height(self, schema: Mapping[str, object]) -> int:
        types = types_of(schema)
        if types and set(types) - {"object", "array"}:
            return 0
        properties = mapping_of(schema.get("properties"))
        needed = [schema_of(properties.get(name)) for name in strings_of(schema.get("required"))]
        if types == ["array"]:
            needed = [item_schema(schema, index) for index in range(min(whole(schema.get("minItems"), 0), 4))]
        return 1 + max(map(self.of, needed)) if needed else 0
