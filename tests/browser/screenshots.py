"""Pictures for the docs, taken by the browser that the tests use: `python -m tests.browser.screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

from crm_ext.config import Config
from crm_ext.store import db, vault
from crm_ext.web.app import create_app
from tests.browser.conftest import LOCALES, WIDTHS, fill, sign_in
from tests.databases import Sqlite
from tests.services import ROOT, browser
from tests.serving import serving

IMAGES = ROOT / "docs" / "images"


class Picture(NamedTuple):
    """A page in a language and width, as somebody with a role sees it; `whole` shows all of a long page."""

    name: str
    page: str
    lang: str = "en"
    width: str = "wide"
    role: str = "admin"
    whole: bool = True


PICTURES = (
    Picture("contact", "/contacts/1/c-1", role="rep", whole=False),
    Picture("contact-zh", "/contacts/1/c-3", lang="zh", role="rep", whole=False),
    Picture("contact-phone", "/contacts/1/c-1", width="narrow", role="rep", whole=False),
    Picture("contacts", "/contacts/"),
    Picture("overview", "/"),
    Picture("connection", "/connections/1"),
    Picture("connect", "/connections/new/folder"),
    Picture("run", "/runs/2"),
    Picture("book", "/book/", role="manager"),
)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        databases = Sqlite(home)
        with databases.fresh() as url:
            config = Config(home=home, database_url=url)
            vault.make_key_file(config)
            app = create_app(config)
            with app.app_context():
                fill()
                db.session.remove()
            chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
            with serving(app) as base:
                for each in PICTURES:
                    take(chromium, base, each)
            chromium.close()


def take(chromium: Browser, base: str, picture: Picture) -> None:
    wide, high = WIDTHS[picture.width]
    context = chromium.new_context(
        viewport={"width": wide, "height": high}, locale=LOCALES[picture.lang], base_url=base
    )
    page = context.new_page()
    sign_in(page, picture.role)
    page.goto(picture.page)
    page.screenshot(path=IMAGES / f"{picture.name}.png", full_page=picture.whole)
    context.close()
    print(IMAGES / f"{picture.name}.png")


if __name__ == "__main__":
    main()
