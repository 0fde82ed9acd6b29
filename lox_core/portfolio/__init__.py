"""The book: positions, marks, Greeks, strategies, attribution, performance and alerts. Pure: values in, values out."""
