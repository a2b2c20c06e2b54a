"""What the cooperative offers and must know, as dated data files with one loader a noun."""
