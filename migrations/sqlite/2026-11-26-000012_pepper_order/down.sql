DROP INDEX person_pepper;
CREATE INDEX person_pepper ON person (substr(password_hash, 1, instr(password_hash, ':') - 1)) WHERE active AND password_hash IS NOT NULL;
