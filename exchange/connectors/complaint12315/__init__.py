"""Link to the complaint12315 system (消费投诉)."""
