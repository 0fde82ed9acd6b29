"""What is on hand: kept copies, their freshness, the order of sources, and what each vendor may still be asked."""
