"""`python -m mirrorcheck` in, the same as `mirrorcheck` out."""

from mirrorcheck.cli.main import main

main()
