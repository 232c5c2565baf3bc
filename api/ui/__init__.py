"""The web interface: views, templates, charts and its own style."""
