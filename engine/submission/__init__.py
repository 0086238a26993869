"""The CSV that Kaggle accepts."""
