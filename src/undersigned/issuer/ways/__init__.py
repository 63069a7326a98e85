"""Ways of joining: each turns what somebody brings into a subject, behind one interface (`way.Way`)."""
