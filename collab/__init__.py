"""The product: sessions that several people and an agent share, over a log that loses nothing."""
