"""The agent as a participant: the Python SDK, the AG-UI client and the runner.

Nothing here imports anything of ours but `collab.core`, so all of it runs without Django.
"""
