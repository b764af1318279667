-- The numbers of a roll-up over all time.
SELECT '$name', toUInt32(0), [$numbers] FROM $table WHERE $rows
