"""Skills as they are uploaded: what is read of them, and what is refused."""

import zipfile
from io import BytesIO

import pytest

from completions.exceptions import RequestError
from completions.wire.multipart import Upload, read_form
from completions.wire.skill_bundle import MAX_FRONTMATTER, MAX_MANIFEST, Limits, read_bundle

STRICT = Limits(files=5, size=2000, total=3000, strict=True)
LAX = STRICT._replace(strict=False)
MANIFEST = "---\nname: basic-math\ndescription: Adds numbers.\n---\nAdd them.\n"


def upload(path: str, data: str | bytes = MANIFEST) -> Upload:
    return Upload(path.rpartition("/")[2], "", data.encode() if isinstance(data, str) else data, path)


def archive(**files: str | bytes) -> Upload:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for path, data in files.items():
            made.writestr(path.replace("__", "/"), data)
    return upload("skill.zip", target.getvalue())


def front(text: str) -> Upload:
    return upload("basic-math/SKILL.md", f"---\n{text}\n---\n")


def test_bundle__has_the_facts_of_its_manifest_and_all_files() -> None:
    files = [upload("basic-math/SKILL.md"), upload("basic-math/scripts/add.py", "print(1)")]
    bundle = read_bundle(files, STRICT)
    assert bundle[:3] == ("basic-math", "Adds numbers.", "basic-math")
    with zipfile.ZipFile(BytesIO(bundle.archive)) as found:
        assert {name: found.read(name) for name in found.namelist()} == {
            "basic-math/SKILL.md": MANIFEST.encode(),
            "basic-math/scripts/add.py": b"print(1)",
        }
    assert read_bundle(files, STRICT) == bundle, "the same files make the same bytes"
    sent = archive(**{"basic-math/SKILL.md": MANIFEST})
    assert read_bundle([sent], STRICT) == (*bundle[:3], sent.data)


def test_bundle__of_a_lax_api_may_be_in_another_folder_and_have_other_keys() -> None:
    manifest = MANIFEST.replace("\n---\nAdd", "\nversion: 2\n---\nAdd").replace("\n", "\r\n")
    bundle = read_bundle([upload("basic_math/skill.md", "\ufeff" + manifest)], LAX)
    assert (bundle.name, bundle.folder) == ("basic-math", "basic_math")


ONE = "Currently there are 2."
LONG = "a" * 65
WRONG = {
    "No files provided. Please provide files using 'files[]' field.": [],
    "SKILL.md file must be exactly in the top-level folder.": [upload("SKILL.md")],
    "Zip must contain a top-level folder with all files inside it, including SKILL.md": [
        archive(**{"SKILL.md": MANIFEST})
    ],
    "All files must be inside the top-level folder": [upload("basic-math/SKILL.md"), upload("other/a.txt", "a")],
    f"Upload must contain exactly one SKILL.md file. {ONE}": [
        upload("basic-math/SKILL.md"),
        upload("basic-math/a/SKILL.md"),
    ],
    f"Zip must contain exactly one SKILL.md file. {ONE}": [
        archive(**{"basic-math/SKILL.md": MANIFEST, "basic-math/a/SKILL.md": MANIFEST})
    ],
    "The folder name 'skills' must match the skill name 'basic-math' in SKILL.md.": [upload("skills/SKILL.md")],
    "SKILL.md must start with YAML frontmatter (---)": [upload("basic-math/SKILL.md", "# Math\n")],
    "malformed YAML frontmatter in SKILL.md": [front("name: [")],
    "unexpected key in SKILL.md frontmatter: properties must be in ('name', 'description', 'license', 'allowed-tools', "
    "'compatibility', 'metadata')": [front("name: basic-math\ndescription: A.\nversion: 1")],
    "field 'name' in SKILL.md must be a non-empty string": [front("description: A.")],
    "field 'name' in SKILL.md cannot contain the reserved word 'claude'": [front("name: my-claude\ndescription: A.")],
    "field 'description' in SKILL.md must be a non-empty string": [front("name: basic-math\ndescription: 3")],
    "field 'description' in SKILL.md must have at most 1024 characters": [
        front(f"name: basic-math\ndescription: {'a' * 1025}")
    ],
    "field 'description' in SKILL.md cannot contain XML tags": [front("name: basic-math\ndescription: 'a <b> c'")],
    "The path 'basic-math/../a' leads out of the skill's folder.": [
        upload("basic-math/../a", "a"),
        upload("b/SKILL.md"),
    ],
    "The path '/etc/SKILL.md' leads out of the skill's folder.": [archive(**{"/etc/SKILL.md": MANIFEST})],
    "The upload is not a valid zip file.": [upload("skill.zip", b"PK\3\4 but nothing more")],
    "The skill has 6 files; at most 5 are allowed.": [upload(f"basic-math/{at}", "a") for at in range(6)],
    "The file 'basic-math/a' has 2001 bytes; at most 2000 are allowed.": [upload("basic-math/a", "a" * 2001)],
    "The files have 3001 bytes in all; at most 3000 are allowed.": [
        upload("basic-math/a", "a" * 1500),
        upload("basic-math/b", "a" * 1501),
    ],
}


@pytest.mark.parametrize("why", WRONG)
def test_bundle__that_breaks_a_rule_is_refused(why: str) -> None:
    with pytest.raises(RequestError) as refused:
        read_bundle(WRONG[why], STRICT)
    assert (refused.value.message, refused.value.status, refused.value.param) == (why, 400, "files")


@pytest.mark.parametrize("name", [LONG, "Basic", "basic_math", "basic--math", "-basic", "basic-"])
def test_name__has_small_letters_digits_and_single_hyphens(name: str) -> None:
    with pytest.raises(RequestError, match="must have at most 64 characters, and only lowercase letters"):
        read_bundle([front(f"name: {name}\ndescription: A.")], LAX)


def test_bundle__is_read_within_bounds() -> None:
    roomy = Limits(files=9, size=1 << 30, total=1 << 30, strict=False)
    bomb = archive(**{"a/SKILL.md": MANIFEST + " " * (MAX_MANIFEST + 1)})
    assert len(bomb.data) < 5000
    with pytest.raises(RequestError, match=f"has more than {MAX_MANIFEST} bytes"):
        read_bundle([bomb], roomy)
    with pytest.raises(RequestError, match="malformed YAML frontmatter"):
        read_bundle([front("name: a\ndescription: b\nmetadata: '" + "a" * MAX_FRONTMATTER + "'")], roomy)


def test_form__keeps_the_folders_of_a_name() -> None:
    head = 'Content-Disposition: form-data; name="files[]"; filename='
    names = ('"a/b/SKILL.md"', r'"a\\b.txt"', '"plain.txt"', '"../up.txt"')
    parts = "".join(f"--x\r\n{head}{name}\r\n\r\nhi\r\n" for name in names)
    form = read_form(f"{parts}--x--\r\n".encode(), "multipart/form-data; boundary=x")
    assert [(each.name, each.path) for each in form.uploads["files[]"]] == [
        ("SKILL.md", "a/b/SKILL.md"),
        ("b.txt", "a/b.txt"),
        ("plain.txt", "plain.txt"),
        ("up.txt", "../up.txt"),
    ]
