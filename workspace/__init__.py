"""The project: puts the parts together and decides nothing."""
