"""The agent that ships: a process of its own whose tools work on the files of one scratch folder.

Its boundary is AG-UI over HTTP: it knows nothing of Cohelm, and nothing of Cohelm imports it.
"""
