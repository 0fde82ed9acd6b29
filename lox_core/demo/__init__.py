"""A simulated market that answers on the vendors' wire, so the ordinary clients work without a key or a network."""
