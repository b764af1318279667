-- Tables and views of this database, with the SELECT of each view.
SELECT name, as_select FROM system.tables WHERE database = currentDatabase()
