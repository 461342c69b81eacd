"""Start the demo agent: `python -m collab.agents.demo --folder PATH`.

It listens on loopback only, writes its port to a file when asked, and ends with its parent.
"""

import os


def main() -> None:
    """Remember who started us, then load all else."""
    parent = os.getppid()
    # Loading takes seconds where the machine is slow. A parent that ends meanwhile, or while
    # the port is being written, must be missed too: so we ask for it before anything else.
    from .serving import serve

    serve(parent, __doc__ or "")


if __name__ == "__main__":
    main()
