#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A runner is one file: no libraries beside glibc's own, no symbol of glibc younger than 2.34.
#   runner_file_test.sh RUNNER
set -eu

bad=$(ldd "$1" | awk '{print $1}' | grep -vE '^(linux-vdso|libc|libm|libpthread|libdl|librt|/lib64/ld-linux)' || true)
if [ -n "$bad" ]; then
  printf '%s needs other libraries:\n%s\n' "$1" "$bad"
  exit 1
fi

youngest=$(objdump -T "$1" | grep -o 'GLIBC_2\.[0-9.]*' | sort -uV | tail -n 1)
oldest=$(printf '%s\nGLIBC_2.34\n' "$youngest" | sort -V | tail -n 1)
if [ "$oldest" != GLIBC_2.34 ]; then
  printf '%s asks for %s:\n' "$1" "$youngest"
  objdump -T "$1" | grep "$youngest"
  exit 1
fi
printf '%s: glibc libraries only, up to %s\n' "$1" "$youngest"
