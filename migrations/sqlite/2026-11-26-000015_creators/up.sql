-- Who registered it, or made it; null for what is older than this column. Somebody's keys can end with their job.
ALTER TABLE application ADD COLUMN creator_id BIGINT;
ALTER TABLE api_key ADD COLUMN creator_id BIGINT;
