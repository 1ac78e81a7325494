"""What lowers the information that completed rows have of their pattern: resampling and residual transport."""
