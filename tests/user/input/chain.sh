# Compile, link and run: one program by the driver, one by make of two files and a library.
[ -c /dev/null ] || exit 127
set -e
folder=$(mktemp -d)
cd "$folder"
cat >sum.c <<'END'
double sum(int n) { double s = 0; for (int k = 1; k <= n; k++) s += 1.0 / k; return s; }
END
cat >main.c <<'END'
#include <math.h>
#include <stdio.h>
double sum(int n);
int main(int argc, char **argv)
{
    printf("%s %d %.10f %.10f\n", argv[1], argc, sum(1000), sqrt(argc));
    return 3;
}
END
cat >Makefile <<'END'
CC = gcc-12
main: main.o libsum.a
	$(CC) -o $@ main.o libsum.a -lm
libsum.a: sum.o
	ar rcD $@ sum.o
END
gcc-12 -O2 -Wall main.c sum.c -o direct -lm
./direct first || echo $?
gcc-12 -O0 -static main.c sum.c -o static -lm
./static second || echo $?
make -s main
./main third || echo $?
nm -C libsum.a | grep -c ' T sum'
rm -rf "$folder"
