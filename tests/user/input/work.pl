use strict; use warnings;
my %h; my $text = join ' ', map { ($_ * 7919) % 10007 } 1 .. 3000;
while ($text =~ /\b(\d)(\d+)\b/g) { $h{"$2$1"}++ }
print scalar(keys %h), " ", join(',', (sort keys %h)[0 .. 4]), "\n";
(my $t = $text) =~ tr/0-9/1-90/; print length($t), " ", substr($t, 100, 20), "\n";
my @s = sort { $a <=> $b } map { sin($_) * 100 } 1 .. 50;
printf "%.10f %.10f %s\n", $s[0], $s[-1], join ' ', map { int } @s[10 .. 15];
printf "%s %s %s %d\n", 1 / 7, 1e21, 10 ** 15, -7 / 2;
print join(' ', unpack 'N n C a3', pack 'N n C a3', 1 << 31, 65535, 200, 'xyz'), "\n";
local $@; eval { die { code => 42 } }; print "caught $@->{code}\n";
my $f; $f = sub { my $n = shift; $n < 2 ? $n : $f->($n - 1) + $f->($n - 2) }; print $f->(18), "\n";
print sprintf('%vd', '1.22.333'), ' ', ucfirst lc 'PERL', ' ', scalar reverse('abc'), "\n";
