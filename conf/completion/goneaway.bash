# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
#
# Completion of goneaway and goneawayd for bash. It asks --help, so that it never knows less or
# more than the program that is installed.

# Of the options of a command, one a line: the option and what it takes; "-" and what stands
# without an option.
_goneaway_help() { # PROGRAM [COMMAND]
    "$@" --help 2>/dev/null | awk '
        /^options:/ { on = 1; next }
        /^[^ ]/ { on = 0 }
        on && /^  [^ ]/ {
            line = substr($0, 3)
            sub(/  .*/, "", line)
            count = split(line, words, /[, ]+/)
            value = words[count] ~ /^-/ ? "" : words[count]
            for (i = 1; i <= count; i++)
                if (words[i] ~ /^-/)
                    print words[i], value
            if (words[1] !~ /^-/)
                print "-", value
        }'
}

# What an option or a command takes: words such as "csv", files, or what nobody can guess.
_goneaway_values() { # WHAT CURRENT
    case $1 in
    TAG) compgen -W "$("${command[@]}" "${config[@]}" --list-languages 2>/dev/null)" -- "$2" ;;
    *FILE* | *DIR* | *PAGE* | *MAIL* | *MBOX* | *JSON*)
        compopt -o filenames 2>/dev/null
        compgen -f -- "$2"
        ;;
    [a-z]*) compgen -W "${1//|/ }" -- "$2" ;;
    esac
}

_goneaway() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} known wanted=""
    local -a command=("$1") config=()
    local i

    for ((i = 2; i + 1 < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == -c ]]; then config=(-c "${COMP_WORDS[i + 1]}"); fi
    done

    COMPREPLY=()
    if [[ ${1##*/} == goneaway ]]; then
        if ((COMP_CWORD == 1)); then
            wanted=$("$1" --help 2>/dev/null | awk '/^commands:/ { on = 1; next } !NF { on = 0 } on { print $1 }')
            mapfile -t COMPREPLY < <(compgen -W "$wanted --help --version" -- "$current")
            return
        fi
        command+=("${COMP_WORDS[1]}")
    fi
    known=$(_goneaway_help "${command[@]}")
    if [[ $previous == -* ]]; then
        wanted=$(awk -v option="$previous" '$1 == option && NF == 2 { print $2 }' <<<"$known")
    fi
    if [[ -n $wanted ]]; then
        :
    elif [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(awk '$1 != "-" && !seen[$1]++ { print $1 }' <<<"$known")" -- "$current")
        return
    elif ((COMP_CWORD == 2)) && [[ ${#command[@]} -eq 2 ]] &&
        wanted=$("${command[@]}" --help 2>/dev/null | awk 'NR == 1 && $4 ~ /^[a-z]+$/ { print $4 }') && [[ -n $wanted ]]; then
        :
    else
        wanted=$(awk '$1 == "-" { print $2 }' <<<"$known")
    fi
    mapfile -t COMPREPLY < <(while read -r what; do _goneaway_values "$what" "$current"; done <<<"$wanted" | sort -u)
}

complete -F _goneaway goneaway goneawayd
