# bash completion for ptd
_ptd() {
    # Bash takes --flag=value apart at the "="; put it together again.
    local words=() word joined=0
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ ${#words[@]} -gt 0 && ( $word == "=" || $joined -eq 1 ) ]]; then
            words[${#words[@]}-1]+=$word
            joined=$(( joined == 0 ))
        else
            words+=("$word")
            joined=0
        fi
    done
    local current="" candidate
    if [[ ${#words[@]} -gt 0 ]]; then
        current=${words[${#words[@]}-1]}
    fi
    COMPREPLY=()
    while IFS= read -r candidate; do
        candidate=${candidate%%$'\t'*}
        if [[ $current == -*=* ]]; then
            candidate=${candidate#*=}
        fi
        COMPREPLY+=("$candidate")
        if [[ $candidate == */ ]]; then
            compopt -o nospace 2>/dev/null
        fi
    done < <("${COMP_WORDS[0]}" __complete -- "${words[@]}" 2>/dev/null)
}
complete -F _ptd ptd
