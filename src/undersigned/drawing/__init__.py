"""Pictures as data: pure geometry and SVG, made of numbers and words that are given."""
