"""Option numerics: contracts, values, Greeks, implied volatility, smiles. Pure: arrays in, arrays out."""
