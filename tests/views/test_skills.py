"""Skills of OpenAI and Anthropic, through their SDKs and LiteLLM against a live server."""

import re
import uuid
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import anthropic
import httpx
import litellm
import openai
import pytest

from tests.server import LiveServer

MANIFEST = b"---\nname: basic-math\ndescription: Adds numbers.\n---\nAdd them.\n"
FILES: Any = [("basic-math/SKILL.md", MANIFEST, "text/markdown"), ("basic-math/add.py", b"print(1 + 1)")]
SCRIPT = """version: 1
defaults: {keys: [sk-right]}
rules:
- match: {format: [skill, anthropic_skill], metadata: {name: chosen}}
  reply: {auto: true, id: skill_chosen}
- match: {format: [skill_version, anthropic_skill_version], metadata: {name: chosen}}
  reply: {auto: true, id: version_chosen}
- match: {format: [skill, anthropic_skill], metadata: {name: refused}}
  error: {status: 403, message: No skills today.}
- match: {last_user: Compute.}
  reply: {tool_calls: [{name: code_execution, arguments: {code: print(1)}, result: "1"}]}
- reply: {auto: true}
"""
BETA = "skills-2025-10-02"
OWN = ["xlsx", "pptx", "pdf", "docx"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    script = tmp_path_factory.mktemp("skills") / "script.yaml"
    script.write_text(SCRIPT)
    with LiveServer(MOCK_SCRIPT=str(script)) as live:
        yield live.url


@pytest.fixture
def url(server: str) -> str:
    return f"{server}/ns/{uuid.uuid4()}"


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="sk-right", max_retries=0) as made:
        yield made


@pytest.fixture
def claude(url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=url, api_key="sk-right", max_retries=0) as made:
        yield made


def named(name: str, description: str = "Adds numbers.") -> list[Any]:
    return [(f"{name}/SKILL.md", f"---\nname: {name}\ndescription: {description}\n---\n".encode())]


def archive(*files: tuple[Any, ...]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for path, data, *_ in files:
            made.writestr(path, data)
    return target.getvalue()


def names(data: bytes) -> list[str]:
    with zipfile.ZipFile(BytesIO(data)) as found:
        return found.namelist()


def test_openai__keeps_a_skill_in_versions(client: Any) -> None:
    made = client.skills.create(files=FILES)
    assert re.fullmatch("skill_[0-9a-f]{48}", made.id)
    assert made.to_dict() | {"id": "", "created_at": 0} == {
        "id": "",
        "created_at": 0,
        "default_version": "1",
        "description": "Adds numbers.",
        "latest_version": "1",
        "name": "basic-math",
        "object": "skill",
    }
    second = client.skills.versions.create(made.id, files=("skill.zip", archive(*named("other-math", "Multiplies."))))
    assert (second.version, second.skill_id, second.name) == ("2", made.id, "other-math")
    assert (shown := client.skills.retrieve(made.id)).default_version == "1" and shown.latest_version == "2"
    assert client.skills.update(made.id, default_version="2").description == "Multiplies."
    assert [each.version for each in client.skills.versions.list(made.id)] == ["2", "1"]
    assert client.skills.versions.retrieve("latest", skill_id=made.id) == second
    assert names(client.skills.content.retrieve(made.id).read()) == ["other-math/SKILL.md"]
    content = client.skills.versions.content.retrieve("1", skill_id=made.id)
    assert names(content.read()) == [name for name, *_ in FILES]
    third = client.skills.versions.create(made.id, files=FILES, default=True)
    assert client.skills.retrieve(made.id).default_version == third.version == "3"


def test_openai__deletes_all_but_a_default_version(client: Any) -> None:
    made = client.skills.create(files=FILES)
    client.skills.versions.create(made.id, files=FILES)
    with pytest.raises(openai.BadRequestError, match="The default version of a skill cannot be deleted"):
        client.skills.versions.delete("1", skill_id=made.id)
    assert client.skills.versions.delete("2", skill_id=made.id).to_dict() == {
        "id": made.id,
        "deleted": True,
        "object": "skill.version.deleted",
        "version": "2",
    }
    assert client.skills.versions.create(made.id, files=FILES).version == "3", "no number comes twice"
    with pytest.raises(openai.NotFoundError, match=f"Version '2' of skill '{made.id}' not found."):
        client.skills.versions.retrieve("2", skill_id=made.id)
    client.skills.versions.delete("3", skill_id=made.id)
    client.skills.versions.delete("1", skill_id=made.id)
    with pytest.raises(openai.NotFoundError, match=f"Skill with id '{made.id}' not found."):
        client.skills.retrieve(made.id)
    gone = client.skills.create(files=FILES).id
    assert client.skills.delete(gone).to_dict() == {"id": gone, "deleted": True, "object": "skill.deleted"}
    assert client.skills.list().data == []


def test_openai__lists_in_pages(client: Any) -> None:
    made = [client.skills.create(files=named(f"skill-{at}")).id for at in range(3)]
    page = client.skills.list(limit=2)
    assert ([each.id for each in page.data], page.has_more) == ([made[2], made[1]], True)
    assert [each.id for each in client.skills.list(limit=2, order="asc")] == made


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([("SKILL.md", MANIFEST)], "SKILL.md file must be exactly in the top-level folder."),
        (("skill.zip", b"no zip"), "The upload is not a valid zip file."),
        (named("Basic"), "field 'name' in SKILL.md must have at most 64 characters"),
    ],
)
def test_openai__refuses_what_is_no_skill(client: Any, files: Any, why: str) -> None:
    with pytest.raises(openai.BadRequestError, match=why) as refused:
        client.skills.create(files=files)
    assert refused.value.param == "files"


