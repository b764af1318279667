"""What makes the font files of the typeface's npm package."""
