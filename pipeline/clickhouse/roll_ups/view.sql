-- Inserts with the rights of its maker, so that a consumer's account needs no right but to insert events.
CREATE MATERIALIZED VIEW IF NOT EXISTS ${name}_${generation}_from_$source$on_cluster TO ${name}_$generation$local
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
$select
