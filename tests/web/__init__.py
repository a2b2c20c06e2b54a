"""The program in a browser: the door, the server as a process, and a real browser before it."""
