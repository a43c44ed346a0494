# bash completion of pxectl. pxectl itself tells the candidates: commands, options, and the names that pxed has.
_pxectl()
{
    local candidates
    mapfile -t candidates < <("${COMP_WORDS[0]}" _complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    COMPREPLY=("${candidates[@]}")
}
complete -o default -F _pxectl pxectl
