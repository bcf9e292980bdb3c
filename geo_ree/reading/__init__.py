"""Payloads into tables, safely: files and answers of any format."""
