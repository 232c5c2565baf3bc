"""Publish and subscribe: what data sets there are, who may have which fields and why, and how they get there."""
