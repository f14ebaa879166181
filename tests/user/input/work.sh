# Functions, arrays, patterns, here documents, arithmetic, subshells, traps.
declare -A seen
primes() {
    local n=$1 i j
    for ((i = 2; i <= n; i++)); do
        for ((j = 2; j * j <= i; j++)); do ((i % j)) || continue 2; done
        echo $i
    done
}
for word in the quick brown fox jumps over the lazy dog the end; do
    seen[$word]=$((${seen[$word]:-0} + ${#word}))
done
for word in "${!seen[@]}"; do echo "$word ${seen[$word]}"; done | while read -r w n; do
    sum=$((sum + n)); [ "$w" != the ] || echo "the: $n, $sum >= n"
done | grep -c the || echo "no grep"
mapfile -t list <<<"$(primes 300)"
echo "${#list[@]} primes, the last ${list[-1]}; args: $# $*"
text="Hello, World"
echo "${text,,} ${text^^} ${text/World/There} ${text:7:3} ${text%%,*}"
case $text in *[Ww]orld) echo matched ;; esac
[[ abc123 =~ ^([a-z]+)([0-9]+)$ ]] && echo "${BASH_REMATCH[2]}-${BASH_REMATCH[1]}"
trap 'echo leaving with $?' EXIT
cat_() { while IFS= read -r line; do echo "> $line"; done; }
cat_ <<EOF
$((2 ** 40)) $((0xff & ~0x0f)) $((-7 / 2)) $((-7 % 3))
EOF
(exit 9); echo "status $?"
printf '%05.1f|%-6s|%+d|%o|%q\n' 3.14159 ab 5 64 "a b"
exit 4
