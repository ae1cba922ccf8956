"""What is wrong with a home, what is lost by it, what to do about it, and doing what is safe."""
