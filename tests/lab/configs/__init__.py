"""A scenario and ports come in; the configurations of Envoy and nginx go out."""
