"""How each kind of value looks as JSON: one class says what it needs, writes it, and has its JSON Schema."""
