"""The program in a browser: a door of ours before a page that shows one process a tab.

The server that stands here reads what strangers send, so it holds neither the store nor a key of it: the store is
opened by the processes behind it alone. Only `coop_tui.cli.serve` imports it; it needs the extra `web`.
"""
