-- What is read: the name stays whichever generation of tables it shows.
CREATE OR REPLACE VIEW $name$on_cluster AS SELECT $columns FROM ${name}_$generation WHERE $rows
