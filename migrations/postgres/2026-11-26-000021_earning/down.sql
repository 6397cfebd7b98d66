DROP TABLE welcome_mark;
DROP TABLE earning_line;
