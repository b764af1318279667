"""What operations type, one module a command: ``add`` declares its arguments, the rest does and shows it."""
