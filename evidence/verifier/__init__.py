"""The verifier that runs in a browser: one HTML file, offline, without anything else."""
