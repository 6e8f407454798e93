"""Code that a prompt wants and nothing else, for step 3: `Return only the code.`, `in a ```python block`.

It is a small function that runs; it stands in a Markdown block unless the prompt says otherwise.
"""

import re
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.protocols.instructions import KEPT, instructions, unwrapped
from completions.script.protocols.observation import observation
from completions.script.wording import ANSWER, WRITE

WANTED = re.compile(
    rf"\b(?:{ANSWER}|{WRITE})\b[^\n.]{{0,40}}\b(?:only|just)\b[^\n.]{{0,30}}"
    r"\bcode\b(?! review)|\bcode only\b|\b(?:code|script|program|function)\b[^\n]{0,40}```(?:\w+)"
    r"|```\w* (?:code )?block",
    re.IGNORECASE,
)
PROGRAM = re.compile(
    r"\b(?:functions?|scripts?|programs?|algorithm|implement\w*|snippet|methods?|components?|refactor\w*|python|javascript"
    r"|typescript|bash|html|java|rust|golang)\b|```",
    re.IGNORECASE,
)
"""What tells that code is a program's, and not one that opens a door."""

BARE = re.compile(
    r"\b(?:no|not|without|don't|never)\b[^\n.]{0,40}(?:markdown|backtick|fence|```|code block)", re.IGNORECASE
)
LANGUAGE = re.compile(r"\b(python|javascript|typescript|js|ts|bash|shell|html|java|go|rust)\b", re.IGNORECASE)
CODE = {
    "python": 'def answer() -> str:\n    return "Hello"\n\n\nprint(answer())',
    "javascript": 'function answer() {\n  return "Hello";\n}\n\nconsole.log(answer());',
    "typescript": 'function answer(): string {\n  return "Hello";\n}\n\nconsole.log(answer());',
    "bash": 'echo "Hello"',
    "html": "<!doctype html>\n<title>Hello</title>\n<p>Hello</p>",
    "java": (
        'class Answer {\n    public static void main(String[] given) {\n        System.out.println("Hello");\n    }\n}'
    ),
    "go": 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("Hello")\n}',
    "rust": 'fn main() {\n    println!("Hello");\n}',
}
NAMES = {"js": "javascript", "ts": "typescript", "shell": "bash"}


def answer(prompt: Prompt, seed: str) -> str | None:
    """Write code in the language that the prompt names, else in Python; None where no code alone is wanted."""
    if prompt.tools or prompt.response_format.kind != "text" or observation(prompt) is not None:
        return None
    texts = [unwrapped(text) for text in instructions(prompt)]
    if not any(map(_is_wanted, texts)) or not any(map(PROGRAM.search, texts)):
        return None
    named = next((found[1].lower() for text in texts if (found := LANGUAGE.search(text))), "python")
    language = NAMES.get(named, named)
    return CODE[language] if any(map(BARE.search, texts)) else f"```{language}\n{CODE[language]}\n```"


@lru_cache(maxsize=KEPT)
def _is_wanted(text: str) -> bool:
    return WANTED.search(text) is not None
