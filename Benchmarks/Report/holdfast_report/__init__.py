"""The report of a soak or of a comparison: one page, one Markdown summary, the figures.

Reads only what the run wrote into its folder; measures nothing itself.
"""
