"""Records with delimiters that a prompt asks for, as those who make a graph of a text do."""

import pytest

from tests.scripts import said

TEXT = "Alice founded Acme Robotics in Berlin. Bob builds the robots. The Charite buys robots from Acme Robotics."
TUPLES = (
    "Find the entities and the relationships.\n"
    "- entity_type: One of the following types: [person,organization,place]\n"
    'Format each entity as ("entity"<|><entity_name><|><entity_type><|><entity_description>)\n'
    'Format each relationship as ("relationship"<|><source_entity><|><target_entity><|><relationship_description>'
    "<|><relationship_strength>)\n"
    "Return one list. Use **##** as the list delimiter. When finished, output <|COMPLETE|>\n"
    "Example 1:\nText: Some other words about Zoe.\n######\nOutput: <|COMPLETE|>\n"
    f"-Real Data-\n######\nEntity_types: person,organization,place\nText: {TEXT}\n######\nOutput:"
)
ROWS = (
    "Wrong: `entity<|#|><source_entity><|#|><target_entity><|#|><relationship_keywords>`\n"
    "Never: `entity<|#|><entity_name><|entity_type|><entity_description>`\n- Person: somebody\n- Place: somewhere\n"
    "entity<|#|><entity_name><|#|><entity_type><|#|><entity_description>\n"
    "relation<|#|><source_entity><|#|><target_entity><|#|><relationship_keywords><|#|><relationship_description>\n"
    "<|COMPLETE|>"
)
READ = f"Extract the rows, and end with `<|COMPLETE|>`.\n---Input Text---\n```\n{TEXT}\n```\n\n---Output---"


def test_records__are_of_the_names_in_the_text() -> None:
    *records, last = said(("user", TUPLES)).replace("\n<|", "\n##\n<|").split("\n##\n")
    assert last == "<|COMPLETE|>"
    fields = [record[1:-1].split("<|>") for record in records if record[0] + record[-1] == "()"]
    entities = {each[1]: each for each in fields if each[0] == '"entity"'}
    assert list(entities) == ["Alice", "Acme Robotics", "Berlin", "Bob", "Charite"]
    assert entities["Bob"][2:] == ["person", "Bob builds the robots."]
    relations = [each for each in fields if each[0] == '"relationship"']
    assert relations and len(fields) == len(records) == len(entities) + len(relations)
    for _, source, target, description, strength in relations:
        assert {source, target} <= entities.keys() and source in description and 1 <= float(strength) <= 10


def test_records__have_the_last_form_of_each_kind() -> None:
    *rows, last = said(("system", ROWS), ("user", READ)).splitlines()
    assert last == "<|COMPLETE|>"
    fields = [row.split("<|#|>") for row in rows]
    assert {(each[0], len(each)) for each in fields} == {("entity", 4), ("relation", 5)}
    assert ["entity", "Alice", "Person", "Alice founded Acme Robotics in Berlin."] in fields


@pytest.mark.parametrize("first", [(("user", TUPLES),), (("system", ROWS), ("user", READ))])
def test_records__are_not_said_again(first: tuple[tuple[str, str], ...]) -> None:
    answered = (*first, ("assistant", "…"), ("user", "MANY were missed in the last extraction. Add them below."))
    assert said(*answered) == "<|COMPLETE|>"
    whether = ("user", "Some may have been missed. Answer Y if there are still some, or N if there are none.")
    assert said(*answered, ("assistant", "<|COMPLETE|>"), whether) in ("N", "<|COMPLETE|>")


@pytest.mark.parametrize(
    "text", ["Explain <|im_start|> to me.", "What is <|a|><b><|c|><d>?", "<a><b><c>", "entity<|>name"]
)
def test_records__are_not_written_where_no_form_is_shown(text: str) -> None:
    assert "<|" not in said(("user", text))


def test_records__of_a_text_without_names() -> None:
    answer = said(("user", TUPLES.replace(TEXT, "it rains all day")))
    assert answer.count('"entity"') == 2 and answer.count('"relationship"') == 1
