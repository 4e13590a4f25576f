# SPDX-License-Identifier: BSD-2-Clause
# bash completion for pawl. Nouns, verbs and options come from the program's own help, so there is no list to keep.
_pawl()
{
        local cur=${COMP_WORDS[COMP_CWORD]} words
        case $COMP_CWORD in
        1)
                words=$(pawl --help | awk '/^  [a-z]/ { print $1 }' | sort -u)
                ;;
        2)
                words=$(pawl --help | awk -v noun="${COMP_WORDS[1]}" '/^  [a-z]/ && $1 == noun { print $2 }')
                ;;
        *)
                if [[ $cur == -* ]]; then
                        words=$(pawl "${COMP_WORDS[1]}" "${COMP_WORDS[2]}" --help 2>/dev/null |
                                grep -oE -- '--[a-z0-9-]+=?' | sort -u)
                fi
                ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
        [[ $COMP_CWORD -gt 2 && $cur != -* ]] && mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
complete -F _pawl pawl
