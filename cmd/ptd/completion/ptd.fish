# fish completion for ptd
function __ptd_candidates
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete -- $words[2..-1] "$current" 2>/dev/null
end
complete -c ptd -f -a '(__ptd_candidates)'
