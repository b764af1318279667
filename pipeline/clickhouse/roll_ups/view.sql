-- With the rights of who makes it, so that a consumer's account may insert events and nothing else.
CREATE MATERIALIZED VIEW IF NOT EXISTS ${name}_${generation}_from_$source$on_cluster TO ${name}_$generation$local
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
$select
