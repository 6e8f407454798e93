"""YAML as a person writes it: what the mock writes for people to read and to change."""

import re
from typing import Any

import yaml


class Dumper(yaml.SafeDumper):
    """Lists are indented, and texts of many lines stand as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists within mappings too."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out."""
        return True


NUMBER = re.compile(r"[-+]?[.0-9][-+.0-9eE]*")
"""What scripts may take for a number, and PyYAML for a text."""


def _string(dumper: Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else "'" if NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _string)

STYLE: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 100}
"""How to write; `width` is where lines are folded."""


def yaml_text(value: object) -> str:
    """Return a value as YAML."""
    text: str = yaml.dump(value, Dumper=Dumper, **STYLE)
    return text
