#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests of the ./spanwise wrapper: wrapper_test.sh PATH/TO/spanwise
# Each case gets a small checkout of its own, in a folder whose name has spaces, and tools that only note how they are called.
set -u
unset SPANWISE_YES SPANWISE_WERROR SPANWISE_BUILD

wrapper=$1
fakes=$(dirname -- "$(readlink -f -- "$0")")/fake_tool.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
checks=0

# expect WHAT COMMAND...: the command succeeds.
expect() {
  what=$1
  shift
  checks=$((checks + 1))
  "$@" && return
  failures=$((failures + 1))
  printf 'FAILED %s: %s\n-- stdout\n' "$case" "$what"
  cat "$out"
  echo '-- stderr'
  cat "$err"
  echo '-- calls'
  cat "$FAKE/calls"
}

holds() { grep -qF -e "$2" -- "$1"; }
lacks() { ! grep -qF -e "$2" -- "$1"; }
calls_of() { [ "$(grep -c -e "^$1" "$FAKE/calls")" = "$2" ]; }

# Starts a case: a checkout with one source a room, tools that find every package installed, a user that is not root.
begin() {
  case=$1
  place=$scratch/$case
  checkout="$place/a check out"
  export FAKE="$place/fake"
  out=$place/out
  err=$place/err
  mkdir -p "$checkout/cmake" "$checkout/configs" "$checkout/tests" "$checkout/hwmodels/machines" "$FAKE/bin"
  for room in core patterns hwmodels sim kernels measure tuner reports cli; do
    mkdir -p "$checkout/$room"
    : >"$checkout/$room/a.cc"
  done
  : >"$checkout/CMakeLists.txt"
  : >"$checkout/CMakePresets.json"
  cp "$(dirname -- "$wrapper")/cmake/debian_packages.txt" "$checkout/cmake"
  cp "$wrapper" "$checkout/spanwise"
  for tool in cmake ctest dpkg-query apt-get sudo id; do ln -s "$fakes" "$FAKE/bin/$tool"; done
  : >"$FAKE/calls"
  : >"$FAKE/missing"
  : >"$out"
  : >"$err"
  echo 1000 >"$FAKE/uid"
}

# run ARGUMENT...: the wrapper without a terminal; its exit code is left in $code.
run() {
  PATH="$FAKE/bin:$PATH" "$checkout/spanwise" "$@" </dev/null >"$out" 2>"$err"
  code=$?
}

