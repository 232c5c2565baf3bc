"""The four linked systems as stand-ins: registry, penalties, 12315 complaints, credit marks; all of it invented."""
