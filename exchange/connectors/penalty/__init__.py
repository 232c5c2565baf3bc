"""Link to the penalty system (行政处罚)."""
