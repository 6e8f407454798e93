"""A skill as it is uploaded: one folder with a SKILL.md, as a zip archive or as files whose names are their paths.

The format is that of agentskills.io; Anthropic and OpenAI have the same one, with limits of their own. What is refused
is told in Anthropic's words where they are known (quoted from October 2025 to July 2026).
"""

import re
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import yaml

from completions.exceptions import RequestError
from completions.wire.multipart import Upload

MANIFEST = "SKILL.md"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_NAME, MAX_DESCRIPTION = 64, 1024
"""Characters: agentskills.io/specification."""

MAX_MANIFEST = 1024 * 1024
"""Bytes of a SKILL.md that are read; a model would not be given more."""

MAX_FRONTMATTER = 64 * 1024
"""Characters of the YAML in front of it, which takes longer to read than any other text of that size."""

KEYS = ("name", "description", "license", "allowed-tools", "compatibility", "metadata")
FRONTMATTER = re.compile(r"---[ \t]*\r?\n(.*?\n)---[ \t]*(\r?\n|\Z)", re.DOTALL)
RESERVED = ("anthropic", "claude")
OLDEST = (1980, 1, 1, 0, 0, 0)
"""The time of the files in an archive that is made here, so that the same files make the same bytes."""


class Limits(NamedTuple):
    """What an API takes: files in a bundle, bytes of one of them and of all, and whether it is `strict`.

    A strict one takes no other spelling of SKILL.md, no folder with another name than the skill's, no other keys.
    """

    files: int
    size: int
    total: int
    strict: bool


class Bundle(NamedTuple):
    """A skill's name and description, the folder that it is in, and all its files as a zip archive."""

    name: str
    description: str
    folder: str
    archive: bytes


def read_bundle(uploads: Sequence[Upload], limits: Limits) -> Bundle:
    """Return the skill in the files of a form; raise `RequestError` where there is none, or one that breaks a rule.

    It decompresses only the SKILL.md, but checks the size that the archive states for each file.
    """
    if not uploads:
        raise _refused("No files provided. Please provide files using 'files[]' field.")
    if len(uploads) == 1 and (uploads[0].name.lower().endswith(".zip") or uploads[0].data.startswith(b"PK\3\4")):
        return _read_archive(uploads[0].data, limits, "Zip")
    paths = [upload.path or upload.name for upload in uploads]
    if not any("/" in path for path in paths):
        raise _refused(f"{MANIFEST} file must be exactly in the top-level folder.")
    return _read_archive(_archive(zip(paths, (upload.data for upload in uploads), strict=True)), limits, "Upload")


