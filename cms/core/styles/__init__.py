"""The stylesheet in readable parts, and what makes site.css of them."""
