"""Data quality: rules with the standard they come from, run over what comes in and what is stored."""
