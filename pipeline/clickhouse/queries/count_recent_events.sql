-- Events of any kind from {since} to {until}.
SELECT count()
FROM events
WHERE at BETWEEN {since:DateTime64(3, 'UTC')} AND {until:DateTime64(3, 'UTC')} AND kind != 'opening'
