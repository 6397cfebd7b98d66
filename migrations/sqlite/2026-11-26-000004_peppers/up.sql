-- Which peppers passwords rest on, and how many on each: asked at each start of a server, however many accounts there are.
CREATE INDEX person_pepper ON person (substr(password_hash, 1, instr(password_hash, ':') - 1)) WHERE active AND password_hash IS NOT NULL;
