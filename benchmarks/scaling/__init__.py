"""How training scales: steps with several workers against one, and memory against the number of reviews."""