begin first_run
run plan 'a b' --x
expect 'exit code is the program'"'"'s' [ "$code" = 7 ]
expect 'stdout is the program'"'"'s alone' [ "$(cat "$out")" = 'program: <plan> <a b> <--x>' ]
expect 'configures the release preset without tests' holds "$FAKE/calls" "--preset release -DSPANWISE_TESTS=OFF -DSPANWISE_WERROR=OFF"
expect 'builds both programs alone' holds "$FAKE/calls" '--target spanwise spanwise-cpu'
expect 'says what it does, a line a step' [ "$(sed 's/[0-9]* s$/N s/' "$err")" = "spanwise: configuring ... N s
spanwise: building the program ... N s" ]
expect 'keeps the log' holds "$checkout/build/build.log" 'fake compiler'
expect 'installs nothing' calls_of apt-get 0
: >"$FAKE/calls"
run count
expect 'second run calls no tool' [ ! -s "$FAKE/calls" ]
expect 'second run is silent' [ ! -s "$err" ]

begin stale
run plan
for change in core/a.cc cmake/Build.cmake CMakeLists.txt kernels/new.cu; do
  : >"$FAKE/calls"
  sleep 0.02
  : >"$checkout/$change"
  run plan
  expect "$change is built in" calls_of 'cmake --build' 1
done
: >"$FAKE/calls"
sleep 0.02
rm "$checkout/sim/a.cc"
run plan
expect 'a deleted source is noticed' calls_of 'cmake --build' 1
: >"$FAKE/calls"
sleep 0.02
: >"$checkout/configs/model.yaml"
: >"$checkout/hwmodels/machines/h.yaml"
: >"$checkout/tests/a.cc"
run plan
expect 'data and tests need no build' [ ! -s "$FAKE/calls" ]
rm "$checkout/build/release/bin/spanwise-cpu"
run plan
expect 'a missing runner is built' calls_of 'cmake --build' 1
expect 'a good build folder is configured once' calls_of 'cmake -S' 0

begin never_builds
SPANWISE_BUILD=never run list models
expect 'fails where there is no program yet' [ "$code" = 3 ]
expect 'and says nothing into a command line' [ ! -s "$err" ]
expect 'and calls no tool' [ ! -s "$FAKE/calls" ]
run plan
: >"$FAKE/calls"
sleep 0.02
: >"$checkout/core/a.cc"
SPANWISE_BUILD=never run list models
expect 'runs a stale program as it is' [ "$code" = 7 ]
expect 'without a build' [ ! -s "$FAKE/calls" ]

begin edited_while_building
: >"$FAKE/edit_while_building"
run plan
rm "$FAKE/edit_while_building"
: >"$FAKE/calls"
run plan
expect 'a source edited during the build is stale after it' calls_of 'cmake --build' 1

begin missing_packages
echo 'libfmt-dev libssl-dev' >"$FAKE/missing"
run plan
expect 'exit code' [ "$code" = 3 ]
expect 'prints the line' holds "$err" 'sudo apt-get install -y --no-install-recommends libfmt-dev libssl-dev'
expect 'prints nothing on stdout' [ ! -s "$out" ]
expect 'installs nothing without leave' calls_of apt-get 0
expect 'builds nothing' calls_of cmake 0
run --yes plan
expect 'goes on with --yes' [ "$code" = 7 ]
expect 'installs through sudo, without questions' holds "$FAKE/calls" 'sudo env DEBIAN_FRONTEND=noninteractive apt-get'
expect 'installs what is missing' holds "$FAKE/calls" 'install -y --no-install-recommends libfmt-dev libssl-dev'
expect 'keeps --yes from the program' holds "$out" 'program: <plan>'

begin yes_by_environment
echo 'libfmt-dev' >"$FAKE/missing"
SPANWISE_YES=1 run plan
expect 'goes on' [ "$code" = 7 ]

begin root_installs
echo 'libfmt-dev' >"$FAKE/missing"
echo 0 >"$FAKE/uid"
run plan
expect 'goes on' [ "$code" = 7 ]
expect 'without sudo' calls_of sudo 0
expect 'prints the line all the same' holds "$err" 'apt-get install -y --no-install-recommends libfmt-dev'

begin package_lists_too_old
echo 'libfmt-dev' >"$FAKE/missing"
echo 0 >"$FAKE/uid"
: >"$FAKE/first_install_fails"
run plan
expect 'goes on after an update' [ "$code" = 7 ]
expect 'updates before it tries again' [ "$(grep -e 'update' -e 'install' "$FAKE/calls" | grep -e ^apt | tail -n 2 | grep -c update)" = 1 ]

begin install_fails
echo 'libfmt-dev' >"$FAKE/missing"
echo 0 >"$FAKE/uid"
: >"$FAKE/every_install_fails"
run plan
expect 'exit code' [ "$code" = 3 ]
expect 'shows the reason' holds "$err" 'Unable to locate package'
expect 'builds nothing' calls_of cmake 0

begin compile_error
: >"$FAKE/compile_error"
run plan
expect 'exit code' [ "$code" = 3 ]
expect 'shows the error' holds "$err" "core/a.cc:1:1: error: 'x' does not name a type"
expect 'names the log' holds "$err" 'build/build.log'
expect 'prints nothing on stdout' [ ! -s "$out" ]
rm "$FAKE/compile_error"
run plan
expect 'a repaired source builds' [ "$code" = 7 ]

begin configure_error
: >"$FAKE/configure_error"
run plan
expect 'exit code' [ "$code" = 3 ]
expect 'shows the error' holds "$err" 'Could not find a package configuration file'
expect 'says what is needed' holds "$err" 'needs CMake 3.25 and g++ 12'

begin moved_checkout
run plan
: >"$checkout/build/release/left-over"
mv "$checkout" "$place/moved to here"
checkout="$place/moved to here"
run plan
expect 'runs where it is, without a build' [ "$code" = 7 ]
sleep 0.02
: >"$checkout/core/a.cc"
run plan
expect 'starts afresh' [ ! -e "$checkout/build/release/left-over" ]
expect 'and runs' [ "$code" = 7 ]

begin other_generator
mkdir -p "$checkout/build/release"
printf 'CMAKE_GENERATOR:INTERNAL=Unix Makefiles\nCMAKE_HOME_DIRECTORY:INTERNAL=%s\n' "$checkout" >"$checkout/build/release/CMakeCache.txt"
: >"$checkout/build/release/Makefile"
run plan
expect 'starts afresh' [ ! -e "$checkout/build/release/Makefile" ]
expect 'and runs' [ "$code" = 7 ]

begin symbolic_link
mkdir "$place/bin"
ln -s "$checkout/spanwise" "$place/bin/spanwise"
PATH="$FAKE/bin:$place/bin:$PATH" spanwise show x </dev/null >"$out" 2>"$err"
code=$?
expect 'works through a link in PATH' [ "$(cat "$out")" = 'program: <show> <x>' ]

begin not_writable
: >"$checkout/build"
run plan
expect 'exit code' [ "$code" = 3 ]
expect 'says so' holds "$err" 'is not writable'
rm "$checkout/build"
run plan
rm "$checkout/build/.lock"
mkdir "$checkout/build/.lock"
sleep 0.02
: >"$checkout/core/a.cc"
run plan
expect 'a program that cannot be rebuilt still runs' [ "$code" = 7 ]
expect 'with a warning' holds "$err" 'warning: the sources are newer'

begin two_at_once
: >"$FAKE/slow_build"
PATH="$FAKE/bin:$PATH" "$checkout/spanwise" plan </dev/null >"$place/out.other" 2>"$place/err.other" &
other=$!
for _ in $(seq 500); do
  [ -e "$FAKE/building" ] && break
  sleep 0.02
done
run plan
wait "$other"
expect 'the first builds and runs' [ "$?" = 7 ]
expect 'the second waits and runs' [ "$code" = 7 ]
expect 'and says so' holds "$err" 'waiting for it'
expect 'one of them builds' calls_of 'cmake --build' 1

begin test_command
run test -R count
expect 'exit code is that of ctest' [ "$code" = 8 ]
expect 'configures the tests' holds "$FAKE/calls" '-DSPANWISE_TESTS=ON'
expect 'builds everything' lacks "$FAKE/calls" '--target'
expect 'hands arguments on' holds "$FAKE/calls" '-R count'
expect 'shows what failing tests print' holds "$FAKE/calls" '--output-on-failure'
run plan
expect 'the program runs afterwards' [ "$code" = 7 ]
expect 'without configuring again' calls_of 'cmake -S' 1
run test
expect 'the tests are brought up to date each time' calls_of 'cmake --build' 2
SPANWISE_WERROR=1 run test
expect 'warnings become errors on demand' holds "$FAKE/calls" '-DSPANWISE_TESTS=ON -DSPANWISE_WERROR=ON'

begin test_packages
echo 'librapidcheck-dev' >"$FAKE/missing"
run plan
expect 'the program needs no test library' [ "$code" = 7 ]
run test
expect 'the tests do' [ "$code" = 3 ]
expect 'and name it' holds "$err" 'librapidcheck-dev'

printf 'wrapper: %s checks, %s failed\n' "$checks" "$failures"
[ "$failures" = 0 ]
