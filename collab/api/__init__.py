"""HTTP: JSON in, JSON out. Decides nothing that the write door decides."""
