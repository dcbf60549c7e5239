"""What a report says of all outcomes: counts, phases, intervals, warnings, the verdict."""
