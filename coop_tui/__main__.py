"""`python -m coop_tui` is the same as `coop-tui`."""

import sys

from coop_tui.cli import main

sys.exit(main())
