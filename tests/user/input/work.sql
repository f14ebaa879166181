CREATE TABLE t(a INTEGER PRIMARY KEY, b INT, c TEXT, d REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<20000)
INSERT INTO t SELECT i, (i*7919)%10007, 'row '||((i*31)%977), i/7.0 FROM n;
CREATE INDEX tb ON t(b);
SELECT count(*), sum(b), avg(d), min(d), max(d) FROM t WHERE b BETWEEN 100 AND 5000;
SELECT c, count(*) FROM t GROUP BY c ORDER BY 2 DESC, 1 LIMIT 3;
SELECT sum(x.b*y.b) FROM t x JOIN t y ON x.b=y.a WHERE x.a%7=0;
UPDATE t SET b=b+1 WHERE a%3=0; DELETE FROM t WHERE b%5=0;
SELECT count(*), sum(length(c)), round(sum(d), 3) FROM t;
SELECT sqrt(2), pow(2, 0.5), printf('%.12f', 1/3.0), upper('x'), hex(zeroblob(4));
SELECT nosuch FROM t;
