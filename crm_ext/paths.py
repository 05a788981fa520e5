"""Where the pieces of an installation lie: inside the package once installed, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def template_folder() -> Path:
    installed = PACKAGE / "templates"
    return installed if installed.is_dir() else PACKAGE.parent / "templates"


def migrations_folder() -> Path:
    return PACKAGE / "store" / "migrations"


def translations_folder() -> Path:
    return PACKAGE / "translations"
