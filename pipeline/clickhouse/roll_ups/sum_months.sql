-- A roll-up's views and visits of each month; month 0 is all of them.
SELECT '$name', $month AS month, sum(views), sum(visits) FROM ${name}_$generation WHERE mark = 0 GROUP BY month WITH ROLLUP
