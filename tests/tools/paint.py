#!/usr/bin/env python3
"""Paints a golden as a terminal shows it in a theme.

paint.py GOLDEN.txt OUT.png [THEME [DEPTH]]     THEME: a name or a file; DEPTH: truecolor 256 16 mono
paint.py GOLDEN.txt OUT.png THEME DEPTH light   on a light terminal

The roles stand in GOLDEN.roles; the colours come from $THEME_DUMP, tests/tools/theme_dump of a
build. Needs Pillow and fonts-dejavu-core; no part of make check.
"""
import os
import subprocess
import sys

from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono%s.ttf"
SIZE, HIGH = 15, 19
BLOCKS = " ▁▂▃▄▅▆▇█"
BOLD, DIM, REVERSE, UNDERLINE = 1, 2, 4, 8


def rgb(text, own):
    return own if text == "own" else tuple(int(text[i:i + 2], 16) for i in (0, 2, 4))


def styles(theme, depth, own_text, own_page):
    out = {}
    dump = os.environ.get("THEME_DUMP", "tests/tools/theme_dump")
    for line in subprocess.check_output([dump, theme, depth], text=True).splitlines():
        letter, text, page, attr = line.split()
        text, page, attr = rgb(text, own_text), rgb(page, own_page), int(attr)
        if attr & REVERSE:
            text, page = page, text
        if attr & DIM:
            text = tuple((a + b) // 2 for a, b in zip(text, page))
        out[letter] = (text, page, attr)
    return out


def cell(draw, fonts, x, y, wide, char, style):
    text, page, attr = style
    draw.rectangle((x, y, x + wide - 1, y + HIGH - 1), fill=page)
    if char in BLOCKS[1:]:
        high = HIGH * BLOCKS.index(char) / 8
        draw.rectangle((x, y + HIGH - high, x + wide - 1, y + HIGH - 1), fill=text)
    elif char in "─━":
        half = 0 if char == "─" else 1
        middle = y + HIGH // 2
        draw.rectangle((x, middle - half, x + wide - 1, middle + half), fill=text)
    elif char != " ":
        draw.text((x, y), char, font=fonts[bool(attr & BOLD)], fill=text)
    if attr & UNDERLINE:
        draw.line((x, y + HIGH - 2, x + wide - 1, y + HIGH - 2), fill=text)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    source, out = sys.argv[1:3]
    theme, depth = (sys.argv[3:5] + ["default", "256"][len(sys.argv[3:5]):])
    light = "light" in sys.argv[5:]
    page = (251, 250, 247) if light else (18, 21, 26)
    style = styles(theme, depth, (35, 39, 46) if light else (213, 217, 224), page)
    with open(source, encoding="utf-8") as f:
        text = f.read().split("\n")[:-1]
    with open(os.path.splitext(source)[0] + ".roles", encoding="utf-8") as f:
        roles = f.read().split("\n")[:-1]
    fonts = [ImageFont.truetype(FONT % name, SIZE) for name in ("", "-Bold")]
    wide = round(fonts[0].getlength("M"))
    image = Image.new("RGB", (wide * len(roles[0]) + 16, HIGH * len(text) + 16), style["t"][1])
    draw = ImageDraw.Draw(image)
    for y, line in enumerate(text):
        for x, char in enumerate(line[:len(roles[y])]):
            cell(draw, fonts, 8 + x * wide, 8 + y * HIGH, wide, char, style[roles[y][x]])
    image.save(out)


if __name__ == "__main__":
    main()
