"""The member's own screens, driven by keyboard and mouse over real services."""
