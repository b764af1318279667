-- Views first to first + count of total, evenly over span milliseconds from start on. A page has its views soon after
-- its publication; forty views in a row are of the same sixteen visitors, each with a
-- browser and a place of its own.
INSERT INTO events
(
    at, site, kind, audience, page_id, locale, path, visitor, visit, source, channel, browser, os, device, language,
    country, province, bot, bot_kind, scripted, partition, offset, row
)
WITH
    intDiv(number * {pages:UInt64}, {total:UInt64}) AS newest_page,
    cityHash64(intDiv(number, 40), cityHash64(number, 3) % 16) AS who
SELECT
    fromUnixTimestamp64Milli({start:Int64} + intDiv(number * {span:Int64}, {total:UInt64}), 'UTC'),
    1,
    'view',
    if(cityHash64(who, 1) % 10 = 0, 'bot', 'public') AS audience,
    toUInt32(greatest(1, newest_page - toInt64(3 * pow((cityHash64(number, 2) % 100000 + 1) / 100000, -0.9)))) AS page,
    'vi',
    concat('/tin-tuc/bai-viet-so-', toString(page), '/'),
    who,
    cityHash64(number, 4) % 10 < 4,
    ['', '', 'google.com', 'facebook.com', 'zalo.me'][cityHash64(number, 5) % 5 + 1],
    ['direct', 'internal', 'search', 'social', 'messaging'][cityHash64(number, 5) % 5 + 1],
    ['Chrome', 'Safari', 'Edge', 'Coc Coc'][cityHash64(who, 6) % 4 + 1],
    ['Windows', 'Android', 'iOS'][cityHash64(who, 7) % 3 + 1],
    ['desktop', 'phone'][cityHash64(who, 8) % 2 + 1],
    ['vi', 'vi', 'vi', 'en'][cityHash64(who, 9) % 4 + 1],
    if(cityHash64(who, 10) % 20 = 0, 'US', 'VN') AS from_country,
    if(from_country = 'VN', ['HN', 'SG', 'DN', ''][cityHash64(who, 11) % 4 + 1], ''),
    if(audience = 'bot', ['Googlebot', 'bingbot', 'GPTBot'][cityHash64(who, 12) % 3 + 1], ''),
    if(audience = 'bot', ['search', 'search', 'ai'][cityHash64(who, 12) % 3 + 1], ''),
    audience != 'bot',
    intDiv(number, {record:UInt64}) % {partitions:UInt64},
    intDiv(number, {record:UInt64} * {partitions:UInt64}),
    number % {record:UInt64}
FROM numbers({first:UInt64}, {count:UInt64})
SETTINGS max_insert_threads = 1, max_threads = 1, max_partitions_per_insert_block = 0, async_insert = 0
