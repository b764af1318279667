"""What belongs to the department: its colours, its links, the Ministry's measuring."""
