DROP TABLE pepper_check;
