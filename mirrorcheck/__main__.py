"""`python -m mirrorcheck` in, the same as `mirrorcheck` out."""

from mirrorcheck.cli import main

main()
