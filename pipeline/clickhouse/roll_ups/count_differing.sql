-- For each roll-up that differs from what it sums, on how many keys.
SELECT roll_up, count() AS differing
FROM
(
$comparisons
)
WHERE off
GROUP BY roll_up
