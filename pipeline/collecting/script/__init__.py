"""What the browser sends, and what it must carry: the script, the signed page token, the parser."""
