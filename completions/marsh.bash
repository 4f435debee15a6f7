# bash completion for marsh. Made by tools/completions from marsh --help; edit that.
_marsh_values() {
    case $1 in
    --border) printf '%s\n' unicode ascii ;;
    --checkpoint) echo '<files>' ;;
    --checkpoint-unknown) : ;;
    --connect-timeout) : ;;
    --database | -D) : ;;
    --default-character-set) : ;;
    --defaults-extra-file) echo '<files>' ;;
    --defaults-file) echo '<files>' ;;
    --defaults-group-suffix) : ;;
    --delimiter) : ;;
    --execute | -e) : ;;
    --format) printf '%s\n' table vertical tsv csv json jsonl html xml env ;;
    --host | -h) : ;;
    --init-command) : ;;
    --isolation) : ;;
    --max-allowed-packet) : ;;
    --max-join-size) : ;;
    --param) : ;;
    --plugin-dir) echo '<files>' ;;
    --port | -P) : ;;
    --prompt) : ;;
    --protocol) printf '%s\n' auto tcp socket ;;
    --quick-max-column-width) : ;;
    --retry) : ;;
    --select-limit) : ;;
    --session) : ;;
    --socket | -S) echo '<files>' ;;
    --ssl-ca) echo '<files>' ;;
    --ssl-capath) echo '<files>' ;;
    --ssl-cert) echo '<files>' ;;
    --ssl-cipher) : ;;
    --ssl-crl) : ;;
    --ssl-crlpath) : ;;
    --ssl-key) echo '<files>' ;;
    --tee) echo '<files>' ;;
    --tls-version) : ;;
    --user | -u) : ;;
    --columns) : ;;
    --each) echo '<files>' ;;
    --exit-from) : ;;
    --jobs | -j) : ;;
    --map) : ;;
    --on-error) printf '%s\n' stop skip ;;
    --out) : ;;
    --rejects) echo '<files>' ;;
    --set) : ;;
    --sets) echo '<files>' ;;
    --timeout) : ;;
    --where) : ;;
    --character-sets-dir) echo '<files>' ;;
    --default-auth) : ;;
    --net-buffer-length) : ;;
    --server-arg) : ;;
    --auth-plugins) : ;;
    --charset) : ;;
    --keeper) printf '%s\n' on auto off ;;
    --keeper-persist) : ;;
    --load-balance) printf '%s\n' sequence random ;;
    --max-overflow) : ;;
    --password-command) : ;;
    --pool-idle-timeout) : ;;
    --pool-max-age) : ;;
    --pool-min-idle) : ;;
    --pool-pre-ping) printf '%s\n' auto never always ;;
    --pool-recycle) : ;;
    --pool-reset-on-return) printf '%s\n' reset rollback none ;;
    --pool-size) : ;;
    --pool-timeout) : ;;
    --read-timeout) : ;;
    --session-idle-close) : ;;
    --session-idle-release) : ;;
    --ssl-mode) printf '%s\n' disabled preferred required verify_ca verify_identity ;;
    --target-role) printf '%s\n' any primary replica ;;
    --write-timeout) : ;;
    *) return 1 ;;
    esac
}

# The words that may stand where $1 is being typed.
_marsh_words() {
    local front=$2
    case $1 in
    -*) printf '%s\n' --abort-source-on-error --allow-implicit-commit --auto-vertical-output --batch --binary-as-hex --binary-mode --border --checkpoint --checkpoint-unknown --column-names --column-type-info --comments --compress --connect-expired-password --connect-timeout --consistent-snapshot --database --default-character-set --defaults-extra-file --defaults-file --defaults-group-suffix --delimiter --diff --dry-run --execute --force --format --help --host --html --i-am-a-dummy --ignore-spaces --init-command --isolation --line-numbers --local-infile --max-allowed-packet --max-join-size --named-commands --no-defaults --no-target-column --one-database --pager --parallel --param --password --plugin-dir --port --print-defaults --print-query-on-error --progress --progress-reports --prompt --protocol --quick --quick-max-column-width --raw --read-only --retry --safe-updates --sandbox --scope --scratch --select-limit --session --show-warnings --sigint-ignore --silent --single-transaction --skip-column-names --skip-line-numbers --socket --ssl --ssl-ca --ssl-capath --ssl-cert --ssl-cipher --ssl-crl --ssl-crlpath --ssl-key --ssl-verify-server-cert --table --tee --tls-version --user --verbose --version --vertical --wait --xml --columns --each --exit-from --explain --jobs --map --on-error --out --rejects --set --sets --timeout --unordered --where --auto-rehash --character-sets-dir --debug --debug-check --debug-info --default-auth --enable-cleartext-plugin --net-buffer-length --no-auto-rehash --no-beep --reconnect --secure-auth --server-arg --unbuffered --auth-plugins --autocommit --charset --keeper --keeper-persist --load-balance --max-overflow --password-command --pool-idle-timeout --pool-max-age --pool-min-idle --pool-pre-ping --pool-recycle --pool-reset-on-return --pool-size --pool-timeout --pool-use-lifo --read-timeout --session-idle-close --session-idle-release --ssl-mode --target-role --write-timeout ;;
    @*) sed -n 's/^[[:space:]]*\[bind\.\(.*\)\].*/@\1/p' \
        "${XDG_CONFIG_HOME:-$HOME/.config}/marsh/marsh.conf" 2>/dev/null ;;
    scratch:*) marsh scratch list 2>/dev/null | sed 's/^\([^ ]*\).*/scratch:\1/' ;;
    *)
        case $front in
        keeper) printf '%s\n' logs start status stop ;;
        scratch) printf '%s\n' demo drop list start stop ;;
        '') printf '%s\n' call copy keeper run scratch table ;;
        esac
        ;;
    esac
}

_marsh() {
    # The words are cut anew at white space alone: bash cuts at '=', ':' and '@' too.
    local line=${COMP_LINE:0:COMP_POINT} words word before front='' skip
    read -ra words <<<"$line"
    word=
    [[ $line == *[[:space:]] ]] || word=${words[-1]}
    before=${words[-1]}
    [[ -z $word || ${#words[@]} -lt 2 ]] || before=${words[-2]}
    for skip in "${words[@]:1}"; do
        case $skip in call | copy | keeper | run | scratch | table) front=$skip ;; esac
    done
    local typed=$word prefix='' option=$before
    case $word in
    --*=*) option=${word%%=*} typed=${word#*=} prefix=${word%%=*}= ;;
    esac
    local candidates
    if candidates=$(_marsh_values "$option"); then
        :
    elif [[ -n $prefix ]]; then
        candidates=
    else
        candidates=$(_marsh_words "$word" "$front")
    fi
    local shown=${COMP_WORDS[COMP_CWORD]} cut
    [[ $shown != [=:@] ]] || shown=
    cut=$((${#word} - ${#shown}))
    COMPREPLY=()
    local candidate
    if [[ $candidates == '<files>' || ($front == @(run|copy) && $word != -* && $word != @*) ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$typed")
        return
    fi
    while read -r candidate; do
        [[ -n $candidate && $candidate == "$typed"* ]] || continue
        candidate=$prefix$candidate
        COMPREPLY+=("${candidate:cut}")
    done <<<"$candidates"
}
complete -F _marsh marsh
