"""Where the files that a test names are: beside the test, and in the project's root."""

import os
from pathlib import Path
from typing import NamedTuple

__tracebackhide__ = True  # in the reports of failed tests


class Folders(NamedTuple):
    """The folder of a test's file, and the project's root."""

    beside: Path
    root: Path

    def below_root(self, folder: str | Path) -> str:
        """Return a folder beside the test as a path below the project's root, as the server takes it.

        Raise ValueError where it is elsewhere.
        """
        found = (self.beside / folder).resolve()
        try:
            return found.relative_to(self.root.resolve()).as_posix()
        except ValueError:
            raise ValueError(f"Recorded answers must be below {self.root}, and {found} is not.") from None

    def script(self, script: str | Path) -> str:
        """Return a script's text: of a file in one of the folders, a built-in one, or what was given, if it is YAML.

        Raise FileNotFoundError for a name that is none of these.
        """
        if isinstance(script, str) and "\n" in script:
            return script
        folders = list(dict.fromkeys(self))
        for file in (folder / script for folder in folders):
            if os.path.isfile(file):  # False where no file can have the name, as it is the script itself in one line
                return file.read_text(encoding="utf-8")
        if isinstance(script, str) and ":" in script:
            return script
        from completions.script.loader import builtin_names, path_of  # all that reads scripts, which few tests need

        if script in builtin_names():
            return path_of(str(script)).read_text(encoding="utf-8")
        told = f"There is no script {script!s:.200} in {' or '.join(map(str, folders))}"
        raise FileNotFoundError(f"{told}; the built-in ones are {', '.join(builtin_names())}.")
