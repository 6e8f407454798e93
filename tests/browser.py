"""A real browser for the tests: the system's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Error, async_playwright

from tests.patience import PATIENCE

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

PATIENCE_MS = PATIENCE * 1000
"""How long Playwright waits for what has to come."""


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Start it; skip the test where there is none, or where it cannot start."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"there is no browser on this machine: none of {', '.join(NAMES)}")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        try:
            started = await playwright.chromium.launch(executable_path=path, args=arguments)
        except Error as exc:
            pytest.skip(f"{path} cannot start: {exc.message.splitlines()[0]}")
        try:
            yield started
        finally:
            await started.close()
