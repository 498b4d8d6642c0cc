"""From views to findings: prefilter, match, attribute, judge."""
