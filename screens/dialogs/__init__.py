"""Dialogs that any screen may open. Each answers with a typed value and calls no service."""
