-- Events of any kind since {since}.
SELECT count() FROM events WHERE at >= {since:DateTime64(3, 'UTC')} AND kind != 'opening'
