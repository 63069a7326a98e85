"""Subjects of people who join by address or account: tags that keep them apart without saying who they are."""
