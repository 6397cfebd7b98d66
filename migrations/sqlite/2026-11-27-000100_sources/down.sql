DROP TABLE sync_inbox;
DROP TABLE sync_review;
DROP TABLE sync_reject;
DROP TABLE field_provenance;
DROP TABLE source_record;
DROP TABLE sync_run;
DROP TABLE sync_stream;
DROP TABLE connection;
