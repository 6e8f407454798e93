"""Other people's projects that test with unittest or Django's runner: the mock is there too."""

import os
import re
from pathlib import Path

import pytest

from tests import forked
from tests.pytest_plugin.test_projects import APPLICATION, SETTINGS, URLS
from tests.server import ROOT

UNITTEST = """
import os
import unittest
from application import aask, ask
from completions.pytest_plugin.testing import LLMMixin, mocked_llm, with_mock_llm

class Plain(LLMMixin, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.mock_llm.reply("of the class")
        except AttributeError as exc:
            assert "Each test of Plain has its own `self.mock_llm`" in str(exc), exc

    def setUp(self):  # without its parent's, as is common
        self.mock_llm.reply("of setUp", when="set up")

    def test_one(self):
        self.mock_llm.reply("one")
        self.assertEqual(ask("Hello"), "one")
        self.mock_llm.assert_called(times=1)

    def test_two(self):
        self.mock_llm.reply("two")
        self.assertEqual(ask("Hello"), "two")
        self.assertEqual(ask("set up"), "of setUp")
        with self.assertRaisesRegex(AssertionError, "yet; MOCK_LLM_UPDATE=1 in the environment creates it"):
            self.mock_llm.assert_prompts()

class Other(unittest.IsolatedAsyncioTestCase):
    def test_block(self):
        with mocked_llm() as outer, mocked_llm("inner") as inner:
            outer.reply("outer")
            inner.reply("inner")
            self.assertEqual(ask("Hello"), "inner")
        self.assertNotIn("OPENAI_BASE_URL", os.environ)

    @with_mock_llm
    def test_decorated(self, mock_llm):
        mock_llm.reply("decorated")
        self.assertEqual(ask("Hello"), "decorated")

    @with_mock_llm
    async def test_async(self, mock_llm):
        mock_llm.reply(lambda prompt: prompt.last_user.upper())
        self.assertEqual(await aask("Hello"), "HELLO")
"""

DJANGO = """
import urllib.request
from django.contrib.auth.models import User
from completions.pytest_plugin.testing import LLMLiveServerTestCase, LLMTestCase

class Views(LLMTestCase):
    def test_sync(self):
        User.objects.create(username="ann")
        self.mock_llm.reply(f"There is {User.objects.count()}.")
        self.assertEqual(self.client.get("/sync", {"q": "How many?"}).content, b"There is 1.")
        self.mock_llm.assert_called(times=1, when="How many?")

    async def test_async(self):
        self.mock_llm.reply("Hi.")
        self.assertEqual((await self.async_client.get("/async", {"q": "Hello"})).content, b"Hi.")

class Live(LLMLiveServerTestCase):
    def test_live(self):
        self.mock_llm.reply("Live.")
        with urllib.request.urlopen(self.live_server_url + "/sync?q=Hello") as response:
            self.assertEqual(response.read(), b"Live.")
"""


FORKING = "import multiprocessing\nmultiprocessing.set_start_method('fork', force=True)\n"
"""What parallel tests with Django 5.2 and SQLite need since Python 3.14, where another method is the default."""

SITE = {
    "test_it.py": DJANGO,
    "site_settings.py": f'{SETTINGS}STATIC_URL = "static/"\n{FORKING}',
    "site_urls.py": URLS,
}


@pytest.mark.parametrize(
    ("command", "files", "tests"),
    [
        (("unittest", "-v"), {"test_it.py": UNITTEST}, 5),
        (("django", "test"), SITE, 3),
        (("django", "test", "--parallel", "2"), SITE, 3),
    ],
    ids=["unittest", "django", "django in parallel"],
)
def test_project__without_pytest(tmp_path: Path, command: tuple[str, ...], files: dict[str, str], tests: int) -> None:
    for name, text in ({"application.py": APPLICATION} | files).items():
        (tmp_path / name).write_text(text)
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTEST", "COV"))}
    settings = {"DJANGO_SETTINGS_MODULE": "site_settings"} if "site_settings.py" in files else {}
    path = {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    out = forked.python(["-m", *command], tmp_path, {**theirs, **settings, **path})
    assert re.search(rf"Ran {tests} tests in .*\n\nOK", out), out
