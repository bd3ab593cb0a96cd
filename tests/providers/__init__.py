"""Tests of the clients for model servers."""
