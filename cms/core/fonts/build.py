"""Makes the portal's three font files out of the npm package: ``npm ci && python -m cms.core.fonts.build``.

A development command: it needs fonttools, and the repository keeps what it writes. The package splits a style by
script, so that a Vietnamese word takes two files; here each style is one file with the letters that the portal needs.
Hints for coarse screens are left out: they are half of the bytes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fontTools import merge, subset
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables.ttProgram import Program

PACKAGE = Path("node_modules/@fontsource/be-vietnam-pro")
WRITTEN = Path(__file__).parents[1] / "static/core/fonts"
SCRIPTS = ("latin", "vietnamese", "latin-ext")
STYLES = ("400-normal", "400-italic", "700-normal")
LARGEST = 12_000  # bytes a file

BASIC = range(0x20, 0x7F)
VIETNAMESE = {*map(ord, "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯư₫"), *range(0x1EA0, 0x1EFA)}
WESTERN = {*map(ord, "ÄÅÆÇËÎÏÑÖØÛÜßäåæçëîïñöøûüÿŒœ")}  # names of partners and places
SIGNS = {*map(ord, "\u00a0§©«®°±²³µ·»½×÷–—‘’“”•…‹›€™−")}
FEATURES = ["kern"]  # decomposed letters are composed by the browser


def main() -> int:
    sizes = {style: _write(style) for style in STYLES}
    shutil.copyfile(PACKAGE / "LICENSE", WRITTEN / "LICENSE")
    for style, size in sizes.items():
        sys.stdout.write(f"{file_name(style)}: {size} bytes, at most {LARGEST}\n")
    return 0 if max(sizes.values()) <= LARGEST else 1


def file_name(style: str) -> str:
    return f"be-vietnam-pro-{style}.woff2"


def _write(style: str) -> int:
    """Write the file of ``style``; returns its size."""
    font = _without_hints(_with_our_letters(_merged(style)))
    font.flavor = "woff2"
    path = WRITTEN / file_name(style)
    font.save(path)
    return path.stat().st_size


def _merged(style: str) -> TTFont:
    with TemporaryDirectory() as directory:
        files = [_unpacked(script, style, Path(directory)) for script in SCRIPTS]
        return merge.Merger().merge(files)


def _unpacked(script: str, style: str, directory: Path) -> str:
    """The file without woff2's compression, which the merger can't read."""
    font = TTFont(PACKAGE / "files" / f"be-vietnam-pro-{script}-{style}.woff2")
    font.flavor = None
    path = str(directory / f"{script}.ttf")
    font.save(path)
    return path


def _with_our_letters(font: TTFont) -> TTFont:
    options = subset.Options()
    options.hinting = False
    options.layout_features = FEATURES
    options.name_IDs = [0, 13, 14]  # copyright and licence
    options.notdef_outline = True
    subsetter: Any = subset.Subsetter(options)
    subsetter.populate(unicodes={*BASIC} | VIETNAMESE | WESTERN | SIGNS)
    subsetter.subset(font)
    return font


def _without_hints(font: TTFont) -> TTFont:
    """Ask for smooth outlines at every size and for drop-out control, as a font without hints should."""
    font["gasp"] = gasp = newTable("gasp")
    gasp.gaspRange = {0xFFFF: 15}
    font["prep"] = prep = newTable("prep")
    prep.program = Program()
    prep.program.fromAssembly(["PUSHW[]", "511", "SCANCTRL[]", "PUSHB[]", "4", "SCANTYPE[]"])
    return font


if __name__ == "__main__":
    sys.exit(main())
