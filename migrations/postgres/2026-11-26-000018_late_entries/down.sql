DROP INDEX idempotency_outcome;
DROP INDEX erasure_late;
ALTER TABLE erasure DROP COLUMN logs_settled_at;
