"""Small pictures written as SVG text from a record: rulers, the body with its orbits, the timeline.

They are part of a page, take its colours by class from the stylesheet, and are drawn in less than a millisecond.
"""
