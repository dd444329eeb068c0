#compdef ptd
# zsh completion for ptd
_ptd() {
    local -a candidates
    local line
    for line in "${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        if [[ -n "$line" ]]; then
            candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        fi
    done
    _describe 'ptd' candidates
}
if [[ "${funcstack[1]}" = "_ptd" ]]; then
    _ptd "$@"
else
    compdef _ptd ptd
fi
