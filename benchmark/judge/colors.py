#!/usr/bin/env python3
"""Known colours through Little CMS: makes tests/vectors/colors.txt.

The profiles are made by the tests themselves (tests/image/icc.rs), so that they need not be stored:

    COLOR_PROFILES=/tmp/profiles cargo test --no-default-features --test image -- --ignored profiles_for_the_judge
    python3 benchmark/judge/colors.py /tmp/profiles > tests/vectors/colors.txt

Needs transicc, Little CMS's own calculator (Debian: liblcms2-utils). It computes in floating point and without
tables of its own (-c0), with the perceptual intent (-t0) and no black point compensation, into the profile
srgb.icc, which is of version 2: towards one of version 4 Little CMS would compensate in any case.
"""

import pathlib
import random
import subprocess
import sys

# The 24 patches of a ColorChecker chart, about as a camera's sRGB has them. Any colours would do.
CHART = [
    (115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170),
    (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46),
    (56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161),
    (243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52),
]
GRAYS = [0, 1, 2, 4, 8, 16, 32, 48, 64, 96, 128, 160, 192, 224, 240, 255]
EDGES = [(r, g, b) for r in (0, 255) for g in (0, 255) for b in (0, 255)]


def anywhere(channels, count):
    """Colours of no kind, the same ones every time."""
    dice = random.Random(channels)
    return [tuple(dice.randrange(256) for _ in range(channels)) for _ in range(count)]


def patches(channels):
    if channels == 1:
        return [(gray,) for gray in GRAYS]
    if channels == 3:
        return CHART + [(gray,) * 3 for gray in GRAYS] + EDGES + anywhere(3, 16)
    inks = [tuple(share if ink == one else 0 for ink in range(4)) for one in range(4) for share in (64, 128, 191, 255)]
    over = [(c, m, y, k) for c in (0, 255) for m in (0, 255) for y in (0, 255) for k in (0, 255)]
    # The chart with its gray in black ink, half of it and all of it.
    chart = []
    for r, g, b in CHART:
        gray = 255 - max(r, g, b)
        for black in (gray // 2, gray):
            chart.append((255 - r - black, 255 - g - black, 255 - b - black, black))
    return inks + over + chart + anywhere(4, 16)


def transform(profile, target, channels, colors):
    # transicc takes inks in percent.
    scale = 100 / 255 if channels == 4 else 1
    text = "".join(f"{value * scale:.9f}\n" for color in colors for value in color)
    command = ["transicc", "-n", "-c0", "-t0", "-i", profile, "-o", target]
    answer = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout.split()
    values = [min(max(float(value), 0.0), 255.0) for value in answer]
    assert len(values) == 3 * len(colors), f"{profile}: {len(values)} values for {len(colors)} colours"
    return [values[at : at + 3] for at in range(0, len(values), 3)]


def version():
    text = subprocess.run(["transicc"], capture_output=True, text=True, check=False)
    return (text.stdout + text.stderr).split("[")[1].split("]")[0].replace("Little", "Little ", 1)


def main():
    folder = pathlib.Path(sys.argv[1])
    print(f"# Colours through the profiles of tests/image/icc.rs into sRGB, as {version()} has them: perceptual intent,")
    print("# no black point compensation. Made by benchmark/judge/colors.py. Fields: the profile; the colour's channels,")
    print("# 0 to 255 (of an ink, 255 is all); sRGB, 0 to 255.")
    for path in sorted(folder.glob("*.icc")):
        channels = {"GRAY": 1, "RGB ": 3, "CMYK": 4}[path.read_bytes()[16:20].decode()]
        colors = patches(channels)
        for color, result in zip(colors, transform(path, folder / "srgb.icc", channels, colors)):
            print(path.stem, " ".join(map(str, color)), " ".join(f"{value:.2f}" for value in result), sep="\t")


main()
