"""Evidence: captures become packages that a court can check without us."""
