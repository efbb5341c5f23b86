"""Background work: bells that wake, loops that work, pollers that fetch. Nothing here decides anything."""
