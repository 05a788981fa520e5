"""Run inside an installation: says where things are found and what they give, as JSON."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import connectors
import crm_ext
from crm_ext.config import Config
from crm_ext.paths import migrations_folder, template_folder, translations_folder
from crm_ext.web.app import create_app

app = create_app(Config(home=Path("instance")))
page = app.test_client().get("/", follow_redirects=True)
static = Path(app.static_folder or "")
style = next(iter(sorted(static.glob("*.css"))), Path("no.css"))

json.dump(
    {
        "package": str(Path(crm_ext.__file__).parent),
        "connectors": str(Path(connectors.__file__).parent),
        "templates": str(template_folder()),
        "page": [page.status_code, page.text],
        "static": app.test_client().get(f"{app.static_url_path}/{style.name}").status_code,
        "migrations": sorted(path.name for path in (migrations_folder() / "versions").glob("*.py")),
        "languages": sorted(path.parent.parent.name for path in translations_folder().rglob("*.mo")),
        "stray": [name for name in ("templates", "tests", "docs") if find_spec(name)],
    },
    sys.stdout,
)
