/**
 * The program around bubblewrap: it passes SIGTERM on to the command, and ends with its code.
 *
 * Bubblewrap itself dies of a SIGTERM and takes the command along without a warning; process 1 of the namespace ignores
 * it. So the supervisor, which gets the signal alone or together with its whole process group, shields bubblewrap from
 * it and signals the command: process 2 of the namespace, a child of the child of bubblewrap. Until `env` has lifted
 * the shield from the command it would ignore the signal, so that moment is awaited, but not long: the command may ignore
 * the signal by its own choice. When the supervisor is killed, bubblewrap and with it the whole namespace die.
 *
 * `read` takes the lines of /proc apart without starting a program. Variables are named so that they meet none of the
 * command's. The text is fixed; values only ever are arguments.
 */
export const SUPERVISOR = `
__racetrack_signal=
__racetrack_bwrap=
__racetrack_find_job() {
  __racetrack_init=
  __racetrack_job=
  for __racetrack_file in /proc/[0-9]*/status; do
    while read -r __racetrack_key __racetrack_value; do
      case $__racetrack_key in
        Pid:) __racetrack_pid=$__racetrack_value ;;
        PPid:) [ "$__racetrack_value" != "$__racetrack_bwrap" ] || __racetrack_init=$__racetrack_pid; break ;;
      esac
    done <"$__racetrack_file"
  done
  [ -n "$__racetrack_init" ] || return 1
  for __racetrack_file in /proc/[0-9]*/status; do
    while read -r __racetrack_key __racetrack_value; do
      case $__racetrack_key in
        Pid:) __racetrack_pid=$__racetrack_value ;;
        PPid:) [ "$__racetrack_value" = "$__racetrack_init" ] || break ;;
        NSpid:) [ "\${__racetrack_value##*[!0-9]}" = 2 ] || break; __racetrack_job=$__racetrack_pid ;;
        SigIgn:) __racetrack_ignored=$((0x\${__racetrack_value#????????????} & 0x4000)) ;;
      esac
    done <"$__racetrack_file"
    [ -z "$__racetrack_job" ] || return 0
  done
  return 1
}
__racetrack_forward() {
  __racetrack_try=0
  while [ "$__racetrack_try" -lt 100 ] && kill -0 "$__racetrack_bwrap"; do
    if __racetrack_find_job && { [ "$__racetrack_ignored" = 0 ] || [ "$__racetrack_try" -ge 10 ]; }; then
      kill -TERM "$__racetrack_job"
      return
    fi
    __racetrack_try=$((__racetrack_try + 1))
    PATH=/usr/bin:/bin:/run/current-system/sw/bin sleep 0.02
  done
}
trap '__racetrack_signal=1; [ -z "$__racetrack_bwrap" ] || __racetrack_forward 2>/dev/null' TERM INT HUP
(trap '' TERM HUP; exec "$@") &
__racetrack_bwrap=$!
[ -z "$__racetrack_signal" ] || __racetrack_forward 2>/dev/null
__racetrack_code=
while :; do
  __racetrack_signal=
  wait "$__racetrack_bwrap"
  __racetrack_now=$?
  [ "$__racetrack_now" -eq 127 ] && [ -n "$__racetrack_code" ] && break
  __racetrack_code=$__racetrack_now
  [ -n "$__racetrack_signal" ] || break
done
exit "$__racetrack_code"
`;

/** Name under which the supervisor stands in a list of processes. */
export const SUPERVISOR_NAME = 'racetrack-confined';
