-- The year once more, as another crowd of the same size would have made it: a little later, by other readers, at new places
-- of the log; every other crowd came a year before. {copy} is the number of the copy, {records} how many records of a partition the year has.
INSERT INTO events ($columns)
SELECT $values
FROM events
WHERE kind != 'opening' AND offset < {records:UInt64} AND toYYYYMM(at, 'Asia/Ho_Chi_Minh') = {month:UInt32}
SETTINGS max_partitions_per_insert_block = 0, async_insert = 0, deduplicate_insert_select = 'disable'
