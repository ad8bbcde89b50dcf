"""Numbers, durations and foreign text as a reader sees them."""

import html
import math
import re

MISSING = "–"


def number(value):
    """`value` as a float, or None where it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def count(value):
    value = number(value)
    return MISSING if value is None else f"{value:,.0f}".replace("-", "−")


def compact(value):
    """At most five characters: 999, 1,234, 12.3k, 1.2M."""
    if value < 10_000:
        return f"{value:,.0f}"
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= 0.99995 * size:
            return f"{value / size:.1f}{letter}" if value < 999.5 * size else f"{value / size:.0f}{letter}"
    return f"{value:,.0f}"


def significant(value, digits=3):
    """Three significant digits, thousands grouped, no exponent."""
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}".replace("-", "−")


def seconds(value):
    """A duration in the unit that suits it: 12 ms, 3.45 s, 2 min 05 s."""
    value = number(value)
    if value is None:
        return MISSING
    if abs(value) < 0.0005:
        return "0 ms"
    if abs(value) < 0.9995:
        return f"{value * 1000:.{1 if abs(value) < 0.00995 else 0}f} ms".replace("-", "−")
    if abs(value) < 59.95:
        return f"{value:.2f} s" if abs(value) < 9.995 else f"{value:.1f} s"
    return duration(value)


def duration(value):
    """A longer time: 45 s, 12 min 30 s, 1 h 05 min."""
    value = number(value)
    if value is None:
        return MISSING
    whole = max(0, round(value))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60:02d} s" if whole % 60 else "")
    return f"{whole // 3600} h" + (f" {whole % 3600 // 60:02d} min" if whole % 3600 // 60 else "")


def clock(value):
    """An offset into the run: 12:05.3, or 1:12:05.3 after an hour."""
    value = number(value)
    if value is None:
        return MISSING
    tenths = max(0, round(value * 10))
    hours, minutes, rest = tenths // 36000, tenths // 600 % 60, tenths % 600 / 10
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes:02d}:{rest:04.1f}"


def size(value, digits=3):
    """Bytes, in decimal units."""
    value = number(value)
    if value is None:
        return MISSING
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if abs(value) >= limit:
            return f"{significant(value / limit, digits)} {unit}"
    return f"{value:,.0f} B".replace("-", "−")


def percent(share):
    share = number(share)
    if share is None:
        return MISSING
    if 0 < share < 0.00005:
        return "< 0.01 %"
    # A share that is not whole is never shown as whole.
    if 0.9999 < share < 1:
        return "> 99.99 %"
    return f"{share * 100:.2f} %"


def plural(value, word, words=None):
    return f"{count(value)} {word if number(value) == 1 else words or word + 's'}"


def clean(value, limit=400):
    """Foreign text on one line: no control characters, nothing that UTF-8 cannot hold, bounded."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = re.sub(r"[\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]", "\N{REPLACEMENT CHARACTER}", str(value))
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def for_html(value):
    return html.escape(clean(value), quote=True)


def for_markdown(value):
    """Text that Markdown shows as it is, in a table's cell too."""
    text = clean(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_{}\[\]|~$#!])", r"\\\1", text)
    # Neither a mention nor a link of its own accord.
    return text.replace("@", "&#64;").replace("://", "&#58;//")
