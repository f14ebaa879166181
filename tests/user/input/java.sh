# java.sh JAVA [only-version]: it tells its version, makes a key pair, keeps it, and finds it again.
set -e
"$1/bin/java" -version 2>&1 | head -n 2
[ -z "$2" ] || exit 0
store=$(mktemp -u)
tool() {
    "$1/bin/keytool" "${@:2}" -keystore "$store" -storepass password 2>/dev/null
}
tool "$1" -genkeypair -alias first -keyalg RSA -keysize 2048 -dname CN=first
tool "$1" -genkeypair -alias second -keyalg EC -groupname secp256r1 -dname CN=second
tool "$1" -list -v | grep -E '^(Alias|Entry type|Owner|Subject Public Key|Signature alg)' | sort
rm "$store"
