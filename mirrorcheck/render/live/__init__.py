"""Looks at a live mirror come in; a screen that keys steer, plain lines, or JSON events go out."""
