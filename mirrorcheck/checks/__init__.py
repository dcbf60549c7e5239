"""A report and what is expected of it come in, verdicts that CI can rely on go out: pass, fail or inconclusive."""
