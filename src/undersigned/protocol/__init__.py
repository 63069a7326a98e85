"""What the parties send each other and write down: profile `undersigned/1`, formats only."""
