"""One module a verb: HELP, arguments(parser) or PASSES_ON, run(options) -> exit code."""
