"""The product, which takes the demo's pictures from those of earlier runs (``kept_pictures.py``).

python tests/support/with_kept_pictures.py
"""

import importlib
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    os.environ["DJANGO_SETTINGS_MODULE"] = "cms.settings.embedded"  # as the product does; Willow asks for it at once
    kept = importlib.import_module("kept_pictures")
    kept.rendering.render = kept.keeping(kept.rendering.render)  # before the site imports it
    sys.exit(importlib.import_module("cms.__main__").main())
