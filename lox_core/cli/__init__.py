"""The command line: every page has its twin here, in words or as JSON."""
