"""What is to be predicted: the folder Kaggle gave, recognised, decoded, folded."""
