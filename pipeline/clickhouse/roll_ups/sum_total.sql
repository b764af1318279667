-- The views and visits of a roll-up over all time.
SELECT '$name', 0, sum(views), sum(visits) FROM ${name}_$generation
