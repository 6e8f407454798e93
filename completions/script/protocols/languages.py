"""Small programs that run, by the language in which a prompt wants code, for step 3."""

import re
from collections.abc import Mapping

SHELLS = "bash|shell|zsh|fish|powershell|terminal"
_OTHERS = r"html|css|java|kotlin|rust|sql|ruby|php|golang|c\+\+|c#|react|dockerfile|regex"
LANGUAGES = rf"python|javascript|typescript|{SHELLS}|{_OTHERS}"
"""The names of languages that mean nothing else in a sentence about code."""

LANGUAGE = re.compile(rf"(?i)(?<![\w/])({LANGUAGES}|js|ts|go)(?![\w+#]|\.\w)")

CODE: Mapping[str, str] = {
    "python": 'def answer() -> str:\n    return "Hello"\n\n\nprint(answer())',
    "javascript": 'function answer() {\n  return "Hello";\n}\n\nconsole.log(answer());',
    "typescript": 'function answer(): string {\n  return "Hello";\n}\n\nconsole.log(answer());',
    "bash": 'echo "Hello"',
    "html": "<!doctype html>\n<title>Hello</title>\n<p>Hello</p>",
    "css": "body {\n  margin: 0;\n}",
    "java": (
        'class Answer {\n    public static void main(String[] given) {\n        System.out.println("Hello");\n    }\n}'
    ),
    "kotlin": 'fun answer(): String = "Hello"\n\nfun main() {\n    println(answer())\n}',
    "go": 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("Hello")\n}',
    "rust": 'fn main() {\n    println!("Hello");\n}',
    "sql": "SELECT 'Hello' AS answer;",
    "ruby": 'def answer\n  "Hello"\nend\n\nputs answer',
    "php": "<?php\nfunction answer(): string\n{\n    return 'Hello';\n}\n\necho answer();",
    "cpp": '#include <iostream>\n\nint main() {\n    std::cout << "Hello" << std::endl;\n}',
    "csharp": 'using System;\n\nConsole.WriteLine("Hello");',
    "jsx": "export default function Answer() {\n  return <p>Hello</p>;\n}",
    "dockerfile": 'FROM alpine\nCMD ["echo", "Hello"]',
    "regex": "[A-Za-z]+",
}
LANGUAGE_OF_ALIAS: Mapping[str, str] = {
    **{"js": "javascript", "ts": "typescript", "golang": "go", "c++": "cpp", "c#": "csharp", "react": "jsx"},
    **dict.fromkeys(SHELLS.split("|"), "bash"),
}


def language_of(name: str) -> str:
    """Return the language that a name or another name of it means, as blocks of code name it."""
    return LANGUAGE_OF_ALIAS.get(name.lower(), name.lower())


def code_in(name: str) -> str | None:
    """Return code in a language by its name, or by another name that it has; None for an unknown one."""
    return CODE.get(language_of(name))
