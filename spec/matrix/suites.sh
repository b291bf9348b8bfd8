# Packages of Debian's suites, side by side on one machine, with nothing installed: for the scripts
# that source this. They come from the mirror that this machine's apt uses, and are unpacked in a
# directory. Their programs run through a loader and a C library: their own where that is newer
# than the machine's, which the module was built with, else the machine's.
# shellcheck shell=bash

arch=    # empty: this machine's
roots=() # the packages wanted; the libraries that they need come with them

say() { printf '%s\n' "$*" >&2; }

# ---- fetching ---------------------------------------------------------------------------------

# The Debian archive in this machine's own sources.
mirror() {
  local found
  # shellcheck disable=SC2016 # apt's own variables
  found=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' \
    2>/dev/null | awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
  if [ -z "$found" ]; then # never updated here: the lists do not say what they are
    # shellcheck disable=SC2016
    found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
      grep -E '/debian/?$' | head -n 1)
  fi
  printf '%s' "$found"
}

# settings SUITE DIR: an apt of its own for this suite, with the machine's proxies alone.
settings() {
  local suite=$1 dir=$2 keys=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$dir"/{lists,archives}/partial "$dir/empty"
  : >"$dir/status"
  [ -e "$keys" ] && keys="[signed-by=$keys] " || keys=
  printf 'deb %s%s %s main\n' "$keys" "$(mirror)" "$suite" >"$dir/sources.list"
  {
    [ -z "$arch" ] || printf 'APT::Architecture "%s";\nAPT::Architectures "%s";\n' "$arch" "$arch"
    apt-config dump | grep -iE '^Acquire::[a-z:./]*proxy'
    cat <<END
Dir::Etc::Parts "$dir/empty";
Dir::Etc::SourceList "$dir/sources.list";
Dir::Etc::SourceParts "$dir/empty";
Dir::Etc::Preferences "$dir/none";
Dir::Etc::PreferencesParts "$dir/empty";
Dir::State "$dir";
Dir::State::Lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir";
Dir::Cache::archives "$dir/archives";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
Acquire::Retries "3";
END
  } >"$dir/apt.conf"
}

# The roots, with the libraries they need, those for Lua among them.
packages() {
  apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances "${roots[@]}" | grep -E '^(lib|lua-)' | sort -u
  printf '%s\n' "${roots[@]}"
}

# unpack DIR: the packages, as this suite's apt gives them, into DIR/new; the C library apart from
# them, in DIR/new/libc.
unpack() {
  local deb names to
  export APT_CONFIG="$1/apt/apt.conf"
  apt-get -q -o APT::Update::Error-Mode=any update || return
  mapfile -t names < <(packages)
  cd "$1/apt/archives" || return
  apt-get -q download "${names[@]}" || return
  for deb in *.deb; do
    to=$1/new
    case $deb in libc6_*) to+=/libc ;; esac
    mkdir -p "$to"
    dpkg-deb -x "$deb" "$to" || return
  done
}

# download SUITE DIR: DIR/root becomes the unpacked packages.
download() {
  rm -rf "$2/apt" "$2/new"
  mkdir -p "$2/new"
  settings "$1" "$2/apt"
  (unpack "$2") >"$2/log" 2>&1 </dev/null || return
  rm -rf "$2/root" "$2/apt"
  mv "$2/new" "$2/root"
}

# ---- running ----------------------------------------------------------------------------------

version_of_libc() { # of the loader given
  "$1" --version 2>/dev/null | sed -n '1s/.* \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p'
}

# The loader that this machine's programs name.
machines_loader() {
  ldd "$(command -v env)" | sed -n 's/^[[:space:]]*\(\/[^ ]*\/ld-[^ ]*\) .*/\1/p'
}

newer() { [ "$(printf '%s\n' "$1" "$2" | sort -V | tail -n 1)" != "$2" ]; }

# directories DIR: those below it that hold shared libraries.
directories() {
  find "$1" -name 'lib*.so.*' -printf '%h\n' | grep '/lib' | grep -vE "gconv|/share/" | sort -u
}

# launcher DIR NAME [PROGRAM]: DIR/NAME becomes a script that runs the PROGRAM unpacked in
# DIR/root; or, with the libraries there, the program that it is given.
launcher() {
  local root=$1/root own machines libs program=
  [ $# -lt 3 ] || program="--argv0 \"\$0\" '$root/$3'"
  machines=$(machines_loader)
  own=$(find "$root/libc" -name 'ld-linux*.so.*' | sort | tail -n 1)
  libs=$(directories "$root")
  if ! newer "$(version_of_libc "$own")" "$(version_of_libc "$machines")"; then
    own=$machines
    libs=$(grep -v "^$root/libc/" <<<"$libs")
  fi
  cat >"$1/$2" <<END
#!/bin/sh
exec '$own' --library-path '$(paste -sd: <<<"$libs")' $program "\$@"
END
  chmod +x "$1/$2"
}

# ---- testing ----------------------------------------------------------------------------------

# The sum of busted's summaries in a log: passed, failed, pending.
counts() {
  awk '/^[0-9]+ success(es)? \/ [0-9]+ failures? \/ [0-9]+ errors? \/ [0-9]+ pending/ {
         p += $1; f += $4 + $7; s += $10
       }
       END { print p + 0, f + 0, s + 0 }' "$1"
}
