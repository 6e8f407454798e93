"""Print what `test_recorded.py` holds against its floors, and what is refused that the real API answered.

python -m tests.reality [VENDOR]
"""

import asyncio
import os
import re
import sys
from collections import defaultdict

import django

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}
django.setup()

from tests.reality.recorded import is_artefact, recordings, replay, tally  # noqa: E402  # Django must be set up first
from tests.reality.test_recorded import ARTEFACTS, NOT_ASKED  # noqa: E402  # Django must be set up first


def main(vendor: str = "") -> None:
    """Print the counts, and the refusals with the first recording of each."""
    done = asyncio.run(replay(recordings(vendor)))
    for name, count in sorted(tally(done, ARTEFACTS, NOT_ASKED).items()):
        told = (
            f"{what} {count[what]}/{count[what + ' of']}"
            for what in ("address", "answered", "refused", "opens", "ends", "tokens", "keys")
        )
        print(f"{name:11}", *told, f"artefacts {count['artefacts']}", sep="  ")
    refused: dict[tuple[str, int, str], list[str]] = defaultdict(list)
    for each in done:
        if each.recording.status < 300 <= each.status and each.has_address:
            said = re.sub(r"\b\w*\d[\w-]*", "N", each.refusal)[:150]
            mark = "artefact: " if is_artefact(each, ARTEFACTS) else ""
            refused[each.recording.vendor, each.status, mark + said].append(each.recording.source)
    for (name, status, said), sources in sorted(refused.items(), key=lambda item: -len(item[1])):
        print(f"{len(sources):4} {name} {status} {said}  {sources[0]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
