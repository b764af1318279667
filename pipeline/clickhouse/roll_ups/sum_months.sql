-- A roll-up's numbers of each month; month 0 is all of them.
SELECT '$name', $month AS month, [$numbers] FROM $table WHERE $rows GROUP BY month WITH ROLLUP
