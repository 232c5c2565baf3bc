"""Link to the registration system (企业登记)."""