def _archive(files: "zip[tuple[str, bytes]]") -> bytes:
    """Return a zip archive of some files, by their paths."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in dict(files).items():
            archive.writestr(zipfile.ZipInfo(path, OLDEST), data)
    return target.getvalue()


def _read_archive(data: bytes, limits: Limits, kind: str) -> Bundle:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            files = [entry for entry in archive.infolist() if not entry.is_dir()]
            manifest = _manifest_of(files, limits, kind)
            with archive.open(manifest) as stream:
                text = stream.read(MAX_MANIFEST + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as exc:
        raise _refused("The upload is not a valid zip file.") from exc
    folder = manifest.filename.partition("/")[0]
    name, description = _read_manifest(text, limits)
    if limits.strict and folder != name:
        raise _refused(f"The folder name '{folder}' must match the skill name '{name}' in {MANIFEST}.")
    return Bundle(name, description, folder, data)


def _manifest_of(files: Sequence[zipfile.ZipInfo], limits: Limits, kind: str) -> zipfile.ZipInfo:
    """Return the entry of the SKILL.md; raise what is wrong with the files."""
    _check_sizes(files, limits)
    paths = [entry.filename for entry in files]
    if wrong := next((path for path in paths if _leads_out(path)), None):
        raise _refused(f"The path {wrong[:200]!r} leads out of the skill's folder.")
    folders = {path.partition("/")[0] for path in paths if "/" in path}
    if not folders:
        raise _refused(f"Zip must contain a top-level folder with all files inside it, including {MANIFEST}")
    if len(folders) > 1 or not all("/" in path for path in paths):
        raise _refused("All files must be inside the top-level folder")
    manifests = [entry for entry in files if _is_manifest(entry.filename, limits)]
    if len(manifests) > 1:
        raise _refused(f"{kind} must contain exactly one {MANIFEST} file. Currently there are {len(manifests)}.")
    if not manifests or manifests[0].filename.count("/") != 1:
        raise _refused(f"{MANIFEST} file must be exactly in the top-level folder.")
    return manifests[0]


def _check_sizes(files: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    if len(files) > limits.files:
        raise _refused(f"The skill has {len(files)} files; at most {limits.files} are allowed.")
    if large := next((entry for entry in files if entry.file_size > limits.size), None):
        why = f"The file {large.filename[:200]!r} has {large.file_size} bytes; at most {limits.size} are allowed."
        raise _refused(why)
    if (total := sum(entry.file_size for entry in files)) > limits.total:
        raise _refused(f"The files have {total} bytes in all; at most {limits.total} are allowed.")


def _leads_out(path: str) -> bool:
    return path.startswith("/") or "\\" in path or ".." in path.split("/")


def _is_manifest(path: str, limits: Limits) -> bool:
    name = path.rpartition("/")[2]
    return name == MANIFEST or (not limits.strict and name.lower() == MANIFEST.lower())


def _read_manifest(data: bytes, limits: Limits) -> tuple[str, str]:
    """Return the name and the description in the front matter of a SKILL.md; raise what is wrong with it."""
    if len(data) > MAX_MANIFEST:
        raise _refused(f"{MANIFEST} has more than {MAX_MANIFEST} bytes.")
    try:
        found = FRONTMATTER.match(data.decode("utf-8-sig"))
        front = yaml.safe_load(found[1]) if found and len(found[1]) <= MAX_FRONTMATTER else None
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as exc:
        raise _refused(f"malformed YAML frontmatter in {MANIFEST}") from exc
    if found is None:
        raise _refused(f"{MANIFEST} must start with YAML frontmatter (---)")
    if not isinstance(front, dict):
        raise _refused(f"malformed YAML frontmatter in {MANIFEST}")
    if limits.strict and not set(front) <= set(KEYS):
        raise _refused(f"unexpected key in {MANIFEST} frontmatter: properties must be in {KEYS}")
    return _name_of(front, limits), _description_of(front, limits)


def _name_of(front: Mapping[Any, Any], limits: Limits) -> str:
    name = front.get("name")
    if not isinstance(name, str) or not name:
        raise _refused(f"field 'name' in {MANIFEST} must be a non-empty string")
    if len(name) > MAX_NAME or not NAME.fullmatch(name):
        raise _refused(
            f"field 'name' in {MANIFEST} must have at most {MAX_NAME} characters, and only lowercase letters, numbers "
            "and single hyphens between them"
        )
    if limits.strict and (word := next((word for word in RESERVED if word in name), None)):
        raise _refused(f"field 'name' in {MANIFEST} cannot contain the reserved word '{word}'")
    return name


def _description_of(front: Mapping[Any, Any], limits: Limits) -> str:
    description = front.get("description")
    if not isinstance(description, str) or not description.strip():
        raise _refused(f"field 'description' in {MANIFEST} must be a non-empty string")
    if len(description) > MAX_DESCRIPTION:
        raise _refused(f"field 'description' in {MANIFEST} must have at most {MAX_DESCRIPTION} characters")
    if limits.strict and re.search(r"<[^<>]+>", description):
        raise _refused(f"field 'description' in {MANIFEST} cannot contain XML tags")
    return description


def _refused(why: str) -> RequestError:
    return RequestError(why, param="files")
