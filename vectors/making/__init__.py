"""How the vectors are made; `generate.py` beside this folder writes them."""
