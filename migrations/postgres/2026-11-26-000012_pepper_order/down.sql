DROP INDEX person_pepper;
CREATE INDEX person_pepper ON person ((split_part(password_hash, ':', 1))) WHERE active AND password_hash IS NOT NULL;
