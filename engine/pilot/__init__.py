"""The autopilot's process: takes the recipe's steps one by one, whoever watches."""
