ALTER TABLE api_key DROP COLUMN creator_id;
ALTER TABLE application DROP COLUMN creator_id;
