"""What the program adds to the screens' commands: its own, the user's keys, and the printed cheatsheet."""
