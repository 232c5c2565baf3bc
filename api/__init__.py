"""The web interface and the JSON API: the only room that knows HTTP."""
