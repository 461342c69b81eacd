"""Who may do what to which object. Imports nothing of the product that it serves."""
