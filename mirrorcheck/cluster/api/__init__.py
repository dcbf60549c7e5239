"""The connection to the API server: settings, login, errors, commands in pods."""
