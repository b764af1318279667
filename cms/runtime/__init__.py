"""How the site starts and runs inside a process: first start, terminal, Django's threads."""
