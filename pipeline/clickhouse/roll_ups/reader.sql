-- What readers ask: the name is the same in every generation.
CREATE OR REPLACE VIEW $name$on_cluster AS SELECT $columns FROM ${name}_$generation WHERE $rows
