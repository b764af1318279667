-- Tables and views of this database, with what a view selects.
SELECT name, as_select FROM system.tables WHERE database = currentDatabase()
