"""Who the seller is: subjects, licences, proof of control, badges. So far a door only; see docs/architecture.md."""
