-- Days are those of Asia/Ho_Chi_Minh, as in pipeline/periods.py. The audience stays a key in every roll-up, so that bots,
-- staff and previews are there for operations and apart from the public counters.
--
-- A row is a sum where mark is 0. The others say, by the partition of the log plus one, up to before which offset that
-- partition's rows have come in: they are in the same part as the sums, so that after a crash they tell the truth of them.
CREATE TABLE IF NOT EXISTS site_days_$generation$local$on_cluster
(
    site     UInt32,
    audience Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4),
    day      Date,
    mark     UInt16,
    views    SimpleAggregateFunction(sum, UInt64),
    visits   SimpleAggregateFunction(sum, UInt64),
    visitors AggregateFunction(uniqExact, UInt64),
    reached  SimpleAggregateFunction(max, UInt64)
)
ENGINE = ${Replicated}AggregatingMergeTree
ORDER BY (site, audience, day, mark)
SETTINGS $deduplication;

SELECT
    site,
    audience,
    toDate(at, 'Asia/Ho_Chi_Minh') AS day,
    toUInt16(partition + 1) AS mark,
    if(mark = 0, count(), 0) AS views,
    if(mark = 0, countIf(visit), 0) AS visits,
    if(mark = 0, uniqExactStateIf(visitor, visitor != 0), initializeAggregation('uniqExactStateIf', 0::UInt64, false)) AS visitors,
    if(mark = 0, 0, max(offset) + 1) AS reached
FROM $events
WHERE kind = 'view' AND $rows
GROUP BY GROUPING SETS ((site, audience, day), (mark));
