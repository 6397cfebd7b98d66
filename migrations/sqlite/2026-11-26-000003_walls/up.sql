-- The second wall is row-level security, which SQLite does not have: there the statements' own scopes stand alone. What the
-- databases share of it, foreign keys led by the merchant, came with the tables.
SELECT 1;
