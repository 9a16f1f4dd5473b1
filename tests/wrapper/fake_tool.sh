#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands in for the tools that the wrapper calls, by the name it is called under. It notes each call in $FAKE/calls and
# does what the files in $FAKE ask for.
set -u
name=${0##*/}
[ "$name" = id ] || [ "$name" = dpkg-query ] || [ "$*" = --version ] || printf '%s %s\n' "$name" "$*" >>"$FAKE/calls"

cmake_configure() { # -S ROOT --preset release -DSPANWISE_TESTS=… -DSPANWISE_WERROR=…
  if [ -e "$FAKE/configure_error" ]; then
    echo 'CMake Error: Could not find a package configuration file'
    exit 1
  fi
  build=$2/build/release
  mkdir -p "$build"
  {
    printf 'CMAKE_GENERATOR:INTERNAL=Ninja\nCMAKE_HOME_DIRECTORY:INTERNAL=%s\n' "$2"
    printf 'SPANWISE_TESTS:BOOL=%s\nSPANWISE_WERROR:BOOL=%s\n' "${5#*=}" "${6#*=}"
  } >"$build/CMakeCache.txt"
  : >"$build/build.ninja"
}

cmake_build() { # --build FOLDER …
  : >"$FAKE/building"
  echo '[1/1] fake compiler'
  [ -e "$FAKE/slow_build" ] && sleep 1
  [ -e "$FAKE/edit_while_building" ] && sleep 0.02 && : >"$2/../../core/a.cc"
  if [ -e "$FAKE/compile_error" ]; then
    printf "FAILED: a.cc.o\ncore/a.cc:1:1: error: 'x' does not name a type\nninja: build stopped\n"
    exit 1
  fi
  mkdir -p "$2/bin"
  for program in spanwise spanwise-cpu; do
    # shellcheck disable=SC2016  # the program's own variables
    printf '#!/bin/sh\nprintf "program:"; printf " <%%s>" "$@"; echo; exit 7\n' >"$2/bin/$program"
    chmod +x "$2/bin/$program"
  done
}

case $name in
  id) cat "$FAKE/uid" ;;
  sudo) exec "$@" ;;
  ctest) exit 8 ;;
  dpkg-query)
    shift 3 # -W -f FORMAT
    for package in "$@"; do
      case " $(cat "$FAKE/missing") " in
        *" $package "*) ;;
        *) printf 'installed %s ' "$package" ;;
      esac
    done
    ;;
  apt-get)
    case " $* " in *' install '*) ;; *) exit 0 ;; esac
    if [ -e "$FAKE/first_install_fails" ] || [ -e "$FAKE/every_install_fails" ]; then
      rm -f "$FAKE/first_install_fails"
      echo 'E: Unable to locate package'
      exit 100
    fi
    : >"$FAKE/missing"
    ;;
  cmake)
    case $1 in
      -S) cmake_configure "$@" ;;
      --build) cmake_build "$@" ;;
      --version) echo 'cmake version 3.25.1' ;;
    esac
    ;;
esac
