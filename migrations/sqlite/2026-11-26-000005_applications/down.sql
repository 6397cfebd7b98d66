DROP TABLE api_key;
DROP TABLE application_store;
DROP TABLE application;
