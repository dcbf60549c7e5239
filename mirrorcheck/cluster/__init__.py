"""The only package that talks to Kubernetes: objects, pods' logs, commands in pods."""
