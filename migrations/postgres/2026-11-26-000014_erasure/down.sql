DROP TABLE erased_mark;
DROP TABLE erasure;
ALTER TABLE membership DROP COLUMN erased_at;
