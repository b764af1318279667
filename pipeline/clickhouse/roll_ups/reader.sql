-- What is read: the name stays whichever generation of tables it shows.
CREATE OR REPLACE VIEW $name$on_cluster AS SELECT * FROM ${name}_$generation
