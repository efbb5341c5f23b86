"""Events: what happened. The audit trail, the live feed and the input of reactions."""
