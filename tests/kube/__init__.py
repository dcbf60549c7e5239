"""A cluster in memory comes in; an API server that real clients take for Kubernetes' goes out, and its truth."""
