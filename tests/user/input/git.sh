# A repository is made, and cloned from a file and by http.  Nothing is left.
[ -c /dev/null ] || exit 127
set -e
export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
export GIT_AUTHOR_DATE='2001-02-03 04:05:06 +0000' GIT_COMMITTER_DATE='2001-02-03 04:05:06 +0000'
folder=$(mktemp -d)
cd "$folder"
git init -q -b main first
for k in 1 2 3; do
    seq $k 2000 >first/file-$k
    git -C first add .
    git -C first commit -q -m "number $k"
done
git clone -q "file://$folder/first" second
git -C second log --format='%H %s'
git -C first update-server-info
python3 -u -c '
import functools, http.server
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory="first"))
print(server.server_port)
server.serve_forever()' >port &
server=$!
until [ -s port ]; do sleep 0.1; done
git clone -q "http://127.0.0.1:$(cat port)/.git" third
kill $server
wait $server || true
for k in second third; do (cd $k && sha1sum file-*); done | sort | uniq -c
git -C third fsck --strict
rm -rf "$folder"
