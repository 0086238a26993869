"""One fit: batches in, weights, scores and predictions out."""
