"""Public enforcement records, from agency files to gated candidate records; imports nothing of db or cli."""
