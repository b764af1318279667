CREATE MATERIALIZED VIEW IF NOT EXISTS ${name}_${generation}_from_events$on_cluster TO ${name}_$generation$local AS
$select
