"""Meta's networks: a family of channels that share signature, Graph client, errors and the shape of their batches."""
