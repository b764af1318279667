-- Views of {pages} (all if there are none) from {since} to before {until}, of one audience: all of them, and the suspect ones
-- for {reason} ('' for any).
SELECT count(), countIf(suspect != '' AND ({reason:String} = '' OR suspect = {reason:String}))
FROM events
WHERE kind = 'view' AND audience = {audience:String} AND (empty({pages:Array(UInt32)}) OR page_id IN {pages:Array(UInt32)})
    AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
