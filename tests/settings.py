"""The project's settings with every default in place, whatever the developer's own environment and `.env` say."""

import os
import re
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / ".env.example"

for _name in re.findall(r"^#?([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE):
    os.environ.pop(_name, None)
os.environ["ENV_FILE"] = os.devnull

from mocksite.settings import *  # noqa: E402, F403  # the environment must be clean first

JOURNAL = False  # a test that looks at the journal turns it on, with a database of its own
