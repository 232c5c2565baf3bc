"""Who the seller is: subjects, licences, proof of control, badges. Built with the identity work; see docs/architecture.md."""
