INSERT INTO ${name}_$generation
$select
