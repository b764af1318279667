-- How many dead letters are in each state.
SELECT state, count() FROM dead_letters FINAL GROUP BY state
