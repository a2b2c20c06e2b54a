"""The tests of coop-tui; a package, so that `python -m tests.faults` finds its neighbours."""
