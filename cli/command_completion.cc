// SPDX-License-Identifier: Apache-2.0
// Scripts that make shells ask the program itself (`spanwise complete`), so that every shell knows the same commands,
// options, choices and names, and names that appear later need no new script.
#include "cli/commands.h"
#include "cli/console.h"

namespace spanwise::cli {
namespace {

// SPANWISE_BUILD=never: TAB must never start a compiler through ./spanwise.
constexpr const char* kBash = R"(# bash completion for spanwise
_spanwise() {
  local line words=("${COMP_WORDS[@]:0:COMP_CWORD+1}")
  COMPREPLY=()
  while IFS=$'\t' read -r line _; do
    case $line in
      :files) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"); compopt -o filenames ;;
      :folders) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "${COMP_WORDS[COMP_CWORD]}"); compopt -o filenames ;;
      *) COMPREPLY+=("$line") ;;
    esac
  done < <(SPANWISE_BUILD=never "${COMP_WORDS[0]}" complete "$COMP_CWORD" "${words[@]}" 2>/dev/null)
}
complete -F _spanwise spanwise
)";

constexpr const char* kZsh = R"(#compdef spanwise
_spanwise() {
  local -a names shown
  local line name
  for line in "${(@f)$(SPANWISE_BUILD=never ${words[1]} complete $((CURRENT - 1)) "${(@)words[1,CURRENT]}" 2>/dev/null)}"; do
    name=${line%%$'\t'*}
    case $name in
      '') ;;
      :files) _files ;;
      :folders) _files -/ ;;
      *) names+=("$name"); shown+=("${line/$'\t'/  -- }") ;;
    esac
  done
  (( ${#names} )) && compadd -l -d shown -a names
}
if [ "$funcstack[1]" = _spanwise ]; then
  _spanwise "$@"
else
  compdef _spanwise spanwise
fi
)";

constexpr const char* kFish = R"(# fish completion for spanwise
function __spanwise_complete
    set -l words (commandline -opc)
    set -l index (count $words)
    set -l current (commandline -ct)
    for line in (env SPANWISE_BUILD=never $words[1] complete $index $words "$current" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$current"
            case ':folders'
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c spanwise -f -a '(__spanwise_complete)'
)";

}  // namespace

core::Result<int> run_completion(const std::string& shell) {
  print_result(shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish);
  return 0;
}

}  // namespace spanwise::cli
