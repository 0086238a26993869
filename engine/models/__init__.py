"""Backbones, heads, and which layers train."""
