"""A scenario comes in; real Envoy and nginx play it, and logs, their truth and a judgement of mirrorcheck go out."""
