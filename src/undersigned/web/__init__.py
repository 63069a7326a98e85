"""The shell that speaks HTTP: settings, routes, problem documents, static files."""