def test_claude__has_the_newest_version_of_a_skill_in_its_container(claude: Any) -> None:
    def versions(*asked: dict[str, str]) -> list[str]:
        message = claude.beta.messages.create(
            model="claude-sonnet-4-6",
            max_tokens=99,
            betas=["code-execution-2025-08-25", BETA],
            container={"skills": [{"type": "custom", **each} for each in asked]},
            tools=[{"type": "code_execution_20250825", "name": "code_execution"}],
            messages=[{"role": "user", "content": "Compute."}],
        )
        return [skill.version for skill in message.container.skills]

    beta = {"anthropic-beta": BETA}
    made = claude.skills.create(files=FILES, extra_headers=beta)
    latest, other = {"skill_id": made.id, "version": "latest"}, {"skill_id": "skill_01other"}
    assert versions(latest) == [made.latest_version]
    again: Any = [("a.zip", archive(*named("basic-math")))]
    second = claude.skills.versions.create(made.id, files=again, extra_headers=beta)
    assert versions(latest, {"skill_id": made.id}, other) == [second.version, second.version, "20260803"]
    assert versions({"skill_id": made.id, "version": made.latest_version}) == [made.latest_version]
    claude.skills.versions.delete(second.version, skill_id=made.id, extra_headers=beta)
    assert versions(latest) == [made.latest_version]


def test_claude__keeps_a_skill_in_versions(claude: Any) -> None:
    made = claude.skills.create(files=FILES, display_name="Math!")
    assert re.fullmatch("skill_01[1-9A-Za-z]{22}", made.id)
    assert list(made.to_dict()) == [
        *("id", "created_at", "display_name", "latest_version_id", "source", "type", "updated_at")
    ]
    assert (made.display_name, made.source.type) == ("Math!", "custom")
    assert claude.skills.create(files=FILES, display_name="Math!").id != made.id, (
        "a name that people see may come twice"
    )
    second = claude.skills.versions.create(made.id, files=[("a.zip", archive(*named("basic-math", "Multiplies.")))])
    assert list(second.to_dict()) == ["id", "created_at", "description", "name", "skill_id", "type"]
    assert (shown := claude.skills.retrieve(made.id)).latest_version_id == second.id
    assert shown.updated_at > made.updated_at == made.created_at
    assert [each.id for each in claude.skills.versions.list(made.id)] == [second.id, made.latest_version_id]
    assert claude.skills.versions.retrieve("latest", skill_id=made.id) == second
    content = claude.beta.skills.versions.download(made.latest_version_id, skill_id=made.id).read()
    assert names(content) == [name for name, *_ in FILES]
    with pytest.raises(
        anthropic.BadRequestError, match=r"'other' in SKILL\.md must be that of the skill, 'basic-math'"
    ):
        claude.skills.versions.create(made.id, files=named("other"))
    assert claude.skills.versions.delete(second.id, skill_id=made.id).to_dict() == {
        "id": second.id,
        "type": "skill_version_deleted",
    }
    with pytest.raises(anthropic.BadRequestError, match="Cannot delete the only version of a skill"):
        claude.skills.versions.delete(made.latest_version_id, skill_id=made.id)
    assert claude.skills.delete(made.id).to_dict() == {"id": made.id, "type": "skill_deleted"}
    with pytest.raises(anthropic.NotFoundError, match=f"Skill not found: {made.id}"):
        claude.skills.versions.list(made.id)


