"""The colours of both themes, by what they mean.

matplotlib draws each figure once, in sentinel colours that stand for the roles; `paint` then makes of it the picture
for a page (CSS variables), or for a file of one theme.
"""

import re

# role: (light, dark). Text and lines keep 4.5 : 1 on the background, areas 3 : 1; the tests compute it.
ROLES = {
    "background": ("#ffffff", "#0d1117"),
    "panel": ("#f6f8fa", "#161b22"),
    "text": ("#1f2328", "#e6edf3"),
    "quiet": ("#57606a", "#9da7b3"),
    "grid": ("#d8dee4", "#2b3138"),
    "blue": ("#1f4b99", "#8ab8ff"),
    "amber": ("#7a4b00", "#e3b341"),
    "red": ("#b3261e", "#ff958c"),
    "green": ("#14692c", "#56d364"),
    "violet": ("#6639ba", "#c9a6ff"),
    "teal": ("#0b6168", "#4fd1d9"),
    "neutral": ("#7d8590", "#7d8590"),
    "calm": ("#cfe5d6", "#1e3a2a"),
    # What the generated state chart fills its boxes with.
    "chart-working": ("#e3f3e8", "#173325"),
    "chart-recovering": ("#fdeedd", "#3a2a17"),
}
TEXT_ROLES = ["text", "quiet", "blue", "amber", "red", "green", "violet", "teal"]
SENTINELS = {role: f"#fe01{index:02x}" for index, role in enumerate(ROLES)}

# Each state has a colour of its own; the figures also name each state beside its line.
STATE_ROLES = {
    "idle": "neutral", "connecting": "blue", "open": "calm", "probing": "violet", "stale": "red",
    "terminating": "amber", "backoff": "teal", "stopped": "neutral",
}


def sentinel(role):
    return SENTINELS[role]


def paint(svg, theme):
    """Replaces the sentinels: theme is 0 for light, 1 for dark, None for CSS variables."""
    roles = list(ROLES)

    def colour(match):
        role = roles[int(match.group(1), 16)]
        return f"var(--{role})" if theme is None else ROLES[role][theme]

    return re.sub(r"#fe01([0-9a-f]{2})", colour, svg)


def css_variables(theme):
    return " ".join(f"--{role}: {colours[theme]};" for role, colours in ROLES.items())


def contrast(one, other):
    """WCAG 2.1's contrast ratio of two colours."""
    def luminance(colour):
        parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
