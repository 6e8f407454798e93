"""Code as the whole answer, for step 3: `Return only the code.`, `in a ```python block`.

It is a small function that runs, in a Markdown block unless the prompt forbids that.
"""

import re
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.protocols.instructions import CACHE_SIZE, instructions, takes_any_text, unwrapped
from completions.script.protocols.languages import CODE, LANGUAGE, LANGUAGES, SHELLS, language_of
from completions.script.protocols.observation import observation
from completions.script.wording import ANSWER, WRITE

WANTED = re.compile(
    rf"(?i)\b(?:{ANSWER}|{WRITE})\b[^\n.]{{0,40}}\b(?:only|just)\b[^\n.]{{0,30}}"
    rf"\b(?:code\b(?! review)|(?:{SHELLS}) commands?\b)"
    rf"|\b(?:only|just) (?:{ANSWER}|{WRITE})\b[^\n.]{{0,30}}\b(?:code|commands?)\b"
    r"|\bcode only\b|\b(?:code|script|program|function)\b[^\n]{0,40}```(?:\w+)"
    r"|```\w* (?:code )?block|\b(?:generate|return) (?:the )?(?:new )?python code\b"
)
PROGRAM = re.compile(
    r"(?i)\b(?:functions?|scripts?|programs?|source code|algorithm|implement\w*|snippet|methods?|components?"
    rf"|refactor\w*|{LANGUAGES})\b|```"
)
"""Signs that code means a program, and not an access code."""

BARE = re.compile(r"(?i)\b(?:no|not|without|don't|never)\b[^\n.]{0,40}(?:markdown|backtick|fence|```|code block)")
QUERY_FUNCTION = "execute_sql_query"
"""The function that PandasAI's prompts offer; the code must call it and declare its result as `result`."""

TABLE = re.compile(r'\btable_name="(\w{1,100})"')
RESULT = re.compile(r'\bmust be "(number|string|dataframe)"')
RESULTS = {"number": "len(table)", "string": "table.to_string()", "dataframe": "table"}


def answer(prompt: Prompt, seed: str) -> str | None:
    """Write code in the language that the prompt names, else in Python; None if the prompt does not want only code."""
    if not takes_any_text(prompt) or observation(prompt) is not None:
        return None
    texts = [unwrapped(text) for text in instructions(prompt)]
    if not any(map(_is_wanted, texts)) or not any(map(PROGRAM.search, texts)):
        return None
    language = language_of(next((found[1] for text in texts if (found := LANGUAGE.search(text))), "python"))
    code = next((_query(text) for text in texts if QUERY_FUNCTION in text), CODE[language])
    return code if any(map(BARE.search, texts)) else f"```{language}\n{code}\n```"


def _query(text: str) -> str:
    """Write code that queries a table, with the type of result that a text requires."""
    table, result = TABLE.search(text), RESULT.search(text)
    kind = result[1] if result else "dataframe"
    query = f"SELECT * FROM {table[1]} LIMIT 10" if table else "SELECT 1 AS total"
    return f'table = {QUERY_FUNCTION}("{query}")\nresult = {{"type": "{kind}", "value": {RESULTS[kind]}}}'


@lru_cache(maxsize=CACHE_SIZE)
def _is_wanted(text: str) -> bool:
    return WANTED.search(text) is not None