def test_claude__lists_its_own_skills_too(claude: Any) -> None:
    made = [claude.skills.create(files=named(f"skill-{at}")).id for at in range(3)][::-1]
    assert [each.id for each in claude.skills.list(limit=2)] == [*made, *OWN]
    page = claude.skills.list(limit=2)
    assert page.to_dict() | {"data": []} == {"data": [], "next_page": f"page_{made[1]}"}
    assert [each.id for each in claude.skills.list(source="custom")] == made
    assert [each.id for each in claude.skills.list(source="anthropic")] == OWN
    own = claude.skills.retrieve("pptx")
    assert (own.display_name, own.latest_version_id, own.source.type) == ("pptx", "20260304", "anthropic")
    with pytest.raises(anthropic.PermissionDeniedError, match="published by Anthropic, and cannot be changed"):
        claude.skills.delete("pptx")
    with pytest.raises(anthropic.BadRequestError, match="source: Input should be 'custom' or 'anthropic'"):
        claude.skills.list(source="mine")


def test_claude__in_the_beta_names_versions_by_their_time(claude: Any) -> None:
    skills, beta = claude.beta.skills, {"betas": [BETA]}
    answer = skills.with_raw_response.create(files=FILES, extra_body={"display_title": "Math"}, **beta)
    made, document = answer.parse(), answer.http_response.json()
    assert list(document) == ["id", "created_at", "display_title", "latest_version", "source", "type", "updated_at"]
    assert (made.display_title, made.source) == ("Math", "custom")
    assert re.fullmatch(r"\d{16}", made.latest_version)
    with pytest.raises(anthropic.BadRequestError, match="Skill cannot reuse an existing display_title: Math"):
        skills.create(files=FILES, extra_body={"display_title": "Math"}, **beta)
    version = skills.versions.retrieve(made.latest_version, skill_id=made.id, **beta)
    assert (version.version, version.directory) == (made.latest_version, "basic-math")
    with pytest.raises(anthropic.BadRequestError, match="Invalid version format"):
        skills.versions.retrieve(version.id, skill_id=made.id, **beta)
    with pytest.raises(anthropic.BadRequestError, match="Cannot delete skill with existing versions"):
        skills.delete(made.id, **beta)
    assert skills.versions.delete(version.version, skill_id=made.id, **beta).id == version.version
    assert skills.retrieve(made.id, **beta).latest_version is None
    skills.delete(made.id, **beta)
    listed = skills.with_raw_response.list(**beta).http_response.json()
    assert ([each["id"] for each in listed["data"]], listed["has_more"]) == (OWN, False)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([("SKILL.md", MANIFEST)], "SKILL.md file must be exactly in the top-level folder."),
        ([("a/SKILL.md", MANIFEST)], "The folder name 'a' must match the skill name 'basic-math' in SKILL.md."),
        ([("a.zip", archive(("SKILL.md", MANIFEST)))], "Zip must contain a top-level folder with all files inside it"),
    ],
)
def test_claude__refuses_what_is_no_skill(claude: Any, files: Any, why: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=why):
        claude.skills.create(files=files)


def test_claude__wants_files_in_a_list_and_not_too_many_bytes(url: str) -> None:
    headers = {"x-api-key": "sk-right", "anthropic-version": "2023-06-01"}
    with httpx.Client(base_url=url, headers=headers) as client:
        wrong = client.post("/v1/skills", files={"files": ("a.zip", archive(*FILES))})
        large = client.post("/v1/skills", files={"files[]": ("a.zip", b"\0" * (30 * 1024 * 1024 + 1))})
    assert wrong.json()["error"]["message"] == "No files provided. Please provide files using 'files[]' field."
    assert (large.status_code, large.json()["error"]) == (
        413,
        {
            "type": "request_too_large",
            "message": "Request exceeds the maximum size. The Skills API accepts requests up to 30MBs.",
        },
    )


def test_litellm__makes_lists_and_deletes_skills(url: str) -> None:
    place: Any = {"api_base": url, "api_key": "sk-right"}
    lite: Any = litellm
    made = lite.create_skill(files=FILES, display_title="Math", **place)
    assert made.display_title == "Math" and made.latest_version
    listed = lite.list_skills(**place)
    assert [each.id for each in listed.data] == [made.id, *OWN]
    found = lite.get_skill(made.id, **place)
    assert found == made
    with pytest.raises(lite.BadRequestError, match="Delete all versions first"):
        lite.delete_skill(made.id, **place)


def test_script__names_and_refuses_skills(client: Any, claude: Any) -> None:
    assert client.skills.create(files=named("chosen")).id == "skill_chosen"
    assert client.skills.versions.list("skill_chosen").data[0].id == "version_chosen"
    assert claude.skills.create(files=named("chosen")).latest_version_id == "version_chosen"
    with pytest.raises(openai.PermissionDeniedError, match=r"No skills today\."):
        client.skills.create(files=named("refused"))
    with pytest.raises(anthropic.PermissionDeniedError, match=r"No skills today\."):
        claude.skills.create(files=named("refused"))
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="sk-wrong").skills.list()
