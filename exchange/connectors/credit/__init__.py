"""Link to the credit system (企业综合监管)."""
